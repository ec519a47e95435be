//! How long a run's end takes, whatever becomes of its spans: without a collector, with one that refuses, with one that swallows.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::figures::Rounds;
use crate::common::holes::{BlackHole, Refusing};
use crate::common::run::{Run, count};

const ROUNDS: usize = 5;
/// How much later than without a collector a run may end, in seconds, where it refuses and where it swallows: 5 s are given to
/// it, and a second more, as of one wait after the other, is too much.
const GOALS: [f64; 2] = [1.0, 5.5];

/// From the end of the last repetition to the end of the process, in seconds.
fn end_of_a_run(flags: &[&str]) -> f64 {
    let run = Run::prove("measured_ends", &[&["--no-metrics"], flags].concat());
    let ended = SystemTime::now();
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let manifest = run.results().manifest();
    let last = manifest["repetitions"].as_array().and_then(|all| all.last()).expect("repetitions");
    let wall = count(&last["started_unix_us"]) + count(&last["health"]["wall_us"]);
    let ended = ended.duration_since(UNIX_EPOCH).expect("after 1970");
    ended.saturating_sub(Duration::from_micros(wall)).as_secs_f64()
}

#[test]
fn a_collector_costs_the_end_of_a_run_no_more_than_it_is_given() {
    let (down, hole) = (Refusing::bind(), BlackHole::open());
    for protocol in ["grpc", "http/protobuf"] {
        let mut later: [Rounds; 2] = Default::default();
        for _ in 0..ROUNDS {
            let without = end_of_a_run(&[]);
            for (rounds, url) in later.iter_mut().zip([&down.url, &hole.url]) {
                rounds.add(end_of_a_run(&["--otlp-endpoint", url, "--otlp-protocol", protocol]) - without);
            }
        }
        for ((name, rounds), goal) in ["refuses", "swallows"].into_iter().zip(&later).zip(GOALS) {
            println!("{protocol}, a collector that {name}: the end comes later by {}", rounds.text("s"));
            assert!(rounds.median() <= goal, "{name}: the goal is {goal} s");
        }
    }
}
