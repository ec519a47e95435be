//! Callers who wait between an answer and their next request.

use super::{Loaded, Witness};

#[test]
fn a_request_is_due_so_long_after_the_end_of_another() {
    let witness = Witness::content();
    let log = Loaded::run("think", "load = { think_ms = 20 }", &witness, &[]).log();
    let micros = |text: &&str| text.replace('.', "").parse::<u64>().expect("three decimals");
    let times = |column: &str| log.column(column).iter().map(micros).collect::<Vec<_>>();
    let ends: Vec<_> =
        times("due_ms").into_iter().zip(times("latency_ms")).map(|(due, took)| due + took).collect();
    assert_eq!(times("due_ms")[1..], ends[..3].iter().map(|end| end + 20_000).collect::<Vec<_>>());
}

#[test]
fn it_is_bounded() {
    let witness = Witness::content();
    let refused = Loaded::run("think_refused", "", &witness, &["--set", "load.think_ms=99999999"]);
    refused.assert_refused(&["load.think_ms", "3600000"]);
}
