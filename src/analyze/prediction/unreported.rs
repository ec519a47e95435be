//! A server that says nothing of itself: its concurrency by Little's law, its costs drawn from the calibration.

use std::collections::BTreeMap;

use super::super::calibration::Calibration;
use super::super::observation::Observation;
use super::infer::size;
use crate::clock::Moment;
use crate::random::SplitMix64;
use crate::sample::Stage;

/// Above this multiple of an idle call, the median call is taken to have waited for a replica.
const SATURATED: f64 = 1.5;

/// What throughput and calibration tell.
pub(super) struct Drawn {
    /// Time of a call with this request alone, by sequence number, in microseconds.
    pub calls: Vec<u64>,
    /// Exchanges computed at the same time.
    pub replicas: usize,
    /// Whether exchanges waited for a replica.
    pub saturated: bool,
}

/// Draws the costs of so many requests and counts the replicas; `None` without an exchange.
///
/// Exchanges at work = throughput × service time. Where all replicas are busy their whole number ÷ throughput
/// is in turn the mean service time of this very load, which the few calls of a calibration only estimate.
pub(super) fn draw(exchanges: &[&Observation], costs: &Calibration, requests: usize) -> Option<Drawn> {
    let items = exchanges.iter().map(|row| size(row)).sum::<f64>() / exchanges.len().max(1) as f64;
    let fixed = costs.fixed_ms.unwrap_or_default().max(0.0) * 1e3;
    let item = (costs.call_ms * 1e3 - fixed).max(0.0);
    let (rate, service) = (throughput(exchanges)?, fixed + items * item);
    let saturated = median_wait(exchanges)? > SATURATED * service;
    let replicas = (rate * service).round().max(1.0);
    let under_load = ((replicas / rate - fixed) / items).max(0.0);
    let mean = if saturated { under_load } else { item };
    let calls = (0..requests as u64).map(|seq| {
        let item = log_normal(mean, costs.item_deviation_ms * 1e3, seq);
        (fixed + item).round() as u64
    });
    Some(Drawn { calls: calls.collect(), replicas: replicas as usize, saturated })
}

/// Exchanges a microsecond over the middle of each repetition, where neither the start nor the stragglers of
/// the end count.
fn throughput(exchanges: &[&Observation]) -> Option<f64> {
    let mut ends = BTreeMap::<u32, Vec<Moment>>::new();
    for row in exchanges {
        ends.entry(row.repetition()).or_default().extend(row.end());
    }
    let (mut answered, mut time) = (0, 0);
    for ends in ends.values_mut() {
        ends.sort_unstable();
        let (first, last) = (ends.len() / 10, ends.len() * 8 / 10);
        answered += last - first;
        time += ends.get(last)?.since(*ends.get(first)?).0;
    }
    (answered > 0 && time > 0).then(|| answered as f64 / time as f64)
}

fn median_wait(exchanges: &[&Observation]) -> Option<f64> {
    let waits = exchanges.iter().filter_map(|row| row.stage(Stage::Wait));
    let mut waits: Vec<u64> = waits.map(|wait| wait.0).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).map(|wait| *wait as f64)
}

/// A draw from the log-normal distribution of this mean and standard deviation.
fn log_normal(mean: f64, deviation: f64, seed: u64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let variance = (1.0 + (deviation / mean).powi(2)).ln();
    (mean.ln() - variance / 2.0 + variance.sqrt() * normal(seed)).exp()
}

/// Standard normal, by Box and Muller (1958) from two draws.
fn normal(seed: u64) -> f64 {
    let mut random = SplitMix64::new(seed);
    (-2.0 * random.unit().ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_spread_asked_for() {
        let draws: Vec<f64> = (0..20_000).map(|seed| log_normal(40.0, 20.0, seed)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
        // four standard errors of the mean; the spread of a skewed distribution is less certain
        assert!((mean - 40.0).abs() < 0.57, "{mean}");
        assert!((variance.sqrt() - 20.0).abs() < 1.0, "{}", variance.sqrt());
        assert_eq!(log_normal(0.0, 5.0, 1), 0.0);
    }
}
