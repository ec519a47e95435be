//! What large files of payloads cost: memory of the whole program, and seconds until its first request.
//!
//! `PAYLOADS_MB=1024` makes the files a gigabyte, for which the goal is set.
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::EXE;
use crate::common::processes::high_water_mark;
use crate::common::wire::Server;

/// In kB, whatever the size of the files.
const GOAL_KB: u64 = 150 * 1_024;
const REQUESTS: &str = "20000";

/// A file of so many megabytes, of rows of about 600 bytes.
fn file(folder: &Path, name: &str, megabytes: usize, header: &str, row: impl Fn(usize) -> String) -> PathBuf {
    let path = folder.join(name);
    let mut to = BufWriter::new(std::fs::File::create(&path).expect("writable"));
    to.write_all(header.as_bytes()).expect("room");
    let (mut written, mut number) = (0, 0);
    while written < megabytes << 20 {
        let row = row(number);
        to.write_all(row.as_bytes()).expect("room");
        (written, number) = (written + row.len(), number + 1);
    }
    to.flush().expect("room");
    path
}

/// High-water mark in kB and seconds of a load.
fn load(folder: &Path, url: &str, keys: &[String]) -> (u64, f64) {
    let mut command = Command::new(EXE);
    command.args([
        "load",
        "--phase",
        "after",
        "--quiet",
        "--no-metrics",
        "--no-probe",
        "-n",
        REQUESTS,
        "-c",
        "16",
    ]);
    command.args(["--target", url, "--set", "after.batch=1", "--log"]).arg(folder.join("log.csv"));
    keys.iter().for_each(|key| {
        command.args(["--set", key]);
    });
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let most = high_water_mark(&mut child);
    assert!(child.wait().expect("our child").success());
    (most, started.elapsed().as_secs_f64())
}

#[test]
fn a_large_file_of_payloads_stays_on_the_disk() {
    let megabytes = std::env::var("PAYLOADS_MB").map_or(128, |text| text.parse().expect("megabytes"));
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("body.json.tmpl");
    std::fs::write(&template, "{\"id\": \"{{uuid}}\", \"prompt\": \"{{question}}\", \"n\": {{n}}}")
        .expect("writable");
    let text = |number: usize| format!("question {number} {}", "what is asked ".repeat(40));
    let server = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.answer("{}");
        }
    });
    let templated = |path: PathBuf| {
        vec![format!("load.template={}", template.display()), format!("load.columns={}", path.display())]
    };
    type Made<'a> = Box<dyn Fn() -> (PathBuf, Vec<String>) + 'a>;
    let json = |number| format!("{{\"question\":\"{}\\n\",\"n\":{number}}}\n", text(number));
    let cases: [(&str, Made); 3] = [
        (
            "lines",
            Box::new(|| {
                let path = file(folder.path(), "bodies.jsonl", megabytes, "", json);
                (path.clone(), vec![format!("load.payloads={}", path.display())])
            }),
        ),
        (
            "columns of a JSONL",
            Box::new(|| {
                let path = file(folder.path(), "data.jsonl", megabytes, "", json);
                (path.clone(), templated(path))
            }),
        ),
        (
            "columns of a CSV",
            Box::new(|| {
                let row = |number| format!("\"{}\n\",{number}\n", text(number));
                let path = file(folder.path(), "data.csv", megabytes, "question,n\n", row);
                (path.clone(), templated(path))
            }),
        ),
    ];
    for (name, make) in cases {
        let (path, keys) = make();
        for order in ["sequential", "random"] {
            let keys = [&keys[..], &[format!("load.order={order}")]].concat();
            let (most, seconds) = load(folder.path(), &server.url(), &keys);
            println!(
                "{megabytes} MB of {name}, {order}: peak {most} kB, {seconds:.1} s with {REQUESTS} requests"
            );
            assert!(most > 0 && most <= GOAL_KB, "{name}: {most} kB");
        }
        std::fs::remove_file(path).expect("it is there");
    }
}
