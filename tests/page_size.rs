//! The page of a long run: bounded in length and made in seconds. Prints what it measured.
mod common;
#[path = "common/page.rs"]
mod page;

use std::process::Command;

use common::EXE;
use page::{Made, Page};
use serde_json::json;
use spanload::clock::Clock;

const REQUESTS: u64 = 100_000;

#[test]
fn the_page_of_a_hundred_thousand_requests_of_each_phase() {
    let made = Made::new("page_size");
    made.change_manifest(|manifest| {
        manifest["plan"]["requests"] = json!(REQUESTS);
        manifest["scenario"] = json!({ "telemetry": { "jaeger_url": "http://127.0.0.1:16686" } });
    });
    made.lengthen(REQUESTS);
    let clock = Clock::start();
    let output = Command::new(EXE).arg("report").arg(&made.results.0).output().expect("the binary starts");
    let seconds = clock.now().as_micros() as f64 / 1e6;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = Page::read(&made.results.path("report.html"));
    let bytes = page.bytes().len();
    println!("report for {REQUESTS} requests of each phase: {seconds:.2} s, {:.2} MB", bytes as f64 / 1e6);
    assert!(bytes <= 3_000_000, "{bytes} bytes");
    assert!(cfg!(debug_assertions) || seconds <= 2.0, "{seconds} s");
    let text = page.visible();
    assert!(
        text.contains(" are left out of this picture, and of nothing else."),
        "what is not drawn is counted"
    );
}
