//! Simulated servers: how often one that keeps up is said to fall behind, and the other way round.

use super::*;
use crate::stats::SplitMix64;

/// A server with so many replicas, each of which takes so many seconds on average, exponentially.
struct QueueServer {
    replicas: usize,
    seconds: f64,
}

const FAST: QueueServer = QueueServer { replicas: 8, seconds: 0.15 };
const SLOW: QueueServer = QueueServer { replicas: 180, seconds: 3.0 };

impl QueueServer {
    /// Poisson arrivals at a rate.
    fn requests(&self, rate: f64, requests: usize, arrivals: u64, service: u64) -> Vec<(Moment, Micros)> {
        let (mut gaps, mut costs) = (SplitMix64::new(arrivals), SplitMix64::new(service));
        let (mut now, mut free) = (0.0, vec![0.0_f64; self.replicas]);
        let mut one = || {
            now += -gaps.unit().ln() / rate * 1e6;
            let first = (0..self.replicas).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap_or(0);
            free[first] = free[first].max(now) - costs.unit().ln() * self.seconds * 1e6;
            (Moment::from_micros(now as u64), Micros((free[first] - now) as u64))
        };
        (0..requests).map(|_| one()).collect()
    }

    /// Three repetitions of the same arrivals at a part of what it can do.
    fn run(&self, load: f64, requests: usize, seed: u64) -> Option<Growth> {
        let rate = load * self.replicas as f64 / self.seconds;
        let mut all: Vec<_> =
            (1..=3).flat_map(|own| self.requests(rate, requests, seed, seed * 7 + own)).collect();
        all.sort_by_key(|(due, _)| *due);
        Growth::of(&all, 3)
    }

    /// In how many of 200 runs the server is said to keep up, and in how many the backlog to grow; of the others it cannot
    /// be told.
    fn said(&self, load: f64, requests: usize) -> (usize, usize) {
        let runs: Vec<Growth> = (1..=200).filter_map(|seed| self.run(load, requests, seed)).collect();
        let (growing, others): (Vec<_>, Vec<_>) = runs.into_iter().partition(Growth::is_shown);
        (others.into_iter().filter(Growth::is_excluded).count(), growing.len())
    }
}

/// The table of docs/analysis.md: a load, and of 200 runs those that keep up and those whose backlog grows.
const DOCUMENTED: [(f64, (usize, usize)); 7] = [
    (0.5, (200, 0)),
    (0.8, (200, 0)),
    (0.9, (191, 0)),
    (1.05, (49, 75)),
    (1.1, (14, 139)),
    (1.3, (0, 200)),
    (2.0, (0, 200)),
];

#[test]
fn a_steady_server_is_not_said_to_fall_behind_and_an_overloaded_one_is() {
    let found = DOCUMENTED.map(|(load, _)| (load, FAST.said(load, 600)));
    println!("of 200 runs, said to keep up and to grow, by load: {found:?}");
    assert_eq!(found, DOCUMENTED);
}

#[test]
fn a_slow_server_that_keeps_up_is_not_said_to_fall_behind() {
    // At 30 to 54 a second: 300 requests are due within 6 to 10 s, and each takes 3 s on average.
    let found = [(0.5, 300), (0.9, 300), (0.9, 600), (2.0, 1_800)].map(|(load, n)| SLOW.said(load, n));
    println!("of 200 runs of 3 s a request, said to keep up and to grow: {found:?}");
    assert!(found[..3].iter().all(|(_, grow)| *grow <= 6) && found[3].1 >= 190, "{found:?}");
    let steady: Vec<_> = (0..600).map(|seq| (Moment::from_micros(seq * 16_667), Micros(3_500_000))).collect();
    let growth = Growth::of(&steady, 1).expect("enough requests");
    assert_eq!((growth.per_second, growth.interval.lo, growth.interval.hi), (0.0, 0.0, 0.0));
    assert!(growth.is_excluded());
}

#[test]
fn the_figure_is_what_comes_too_much() {
    let rate = 1.5 * 8.0 / 0.15;
    let growth = Growth::of(&FAST.requests(rate, 6_000, 1, 2), 1).expect("enough requests");
    assert!((growth.per_second - rate / 3.0).abs() < rate * 0.03, "{growth:?}");
    assert!(growth.interval.holds(rate / 3.0), "{growth:?}");
    assert!((growth.offered - rate).abs() < rate * 0.05, "{growth:?}");
}

#[test]
fn too_few_requests_tell_nothing() {
    assert_eq!(Growth::of(&FAST.requests(50.0, 119, 1, 2), 1), None);
    assert_eq!(Growth::of(&[], 3), None);
    let at_once = vec![(Moment::START, Micros(5)); 500];
    assert_eq!(Growth::of(&at_once, 1), None, "no rate");
}
