//! The fit against costs that are known because the test made them.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::model::Moment;
use crate::model::{BatchUse, ConnectionUse, Sample, ServerTimes, Stages, TraceId};
use crate::stats::SplitMix64;

/// A server whose costs are known, in milliseconds.
#[derive(Clone, Copy)]
struct Costs {
    fixed: f64,
    item: f64,
    deviation: f64,
    noise: f64,
    seed: u64,
}

/// Standard normal, near enough: twelve uniform draws.
fn normal(seed: u64) -> f64 {
    let mut random = SplitMix64::new(crate::model::mix(seed));
    (0..12).map(|_| random.unit()).sum::<f64>() - 6.0
}

impl Costs {
    fn item(&self, seq: u64) -> f64 {
        (self.item + self.deviation * normal(self.seed.wrapping_add(seq))).max(0.0)
    }

    /// The rows of one call.
    fn call(
        &self,
        repetition: u32,
        id: u64,
        members: std::ops::Range<u64>,
        reported: bool,
    ) -> Vec<Observation> {
        let size = (members.end - members.start) as u32;
        let noise = self.noise * normal(self.seed ^ (u64::from(repetition) << 32) ^ (id << 48));
        let cost = self.fixed + members.clone().map(|seq| self.item(seq)).sum::<f64>() + noise;
        let micros = |ms: f64| Micros((ms * 1e3).round() as u64);
        let cold = id == 1;
        let stages = [Some(micros(0.1)), None, None, cold.then(|| micros(5.0)), None, Some(micros(0.05))];
        let rest = [Some(micros(cost + if cold { 20.3 } else { 0.3 })), Some(micros(0.0))];
        let lengths: Vec<_> = stages.into_iter().chain(rest).collect();
        let row = |seq| {
            let unsent = Sample::unsent(seq, TraceId(1), Some(Moment::START));
            Sample {
                stages: Stages::from_lengths(lengths.clone().try_into().expect("eight stages")),
                server: ServerTimes { compute: reported.then(|| micros(cost)), ..ServerTimes::default() },
                connection: Some(ConnectionUse {
                    id: 1,
                    reused: !cold,
                    syn_retransmits: Some(0),
                    ..ConnectionUse::default()
                }),
                batch: (size > 1).then_some(BatchUse { id, size }),
                attempts: 1,
                error: None,
                ..unsent
            }
        };
        members.map(|seq| Observation::new(repetition, &row(seq))).collect()
    }

    /// Eight single calls, five of each larger size.
    fn rows(&self, sizes: &[u64], reported: bool) -> Vec<Observation> {
        let mut rows = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            for call in 0..if *size == 1 { 8 } else { 5 } {
                let members = call * size..(call + 1) * size;
                rows.extend(self.call(index as u32 + 1, call + 1, members, reported));
            }
        }
        rows
    }
}

const USUAL: Costs = Costs { fixed: 110.0, item: 40.0, deviation: 20.0, noise: 0.4, seed: 1 };

#[test]
fn known_costs_are_found_again() {
    let calibration = fit(&USUAL.rows(&[1, 2, 4, 8], true)).expect("calls");
    let (fixed, item) = calibration.fixed_ms.zip(calibration.item_ms).expect("several sizes");
    assert_eq!((calibration.n, calibration.service), (23, Service::ServerCompute));
    assert_eq!(calibration.sizes, BTreeMap::from([(1, 8), (2, 5), (4, 5), (8, 5)]));
    assert!((fixed - 110.0).abs() < 1.0, "items that were called alone and in batches cancel: {fixed}");
    // forty items: three standard errors of their mean
    assert!((item - 40.0).abs() < 3.0 * 20.0 / 40_f64.sqrt(), "{item}");
    assert!((calibration.item_deviation_ms - 20.0).abs() < 8.0, "{}", calibration.item_deviation_ms);
    assert!((calibration.round_trip_ms - 0.45).abs() < 0.002, "{}", calibration.round_trip_ms);
    assert!((calibration.call_ms - fixed - item).abs() < 0.002);
    assert!(calibration.notes.is_empty(), "{:?}", calibration.notes);
}

#[test]
fn without_reports_the_wait_of_warm_calls_counts_and_the_cold_one_is_left_out() {
    let calibration = fit(&USUAL.rows(&[1, 2, 4, 8], false)).expect("calls");
    assert_eq!((calibration.n, calibration.service), (19, Service::WarmWait));
    let fixed = calibration.fixed_ms.expect("several sizes");
    assert!((fixed - 110.3).abs() < 1.5, "20 ms of a cold call must not be in here: {fixed}");
    assert!(calibration.notes[0].contains("no compute time"), "{:?}", calibration.notes);
}

