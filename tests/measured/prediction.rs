//! The P95 of the after phase, predicted from the before log and the calibration alone, beside the measured one: on the real mock,
//! through the command line.
use super::figures::Rounds;
use crate::common::run::{Results, Run};
use serde_json::Value;

/// The goal: |predicted − measured| ÷ measured of the P95.
const GOAL: f64 = 0.10;

/// Costs of 44 + 16 ms are 0.4 of the default ones and still long beside a timer's millisecond. A backlog of
/// 128 loses no connection, so that a before phase takes seconds.
const SCALED: [&str; 12] = [
    "--set",
    "load.requests=300",
    "--set",
    "load.workers=64",
    "--set",
    "mock.fixed_ms=44",
    "--set",
    "mock.item_ms=16",
    "--set",
    "mock.backlog=128",
    "--set",
    "sla.p95=30s",
];
/// The default scenario's own figures.
const FULL: [&str; 12] = [
    "--set",
    "load.requests=600",
    "--set",
    "load.workers=64",
    "--set",
    "mock.fixed_ms=110",
    "--set",
    "mock.item_ms=40",
    "--set",
    "mock.backlog=32",
    "--set",
    "sla.p95=30s",
];

/// At a smaller size, so that each has a few rounds.
const SCALED_VARIATIONS: [(&str, &str); 7] = [
    ("default shape", "after.connections=8 after.batch=8"),
    ("half the replicas", "mock.replicas=4 load.workers=32 after.connections=4 after.batch=8"),
    ("no fixed cost", "mock.fixed_ms=0 mock.item_ms=60 after.connections=8 after.batch=8"),
    (
        "other costs",
        "mock.fixed_ms=60 mock.item_ms=10 mock.replicas=6 load.workers=48 after.connections=6 after.batch=4",
    ),
    ("reuse alone", "after.connections=8 after.batch=1"),
    ("more connections", "mock.replicas=4 load.workers=64 after.connections=12 after.batch=4"),
    ("below saturation", "load.workers=4 load.requests=100 after.connections=4 after.batch=4"),
];

const FULL_VARIATIONS: [(&str, &str); 8] = [
    ("full: default", "after.connections=8 after.batch=8"),
    ("full: reuse alone", "after.connections=8 after.batch=1"),
    ("full: batches of 4", "after.connections=8 after.batch=4"),
    ("full: no fixed cost", "mock.fixed_ms=0 mock.item_ms=150 after.connections=8 after.batch=8"),
    ("full: the same, reuse alone", "mock.fixed_ms=0 mock.item_ms=150 after.connections=8 after.batch=1"),
    ("full: backlog 64", "mock.backlog=64 after.connections=8 after.batch=8"),
    ("full: 4 replicas", "mock.replicas=4 load.workers=40 after.connections=4 after.batch=8"),
    ("full: 100 callers", "load.workers=100 load.requests=1200 after.connections=8 after.batch=16"),
];

fn figure(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A run of a variation: its keys win over the ones of `base`.
fn prove(base: &[&str], changes: &str) -> Results {
    let sets = changes.split_whitespace().flat_map(|change| ["--set", change]);
    let flags: Vec<&str> = base.iter().copied().chain(sets).collect();
    let run = Run::prove("measured_prediction", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run.results()
}

/// So many rounds of each variation, in turns; those whose median error is beyond the goal.
fn beyond_the_goal(rounds: usize, base: &[&str], variations: &[(&str, &str)]) -> Vec<String> {
    let mut errors = vec![Rounds::default(); variations.len()];
    for _ in 0..rounds {
        for ((name, changes), errors) in variations.iter().zip(&mut errors) {
            let prediction = prove(base, changes).json("analysis.json")["prediction"].take();
            let [predicted, measured, error] =
                ["p95_ms", "measured_p95_ms", "error"].map(|key| figure(&prediction[key]));
            println!(
                "{name:<28} predicted {predicted:7.1} measured {measured:7.1} error {:+5.1} %",
                error * 100.0
            );
            errors.add(error * 100.0);
        }
    }
    let mut beyond = Vec::new();
    for ((name, _), errors) in variations.iter().zip(&errors) {
        println!("{name:<28} error {}", errors.text("%"));
        if errors.median().abs() > 100.0 * GOAL {
            beyond.push(format!("{name}: {}", errors.text("%")));
        }
    }
    beyond
}

#[test]
fn predicted_beside_measured() {
    let beyond = beyond_the_goal(3, &SCALED, &SCALED_VARIATIONS);
    assert!(beyond.is_empty(), "{beyond:#?}");
}

#[test]
fn predicted_beside_measured_in_full_size() {
    let beyond = beyond_the_goal(1, &FULL, &FULL_VARIATIONS);
    assert!(beyond.is_empty(), "{beyond:#?}");
}
