//! Whether the yardstick is right where the truth is known.

use super::*;

/// Divisions in a simulated run: fewer than in a real one, and the test is as exact with them, only a little less sharp.
const FEW: usize = 119;
const RUNS: u64 = 400;

/// A server that gives to each request its usual answer, and now and then one that nobody else gets.
struct Varying {
    /// Shares of unusual answers before and after.
    rates: [f64; 2],
    requests: usize,
    repetitions: usize,
}

impl Varying {
    /// Whether the after phase of a run is found worse.
    fn is_worse(&self, seed: u64) -> bool {
        let mut random = SplitMix64::new(seed.wrapping_mul(0x9E37_79B9));
        let mut request = |_| {
            let labels: Vec<u64> = (0..2 * self.repetitions)
                .map(|at| {
                    let rate = self.rates[usize::from(at >= self.repetitions)];
                    if random.unit() < rate { random.bits() | 1 } else { 0 }
                })
                .collect();
            RequestAnswers::of(self.repetitions, labels.len(), |one, other| {
                Some(labels[one] == labels[other])
            })
        };
        let requests: Vec<_> = (0..self.requests).filter_map(&mut request).collect();
        judged(requests.into_iter(), FEW).expect("requests").is_worse
    }

    /// In how many of the runs it is.
    fn worse(&self) -> u64 {
        (0..RUNS).filter(|run| self.is_worse(*run)).count() as u64
    }
}

#[test]
fn equal_rates_are_not_worse_in_95_of_100_runs() {
    for (rate, requests, repetitions) in [(0.05, 600, 3), (0.05, 100, 2), (0.5, 100, 3), (0.002, 600, 3)] {
        let worse = Varying { rates: [rate; 2], requests, repetitions }.worse();
        println!(
            "equal rates of {rate}, {requests} requests, {repetitions} repetitions: worse in {worse} of {RUNS}"
        );
        // One in forty is meant; so many are beyond four standard deviations of that.
        assert!(worse <= RUNS / 20, "{worse} of {RUNS} at {rate}");
    }
}

#[test]
fn a_phase_that_varies_more_is_found_worse() {
    for (requests, repetitions, least) in [(200, 3, 150), (600, 3, 360), (600, 2, 290)] {
        let worse = Varying { rates: [0.05, 0.08], requests, repetitions }.worse();
        println!(
            "5 % against 8 %, {requests} requests, {repetitions} repetitions: worse in {worse} of {RUNS}"
        );
        assert!(worse >= least, "{worse} of {RUNS} with {requests} requests");
    }
    assert_eq!(Varying { rates: [0.08, 0.02], requests: 600, repetitions: 3 }.worse(), 0, "it is better");
}

fn of(requests: &[(&str, &str)], steady: usize) -> MeasuredYardstick {
    let answers = |(before, after): &(&str, &str)| {
        let all = [*before, *after].concat().into_bytes();
        RequestAnswers::of(before.len(), all.len(), |one, other| Some(all[one] == all[other]))
    };
    let steady = std::iter::repeat_n(&("aaa", "aaa"), steady);
    judged(requests.iter().chain(steady).filter_map(answers), DIVISIONS).expect("requests")
}

#[test]
fn few_answers_that_differ_are_chance_and_many_are_not() {
    assert!(!of(&[("aaa", "aab")], 100).is_worse, "one answer of 606");
    assert!(!of(&[("aaa", "aab"), ("aaa", "baa"), ("aab", "aaa")], 100).is_worse);
    assert!(of(&[("aaa", "aab"); 8], 100).is_worse, "eight heads in a row");
    assert!(of(&[("aaa", "bbb"); 3], 100).is_worse, "three requests that are answered otherwise each time");
    assert!(!of(&[("abc", "def"); 50], 0).is_worse, "no two answers are alike");
    assert!(!of(&[], 100).is_worse);
}

#[test]
fn the_shares_and_what_chance_gives_are_said() {
    let found = of(&[("aab", "aaa"), ("aaa", "bbb")], 8).yardstick;
    assert_eq!((found.requests, found.before_share, found.after_share), (10, 0.066_667, 0.133_333));
    assert!(found.chance95.holds(found.before_share), "{found:?}");
    let none = of(&[], 5).yardstick;
    assert_eq!(
        (none.before_share, none.after_share, none.chance95),
        (0.0, 0.0, Interval { lo: 0.0, hi: 0.0 })
    );
    assert!(judged(std::iter::empty(), DIVISIONS).is_none());
}

#[test]
fn one_request_that_is_answered_differently_for_good_is_worse_where_nothing_varies() {
    // Three answers of each phase to a hundred requests; those of the last one by the case.
    let found = |last: [u64; 6], others: [u64; 6]| {
        let of = |labels: [u64; 6]| RequestAnswers::of(3, 6, |one, other| Some(labels[one] == labels[other]));
        let requests = (0..99).filter_map(|_| of(others)).chain(of(last));
        judged(requests, FEW).expect("requests").is_worse
    };
    assert!(found([0, 0, 0, 1, 1, 1], [0; 6]));
    assert!(!found([0, 0, 0, 0, 0, 1], [0; 6]), "once may be chance");
    assert!(!found([0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 0, 1]), "a server that varies");
}