#[test]
fn single_calls_alone_tell_only_the_sum() {
    let calibration = fit(&USUAL.rows(&[1], true)).expect("calls");
    assert_eq!((calibration.fixed_ms, calibration.item_ms, calibration.noise_ms), (None, None, None));
    assert!((calibration.call_ms - 150.0).abs() < 3.0 * 20.0 / 8_f64.sqrt(), "{}", calibration.call_ms);
    assert!(calibration.notes[0].contains("only the sum"), "{:?}", calibration.notes);
}

#[test]
fn the_interval_holds_the_fixed_cost_as_often_as_it_says() {
    let covered = (0..1_500_u64).filter(|seed| {
        let unit = |draw| SplitMix64::new(seed * 7_919 + draw).unit();
        let item = 5.0 + 95.0 * unit(1);
        let noise = 0.05 + 1.95 * unit(3);
        let costs =
            Costs { fixed: 200.0 * unit(2), item, deviation: item / 4.0, noise, seed: seed * 104_729 };
        let calibration = fit(&costs.rows(&[1, 2, 4, 8], true)).expect("calls");
        let [low, high] = calibration.fixed_ci95_ms.expect("several sizes");
        low <= costs.fixed && costs.fixed <= high
    });
    let share = covered.count() as f64 / 1_500.0;
    // two standard errors below 95 %; the likeliest λ alone gives 92.5 %
    assert!(share >= 0.939, "{share}");
}

/// As on a busy machine: every third call is late by 2 to 9 ms, and never early.
fn disturbed(costs: Costs, passes: u32) -> Vec<Observation> {
    let delayed = |repetition: u32, call: u64| {
        let dice = crate::model::mix(costs.seed ^ (u64::from(repetition) << 20) ^ call);
        if dice.is_multiple_of(3) { 2.0 + (dice >> 32) as f64 % 8.0 } else { 0.0 }
    };
    let mut rows = Vec::new();
    for pass in 0..passes {
        for (index, size) in [1, 2, 4, 8].into_iter().enumerate() {
            let repetition = pass * 4 + index as u32 + 1;
            for call in 0..if size == 1 { 8 } else { 5 } {
                let late = Costs { fixed: costs.fixed + delayed(repetition, call), ..costs };
                rows.extend(late.call(repetition, call + 1, call * size..(call + 1) * size, true));
            }
        }
    }
    rows
}

#[test]
fn calls_that_are_made_twice_withstand_a_busy_machine() {
    let error = |passes: u32| {
        let errors = (0..200).map(|seed| {
            let costs = Costs { seed, noise: 0.1, ..USUAL };
            let fitted = fit(&disturbed(costs, passes)).expect("calls").fixed_ms.expect("batches");
            (fitted - costs.fixed).powi(2)
        });
        (errors.sum::<f64>() / 200.0).sqrt()
    };
    let (once, twice) = (error(1), error(2));
    println!("root mean square error of the fixed cost: {once:.2} ms once, {twice:.2} ms twice");
    assert!(twice < 0.7 * once, "{once} {twice}");
    let fitted = fit(&disturbed(USUAL, 2)).expect("calls");
    assert_eq!(fitted.n, 23, "the same items count once");
}

#[test]
fn no_fixed_cost_is_said() {
    let costs = Costs { fixed: 0.0, item: 150.0, deviation: 75.0, ..USUAL };
    let calibration = fit(&costs.rows(&[1, 2, 4, 8], true)).expect("calls");
    assert!(calibration.fixed_ms.is_some_and(|fixed| fixed.abs() < 2.0), "{calibration:?}");
}

#[test]
fn nothing_is_made_of_nothing() {
    assert!(fit(&[]).is_none());
    let mut rows = USUAL.rows(&[1, 2], true);
    rows.truncate(1);
    assert_eq!(fit(&rows).and_then(|calibration| calibration.fixed_ms), None);
}

proptest! {
    // The same draws each time: one of many thousand lies beyond any bound.
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn the_fixed_part_lies_within_four_standard_errors(
        seed in any::<u64>(),
        fixed in 0.0..200.0_f64,
        item in 5.0..100.0_f64,
        noise in 0.05..2.0_f64,
    ) {
        let costs = Costs { fixed, item, deviation: item / 4.0, noise, seed };
        let calibration = fit(&costs.rows(&[1, 2, 4, 8], true)).expect("calls");
        let found = calibration.fixed_ms.expect("several sizes");
        let [low, high] = calibration.fixed_ci95_ms.expect("several sizes");
        let error = (high - low) / 2.0 / 2.08;
        prop_assert!((found - fixed).abs() <= 4.5 * error + 0.01, "{found} for {fixed}, error {error}");
    }
}
