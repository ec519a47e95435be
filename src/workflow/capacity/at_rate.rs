//! When requests arrive at a rate: by the same pattern at each, faster or slower.

use std::time::Duration;

use crate::analyze::validity::smallest_sample;
use crate::model::ArrivalProcess;
use crate::plan::{ArrivalError, ArrivalsEnd, PlannedArrivals};
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

/// Arrivals at a rate by a pattern, which counts from 1, for so long, and for as many requests as a judged percentile needs.
pub(super) fn arrivals(
    settings: &Settings,
    rate: f64,
    pattern: u32,
    each: Duration,
) -> Result<PlannedArrivals, ArrivalError> {
    let process = match &settings.load.arrival {
        Some(ArrivalProcess::Constant { .. }) => ArrivalProcess::Constant { rate },
        Some(ArrivalProcess::Gamma { shape, .. }) => ArrivalProcess::Gamma { rate, shape: *shape },
        _ => ArrivalProcess::Poisson { rate },
    };
    let in_time = (rate * each.as_secs_f64()).ceil() as u64;
    let requests = in_time.clamp(least_requests(settings), REQUESTS_MOST);
    // The seed of the bodies stays: each pattern sends the same ones.
    let seed = settings.load.seed.wrapping_add(u64::from(pattern) - 1);
    PlannedArrivals::new(process, seed, ArrivalsEnd { requests: Some(requests), duration: None })
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
    use crate::scenario::Overrides;

    fn settings() -> Settings {
        let path = "scenarios/default.toml".as_ref();
        crate::scenario::load_open(path, &Overrides::default()).expect("a closed loop can be searched")
    }

    fn dues(rate: f64, pattern: u32) -> Vec<u64> {
        let arrivals = arrivals(&settings(), rate, pattern, Duration::from_secs(1)).expect("a good plan");
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
        let arrivals = |rate| arrivals(&settings(), rate, 1, Duration::from_secs(10)).expect("a good plan");
        assert_eq!([arrivals(1.0).requests(), arrivals(50.0).requests()], [200, 500]);
    }
}
