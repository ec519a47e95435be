//! What the instrument adds: the client's `wait` against the time in the server, as the mock's truth log has it, and beside it
//! what a client adds that does nothing but wait for its sockets.
use std::collections::HashMap;
use std::path::PathBuf;

use spanload::plan::Plan;

use super::bare;
use super::figures::{Rounds, quantile};
use crate::common::load::Load;
use crate::common::truth::Truth;
use crate::common::{Mock, run};

pub const REQUESTS: u64 = 1_500;
/// Six callers of a server that takes 10 ms: about 500 requests a second.
pub const CALLERS: usize = 6;
const ROUNDS: usize = 7;

/// Goals for P50 and P99 of `wait` − (received → done), in milliseconds, of an optimised build.
const GOAL_MS: [f64; 2] = [0.4, 3.0];
/// How much more than the bare client it may add at P99.
const BESIDE_BARE: f64 = 1.5;

/// One round: what a client adds to the time in the server, in milliseconds, by what `client` does with a mock's address and its
/// truth log.
fn round(
    name: &str,
    client: impl FnOnce(&Mock) -> Box<dyn FnOnce(&HashMap<String, Truth>) -> Vec<f64>>,
) -> [f64; 2] {
    let log: PathBuf = run::fresh_folder(name).join("truth.csv");
    let flag = format!("--truth-log={}", log.display());
    let costs = ["--fixed-ms=10", "--item-ms=0", "--replicas=16", "--max-connections=64"];
    let mut mock = Mock::start(&[&costs[..], &[flag.as_str()]].concat());
    let judge = client(&mock);
    mock.signal(libc::SIGTERM);
    assert!(mock.wait().success());
    let mut excess = judge(&Truth::read(&log));
    assert_eq!(excess.len() as u64, REQUESTS, "a row for each request");
    excess.sort_by(f64::total_cmp);
    [quantile(&excess, 0.5), quantile(&excess, 0.99)]
}

fn spanload_round() -> [f64; 2] {
    round("measured_truth", |mock| {
        let mut load = Load::new(REQUESTS, CALLERS as u64).pool(CALLERS);
        load.plan = Plan::of_prompts(REQUESTS, 1);
        let samples = load.run(&mock.hello.infer);
        Box::new(move |truth| {
            samples.iter().map(|sample| truth[&sample.trace_id.to_string()].excess_ms(sample)).collect()
        })
    })
}

fn bare_round() -> [f64; 2] {
    round("measured_truth_bare", |mock| {
        let waits = bare::load(mock.infer());
        let excess = |(trace, wait): (&String, &f64), truth: &HashMap<String, Truth>| {
            wait - truth[trace].inside().as_millis()
        };
        Box::new(move |truth| waits.iter().map(|one| excess(one, truth)).collect())
    })
}

#[test]
fn wait_is_the_time_in_the_server_and_little_more() {
    let mut added: [[Rounds; 2]; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (rounds, figures) in added.iter_mut().zip([spanload_round(), bare_round()]) {
            rounds.iter_mut().zip(figures).for_each(|(rounds, figure)| rounds.add(figure));
        }
    }
    for (name, [p50, p99]) in ["spanload", "bare epoll client"].into_iter().zip(&added) {
        println!("wait - (received -> done), {name}: P50 {}; P99 {}", p50.text("ms"), p99.text("ms"));
    }
    let [[p50, p99], [_, bare]] = &added;
    assert!(p50.median() <= GOAL_MS[0] && p99.median() <= GOAL_MS[1], "the goals are {GOAL_MS:?} ms");
    assert!(
        p99.median() <= BESIDE_BARE * bare.median(),
        "the goal is {BESIDE_BARE} times the bare client's P99"
    );
}
