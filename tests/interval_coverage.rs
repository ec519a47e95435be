//! A short form of the benchmark of that name: fewer draws, the corners of the grid.

use crate::common::coverage::{Process, measure};
use crate::common::queues::Queues;

const DRAWS: u32 = 300;

/// The share of the runs whose intervals must hold the truth. So few draws are off by a percent; the seed
/// is fixed, so a failure is the code's.
const AIM: f64 = 0.92;

#[test]
fn intervals_over_repetitions_hold_the_truth() {
    for (phi, between, slow) in [(0.8, 0.15, 0.0), (0.0, 0.05, 0.07)] {
        let counts = measure(Process { phi, between, slow }, 3, DRAWS, 11);
        for (name, count) in counts.named() {
            assert_eq!(count.stated(), 1.0, "{name}");
            assert!(count.coverage() >= AIM, "φ {phi}, {between}, {slow}: {name} {}", count.coverage());
        }
        assert!((0.1..1.0).contains(&counts.p95.width()), "{}", counts.p95.width());
    }
}

#[test]
fn blocks_of_one_repetition_hold_the_truth_of_that_repetition_alone() {
    let within = measure(Process { phi: 0.8, between: 0.0, slow: 0.0 }, 1, DRAWS / 2, 11);
    assert!(within.p95.coverage() >= AIM && within.p95.stated() > 0.95, "{}", within.p95.coverage());
    let beyond = measure(Process { phi: 0.0, between: 0.15, slow: 0.0 }, 1, DRAWS / 6, 11);
    assert!(beyond.p95.coverage() < 0.6, "why the label says so: {}", beyond.p95.coverage());
}

#[test]
fn pairs_of_requests_hold_the_truth_of_two_queues() {
    let queues = Queues { busy: [0.5, 0.3], requests: 2_000, repetitions: 3 };
    let [p50, p95, p99, mean] = queues.measure(DRAWS / 2, 5);
    for (name, count) in [p50, p95, mean] {
        assert!(
            count.stated() > 0.95 && count.coverage() >= 0.90,
            "{name}: {} {}",
            count.stated(),
            count.coverage()
        );
    }
    assert!(p99.1.stated() < 0.5, "20 requests beyond it, each with its neighbours, are too few");
}
