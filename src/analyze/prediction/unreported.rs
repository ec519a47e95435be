//! A server that says nothing of itself: its concurrency by Little's law, its costs drawn from the calibration.

use std::collections::BTreeMap;

use crate::analyze::document::{Calibration, Service};
use crate::analyze::observed::Observation;
use crate::model::Moment;
use crate::model::Stage;
use crate::model::mix;
use crate::stats::SplitMix64;
use crate::stats::student;

/// Above this multiple of an idle call, the median call is taken to have waited for a replica.
const SATURATED: f64 = 1.5;

/// Two calls, one after the other, take at least this multiple of the shortest one that was seen; less than
/// 2, because a shorter one may not have been seen.
const TWO_IN_A_ROW: f64 = 1.9;

/// How the cost of a call is drawn: a fixed part and a log-normal item, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law {
    fixed: f64,
    mean: f64,
    deviation: f64,
}

impl Law {
    /// So that exchanges with so many items wait as long as they did in the median, in microseconds.
    fn around(waited: f64, items: f64, costs: &Calibration) -> Self {
        let fixed = costs.fixed_ms.unwrap_or_default().max(0.0) * 1e3;
        let (item, deviation) = ((costs.call_ms * 1e3 - fixed).max(0.0), costs.item_deviation_ms * 1e3);
        let way = if costs.service == Service::WarmWait { 0.0 } else { costs.round_trip_ms.max(0.0) * 1e3 };
        // of a log-normal distribution
        let median = if item > 0.0 { item * item / item.hypot(deviation) } else { 0.0 };
        let more = (waited - way - fixed) / items - median;
        Law { fixed, mean: (item + more).max(0.0), deviation }
    }

    /// Times of so many calls with one request alone; another `draw`, other times.
    pub(super) fn calls(self, requests: usize, draw: u64) -> Vec<u64> {
        let seeds = (0..requests as u64).map(|seq| mix(draw) ^ seq);
        seeds.map(|seed| (self.fixed + log_normal(self.mean, self.deviation, seed)).round() as u64).collect()
    }
}

/// What throughput and calibration tell.
pub(super) struct DrawnServer {
    /// The server that fits them best.
    pub best: Guess,
    /// The servers that fit the ends of the 95 % interval of an item's cost.
    pub ends: Vec<Guess>,
    /// What calls cost if none waited for a replica: the calibration's spread around the median of what was waited.
    pub seen: Law,
    /// Whether exchanges waited for a replica.
    pub saturated: bool,
}

/// A server that would explain the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    /// What a call costs; `None` is what the server reported.
    pub law: Option<Law>,
    /// Exchanges computed at the same time.
    pub replicas: usize,
}

/// Finds what calls cost and counts the replicas; `None` without an exchange.
///
/// Exchanges at work = throughput × service time. Where all replicas are busy their whole number ÷ throughput
/// is in turn the mean service time of this very load, which the few calls of a calibration only estimate.
pub(super) fn draw(exchanges: &[&Observation], costs: &Calibration) -> Option<DrawnServer> {
    let items = exchanges.iter().map(|row| f64::from(row.exchange_size())).sum::<f64>()
        / exchanges.len().max(1) as f64;
    let fixed = costs.fixed_ms.unwrap_or_default().max(0.0) * 1e3;
    let item = (costs.call_ms * 1e3 - fixed).max(0.0);
    let (rate, service) = (throughput(exchanges)?, fixed + items * item);
    let waited = median_wait(exchanges)?;
    let saturated = waited > SATURATED * service;
    let dear = service + 3.0 * costs.item_deviation_ms * 1e3;
    let counted = first_wave(exchanges, dear).filter(|wave| (wave - rate * service).abs() < 1.0);
    let guess = |item: f64| {
        let replicas = counted.unwrap_or((rate * (fixed + items * item)).round()).max(1.0);
        let under_load = ((replicas / rate - fixed) / items).max(0.0);
        let mean = if saturated { under_load } else { item };
        let law = Law { fixed, mean, deviation: costs.item_deviation_ms * 1e3 };
        Guess { law: Some(law), replicas: replicas as usize }
    };
    let seen = Law::around(waited, items, costs);
    let ends = item_interval(costs).map(|end| guess(end.max(0.0) * 1e3)).to_vec();
    Some(DrawnServer { best: guess(item), ends, seen, saturated })
}

/// The 95 % interval of an item's cost in milliseconds; that of the mean call where there were single calls alone.
fn item_interval(costs: &Calibration) -> [f64; 2] {
    costs.item_ci95_ms.unwrap_or_else(|| {
        let degrees = u32::try_from(costs.n.saturating_sub(1)).unwrap_or(u32::MAX).max(1);
        let half = student::quantile(degrees) * costs.item_deviation_ms / (costs.n.max(1) as f64).sqrt();
        [costs.call_ms - half, costs.call_ms + half]
    })
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

/// How many exchanges the idle server took at once at the start: those that ended before any other one could
/// have been computed after the cheapest of them. `None` if a dear one of them could take longer than that.
///
/// A calibration of forty items is a few percent off, and so is throughput × service time: of eight or nine
/// replicas it cannot always tell which. This count can, where items differ less than twofold.
fn first_wave(exchanges: &[&Observation], dear: f64) -> Option<f64> {
    let mut waves = BTreeMap::<u32, Vec<u64>>::new();
    for row in exchanges.iter().filter(|row| row.due() == Some(Moment::START)) {
        waves.entry(row.repetition()).or_default().push(row.latency().0);
    }
    waves.values().filter_map(|latencies| wave(latencies, dear)).max().map(|count| count as f64)
}

fn wave(latencies: &[u64], dear: f64) -> Option<usize> {
    let limit = *latencies.iter().min()? as f64 * TWO_IN_A_ROW;
    // not up to the limit: a call of the second wave may be cheaper than all of the first
    (dear < limit).then(|| latencies.iter().filter(|latency| (**latency as f64) <= dear).count())
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
    fn a_cheap_call_of_the_second_wave_is_not_taken_for_one_of_the_first() {
        // as measured: eight replicas, and the ninth answer at 1.88 times the first
        let latencies = [60_400, 62_000, 64_800, 67_100, 67_400, 70_300, 76_100, 82_800, 113_700, 122_700];
        assert_eq!(wave(&latencies, 93_200.0), Some(8));
        assert_eq!(wave(&latencies, 120_000.0), None, "a dear call of the first could end later than that");
        assert_eq!(wave(&[], 93_200.0), None);
    }

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
