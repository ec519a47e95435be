//! What the before log and the calibration tell of the server: how many exchanges it computes at the same
//! time, what each request costs alone, and how long an exchange is outside the server.

use std::collections::{BTreeMap, BTreeSet};

use super::super::calibration::Calibration;
use super::super::observation::Observation;
use super::super::phase::PhaseData;
use super::levels::{Interval, Levels};
use crate::clock::Moment;
use crate::random::SplitMix64;
use crate::sample::Stage;

/// Requests of one repetition that are looked at and simulated; a longer run tells no more about its tail.
pub(super) const MOST_REQUESTS: usize = 10_000;
/// Above this multiple of an idle call, the median call is taken to have waited for a replica.
const SATURATED: f64 = 1.5;

/// The server as the before phase shows it.
#[derive(Clone, Debug)]
pub(super) struct Inferred {
    /// Exchanges computed at the same time.
    pub replicas: usize,
    /// Whether requests waited for a replica, so that there are no more than these.
    pub saturated: bool,
    /// Callers of the closed loop.
    pub callers: usize,
    /// Time of a call with this request alone, by sequence number, in microseconds.
    pub calls: Vec<u64>,
    /// Whether the server itself reported these times.
    pub reported: bool,
    /// Time of an exchange outside the server, in microseconds.
    pub round_trip: u64,
    /// Most exchanges that were seen in the server at the same time.
    pub seen: Option<usize>,
}

/// Looks at the before phase; `None` where neither it nor the calibration tells what a call costs.
pub(super) fn infer(before: &PhaseData, calibration: Option<&Calibration>) -> Option<Inferred> {
    let exchanges = exchanges(before);
    let requests = (before.requests() as usize).min(MOST_REQUESTS);
    let reported = reported_calls(&exchanges, before, calibration, requests);
    let is_reported = reported.is_some();
    let calls = reported.or_else(|| calibration.map(|costs| drawn_calls(costs, requests)))?;
    let computing = Levels::of(exchanges.iter().filter_map(|row| interval(row)), before.repetitions());
    let (replicas, saturated) =
        if is_reported { computing.replicas()? } else { by_throughput(&exchanges, mean(&calls))? };
    Some(Inferred {
        replicas: replicas.max(1),
        saturated,
        callers: callers(before),
        round_trip: round_trip(&exchanges, calibration),
        calls,
        reported: is_reported,
        seen: is_reported.then(|| computing.most_inside()),
    })
}

/// The first rows of each repetition that succeeded, one for each exchange.
fn exchanges(before: &PhaseData) -> Vec<&Observation> {
    let mut met = BTreeSet::new();
    let mut taken = BTreeMap::<u32, usize>::new();
    let mut exchanges = Vec::new();
    for row in before.rows().iter().filter(|row| row.succeeded()) {
        let taken = taken.entry(row.repetition()).or_default();
        if *taken < MOST_REQUESTS && row.batch().is_none_or(|batch| met.insert((row.repetition(), batch.id)))
        {
            *taken += 1;
            exchanges.push(row);
        }
    }
    exchanges
}

fn size(row: &Observation) -> f64 {
    row.batch().map_or(1.0, |batch| f64::from(batch.size))
}

/// When the server worked on an exchange, on the client's clock: its answer began when the work ended.
fn interval(row: &Observation) -> Option<Interval> {
    let receive = row.stage(Stage::Receive).unwrap_or_default();
    let end = row.end()?.as_micros().checked_sub(receive.0)?;
    let start = end.saturating_sub(row.server_compute()?.0);
    let entered = start.saturating_sub(row.server_queue().unwrap_or_default().0);
    Some(Interval { repetition: row.repetition(), entered, start, end })
}

/// What each request costs alone, as the server reports it, averaged over the repetitions; the mean of all
/// where a request has no report.
fn reported_calls(
    exchanges: &[&Observation],
    before: &PhaseData,
    calibration: Option<&Calibration>,
    requests: usize,
) -> Option<Vec<u64>> {
    let fixed = calibration.and_then(|costs| costs.fixed_ms).unwrap_or_default().max(0.0) * 1e3;
    let mut sums = vec![(0.0, 0_u32); requests];
    let batched = exchanges.iter().any(|row| size(row) > 1.0);
    let alone = |row: &Observation| {
        let compute = row.server_compute()?.0 as f64;
        let items = (compute - fixed).max(0.0);
        Some(if size(row) > 1.0 { fixed + items / size(row) } else { compute })
    };
    // members of a batch share its cost, so every row counts where there are batches
    let rows: Vec<&Observation> = if batched { before.rows().iter().collect() } else { exchanges.to_vec() };
    for row in rows.into_iter().filter(|row| row.succeeded() && (row.seq() as usize) < requests) {
        let (sum, n) = &mut sums[row.seq() as usize];
        *sum += alone(row)?;
        *n += 1;
    }
    let known: Vec<f64> = sums.iter().filter(|(_, n)| *n > 0).map(|(sum, n)| sum / f64::from(*n)).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let call = |(sum, n): &(f64, u32)| if *n > 0 { sum / f64::from(*n) } else { mean };
    (!known.is_empty()).then(|| sums.iter().map(|pair| call(pair).round() as u64).collect())
}

