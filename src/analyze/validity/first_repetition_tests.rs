//! What is found on made logs, and how often it is found where there is nothing.

use super::*;
use crate::analyze::fixtures::phase;
use crate::stats::SplitMix64;

/// Requests of a repetition.
const N: usize = 200;

/// A number of the normal distribution (Box and Muller).
fn normal(random: &mut SplitMix64) -> f64 {
    (-2.0 * random.unit().ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

/// Repetitions of log-normal latencies around 400 ms: each request by `within`, each repetition as a whole by `between`, and
/// neighbours alike by `rho`. `cold` is what the n-th request of the first repetition takes longer.
struct Made {
    repetitions: usize,
    within: f64,
    between: f64,
    rho: f64,
    cold: fn(usize) -> f64,
}

const CALM: Made = Made { repetitions: 3, within: 0.5, between: 0.03, rho: 0.0, cold: |_| 1.0 };

impl Made {
    fn found(&self, seed: u64) -> Option<SlowFirst> {
        let mut random = SplitMix64::new(crate::model::mix(seed));
        let mut repetition = |at: usize| -> Vec<u64> {
            let (whole, mut state) = (self.between * normal(&mut random), normal(&mut random));
            let mut latency = |seq: usize| {
                state = self.rho * state + (1.0 - self.rho * self.rho).sqrt() * normal(&mut random);
                let cold = if at == 0 { (self.cold)(seq) } else { 1.0 };
                (400_000.0 * cold * (whole + self.within * state).exp()) as u64
            };
            (0..N).map(&mut latency).collect()
        };
        let all: Vec<Vec<u64>> = (0..self.repetitions).map(&mut repetition).collect();
        let data = phase(&all.iter().map(Vec::as_slice).collect::<Vec<_>>());
        slow(Phase::Before, &data, None)
    }

    /// In so many of 1,000 runs.
    fn rate(&self) -> usize {
        (0..1_000).filter(|seed| self.found(*seed).is_some()).count()
    }
}

#[test]
fn where_no_repetition_is_cold_few_runs_are_doubted() {
    for (name, made) in [
        ("calm", CALM),
        ("wide", Made { within: 1.0, ..CALM }),
        ("neighbours alike", Made { rho: 0.7, ..CALM }),
        ("a machine that drifts", Made { between: 0.08, ..CALM }),
        ("two repetitions", Made { repetitions: 2, ..CALM }),
        ("two of a machine that drifts", Made { repetitions: 2, between: 0.08, ..CALM }),
        ("ten repetitions", Made { repetitions: 10, between: 0.08, ..CALM }),
    ] {
        let rate = made.rate();
        println!("{name}: {rate} of 1,000");
        assert!(rate <= 20, "{name}: {rate} of 1,000");
    }
}

#[test]
fn a_cold_repetition_is_found_and_what_it_is() {
    for (name, made, gets_warm) in [
        ("a cache that fills", Made { cold: |_| 2.0, ..CALM }, false),
        ("the same of two", Made { repetitions: 2, cold: |_| 2.2, ..CALM }, false),
        ("a model that is loaded", Made { cold: |seq| if seq < N / 5 { 6.0 } else { 1.0 }, ..CALM }, true),
        ("on a machine that drifts", Made { cold: |_| 2.0, between: 0.08, ..CALM }, false),
    ] {
        let found: Vec<SlowFirst> = (0..100).filter_map(|seed| made.found(seed)).collect();
        let right = found.iter().filter(|found| found.gets_warm == gets_warm).count();
        println!("{name}: found {} of 100, {right} named rightly", found.len());
        assert!(
            found.len() >= 90 && right >= found.len() * 9 / 10,
            "{name}: {} found, {right} right",
            found.len()
        );
    }
}

#[test]
fn only_the_first_can_be_it_and_a_single_one_has_none_to_compare_with() {
    let (slow_one, steady) = ([900_000; N], [400_000; N]);
    let found = |all: &[&[u64]]| slow(Phase::After, &phase(all), None).is_some();
    assert!(found(&[&slow_one, &steady, &steady]));
    assert!(!found(&[&steady, &slow_one, &steady]) && !found(&[&slow_one]));
    assert!(!found(&[&slow_one[..40], &steady[..40], &steady[..40]]), "too few requests to tell");
    assert!(!found(&[&slow_one, &[700_000; N], &steady]), "no further from them than they from each other");
}

#[test]
fn a_request_that_lost_packets_is_no_cold_one() {
    use crate::analyze::PhaseCollector;
    use crate::analyze::fixtures::sample;
    use crate::model::{ConnectionUse, Sample};
    let mut collector = PhaseCollector::new(N as u64, 3);
    for repetition in 1..=3 {
        for seq in 0..N as u64 {
            let lost = repetition == 1 && seq % 8 == 0;
            let connection =
                ConnectionUse { syn_retransmits: Some(u32::from(lost)), ..ConnectionUse::default() };
            let latency = if lost { 1_900_000 } else { 400_000 };
            let sample = Sample { connection: Some(connection), ..sample(seq, latency) };
            collector.take(repetition, &sample).expect("planned");
        }
    }
    assert_eq!(slow(Phase::Before, &collector.finish(), None), None);
}

#[test]
fn the_message_says_what_it_is_and_what_to_do() {
    let data = phase(&[&[900_000; N], &[400_000; N], &[410_000; N]]);
    for (warmup, remedy) in [(None, "--warmup all"), (Some("all"), "the warm-up (all) was not enough")] {
        let doubt = slow(Phase::Before, &data, warmup).expect("a doubt");
        let message = doubt.message();
        for words in ["P50 900.000 ms against 400.000 to 410.000 ms, 2.2 times", "a cache", remedy] {
            assert!(message.contains(words), "{words}: {message}");
        }
    }
}
