//! The same scenario at another rate: the same pattern of arrivals, faster or slower.

use std::time::Duration;

use crate::analyze::validity::smallest_sample;
use crate::model::ArrivalProcess;
use crate::scenario::Settings;

/// Fewer requests say nothing of a tail.
const REQUESTS_LEAST: u64 = 200;
/// No scenario allows more.
const REQUESTS_MOST: u64 = 10_000_000;

/// The rate of a scenario; `None` of one whose load has none.
pub(super) fn rate(settings: &Settings) -> Option<f64> {
    match settings.load.arrival {
        Some(
            ArrivalProcess::Constant { rate }
            | ArrivalProcess::Poisson { rate }
            | ArrivalProcess::Gamma { rate, .. },
        ) => Some(rate),
        _ => None,
    }
}

/// The scenario at a rate and with a pattern, which counts from 1, for so long, and for as many requests as a judged percentile
/// needs.
pub(super) fn at(settings: &Settings, rate: f64, pattern: u32, each: Duration) -> Settings {
    let mut changed = settings.clone();
    let arrival = match &settings.load.arrival {
        Some(ArrivalProcess::Constant { .. }) => ArrivalProcess::Constant { rate },
        Some(ArrivalProcess::Gamma { shape, .. }) => ArrivalProcess::Gamma { rate, shape: *shape },
        _ => ArrivalProcess::Poisson { rate },
    };
    let in_time = (rate * each.as_secs_f64()).ceil() as u64;
    changed.load.requests = Some(in_time.clamp(least_requests(settings), REQUESTS_MOST));
    changed.load.duration = None;
    changed.load.arrival = Some(arrival);
    changed.load.seed = settings.load.seed.wrapping_add(u64::from(pattern) - 1);
    changed
}

/// What a judged percentile needs.
fn least_requests(settings: &Settings) -> u64 {
    let judged = settings.sla.iter().filter_map(|line| line.metric().percentile());
    judged.map(smallest_sample).max().unwrap_or(0).clamp(REQUESTS_LEAST, REQUESTS_MOST)
}

/// The lowest rate that is tried, in requests a second: at a lower one as many requests would take more than six times as long
/// as a measurement shall.
pub(super) fn lowest(settings: &Settings, each: Duration) -> f64 {
    least_requests(settings) as f64 / (6.0 * each.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ArrivalsEnd, PlannedArrivals};
    use crate::scenario::Overrides;

    fn settings() -> Settings {
        let path = "scenarios/default.toml".as_ref();
        crate::scenario::load_open(path, &Overrides::default()).expect("a closed loop can be searched")
    }

    fn dues(rate: f64, pattern: u32) -> Vec<u64> {
        let at = at(&settings(), rate, pattern, Duration::from_secs(1));
        let process = at.load.arrival.expect("an open load");
        let end = ArrivalsEnd { requests: Some(200), duration: None };
        let arrivals = PlannedArrivals::new(process, at.load.seed, end).expect("a good plan");
        arrivals.times().map(|due| due.as_micros()).collect()
    }

    #[test]
    fn a_pattern_is_the_same_at_every_rate_only_faster() {
        let (slow, fast) = (dues(25.0, 1), dues(100.0, 1));
        assert!(slow.iter().zip(&fast).all(|(slow, fast)| slow.abs_diff(4 * fast) <= 4), "{slow:?} {fast:?}");
        assert_ne!(fast, dues(100.0, 2), "another pattern is another one");
    }

    #[test]
    fn a_measurement_has_what_its_percentile_needs() {
        let requests = |rate| at(&settings(), rate, 1, Duration::from_secs(10)).load.requests;
        assert_eq!([requests(1.0), requests(50.0)], [Some(200), Some(500)]);
    }
}