/// Costs drawn from the calibration, where the server reports none: log-normal items of its mean and spread.
fn drawn_calls(costs: &Calibration, requests: usize) -> Vec<u64> {
    let fixed = costs.fixed_ms.unwrap_or_default().max(0.0);
    let (mean, deviation) = (costs.call_ms - fixed, costs.item_deviation_ms);
    if mean <= 0.0 {
        return vec![(costs.call_ms.max(0.0) * 1e3).round() as u64; requests];
    }
    // a log-normal of this mean and standard deviation has these parameters
    let variance = (1.0 + (deviation / mean).powi(2)).ln();
    let location = mean.ln() - variance / 2.0;
    let item = |seq: u64| (location + variance.sqrt() * normal(seq)).exp();
    (0..requests as u64).map(|seq| ((fixed + item(seq)) * 1e3).round() as u64).collect()
}

/// Standard normal, by Box and Muller (1958) from two draws.
fn normal(seed: u64) -> f64 {
    let mut random = SplitMix64::new(seed);
    (-2.0 * random.unit().ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

/// Exchanges at work by Little's law: throughput × service time, over the middle of each repetition, where
/// neither the start nor the stragglers of the end count.
fn by_throughput(exchanges: &[&Observation], service: f64) -> Option<(usize, bool)> {
    let mut ends = BTreeMap::<u32, Vec<Moment>>::new();
    for row in exchanges {
        ends.entry(row.repetition()).or_default().extend(row.end());
    }
    let (mut answered, mut time) = (0, 0);
    for ends in ends.values_mut() {
        ends.sort_unstable();
        let (first, last) = (ends.len() / 10, ends.len() * 8 / 10);
        answered += last - first;
        time += ends.get(last)?.since(ends[first]).0;
    }
    let mut waits: Vec<u64> =
        exchanges.iter().filter_map(|row| row.stage(Stage::Wait)).map(|wait| wait.0).collect();
    waits.sort_unstable();
    let items = exchanges.iter().map(|row| size(row)).sum::<f64>() / exchanges.len().max(1) as f64;
    let busy = answered as f64 / (time as f64).max(1.0) * service * items;
    let saturated = *waits.get(waits.len() / 2)? as f64 > SATURATED * service * items;
    let replicas = if saturated { busy.round() } else { busy.ceil() };
    Some((replicas as usize, saturated))
}

/// The closed loop's callers: the requests that were due at the start of a repetition.
fn callers(before: &PhaseData) -> usize {
    let mut at_start = BTreeMap::<u32, usize>::new();
    for row in before.rows().iter().filter(|row| row.due() == Some(Moment::START)) {
        *at_start.entry(row.repetition()).or_default() += 1;
    }
    at_start.into_values().max().unwrap_or(1)
}

/// From the calibration; else the fastest tenth of the before phase, for the slower ones waited to be accepted.
fn round_trip(exchanges: &[&Observation], calibration: Option<&Calibration>) -> u64 {
    if let Some(costs) = calibration {
        return (costs.round_trip_ms.max(0.0) * 1e3).round() as u64;
    }
    let outside = |row: &&Observation| {
        let stage = |stage| row.stage(stage).unwrap_or_default().0;
        let server = row.server_compute()?.0 + row.server_queue().unwrap_or_default().0;
        Some((stage(Stage::Send) + stage(Stage::Wait) + stage(Stage::Receive)).saturating_sub(server))
    };
    let mut times: Vec<u64> = exchanges.iter().filter_map(outside).collect();
    times.sort_unstable();
    times.get(times.len() / 10).copied().unwrap_or_default()
}

fn mean(values: &[u64]) -> f64 {
    values.iter().sum::<u64>() as f64 / values.len().max(1) as f64
}
