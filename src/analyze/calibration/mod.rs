//! What a call to the idle server costs, and what an item of it: `calibration.csv` in figures.

mod mixed_model;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{Calibration, Service};
use super::observed::Observation;
use crate::model::Micros;
use crate::model::Stage;
use crate::stats::rounded;
use crate::stats::student;
use mixed_model::FittedLine;

/// One call and its items.
struct CalibratedCall {
    service_ms: f64,
    around_ms: f64,
    warm: bool,
    items: BTreeSet<u64>,
}

impl CalibratedCall {
    fn new(row: &Observation, service: Service) -> Option<Self> {
        let wait = row.stage(Stage::Wait)?;
        let time = if service == Service::ServerCompute { row.server_compute()? } else { wait };
        let stage = |stage| row.stage(stage).unwrap_or_default();
        let set_up: Micros = [Stage::Dns, Stage::Connect, Stage::Tls].into_iter().map(stage).sum();
        let queue = row.server_queue().filter(|_| service == Service::ServerCompute).unwrap_or_default();
        Some(CalibratedCall {
            service_ms: time.as_millis(),
            around_ms: row.latency().as_millis() - (set_up + time + queue).as_millis(),
            warm: row.connection().is_some_and(|connection| connection.reused),
            items: BTreeSet::new(),
        })
    }
}

/// Fits the costs to the rows of the calibration; `None` without a usable call.
///
/// An exchange counts once, however many rows its members have, and by the fastest one of those that carry the same
/// items: what delays a call on a busy machine never makes it faster. Rows with the same `seq` carry the same
/// item, in whatever batch they went, because the calls to a server that caches nothing take all bodies from one plan. The first call of a
/// connection is left out where the wait stands for the service time, for it waits to be accepted too.
pub fn fit(rows: &[Observation]) -> Option<Calibration> {
    fit_items(rows, Observation::seq)
}

/// The same where no two calls carry the same item, so that no cache knows one: the same `seq` is another item in another
/// repetition.
pub fn fit_fresh(rows: &[Observation]) -> Option<Calibration> {
    fit_items(rows, |row| u64::from(row.repetition()) << 32 | row.seq())
}

fn fit_items(rows: &[Observation], item: impl Fn(&Observation) -> u64) -> Option<Calibration> {
    let succeeded = || rows.iter().filter(|row| row.succeeded());
    let reported = succeeded().all(|row| row.server_compute().is_some());
    let service = if reported { Service::ServerCompute } else { Service::WarmWait };
    let mut exchanges: BTreeMap<(u32, u64, u64), CalibratedCall> = BTreeMap::new();
    for row in succeeded() {
        let key = match row.batch() {
            Some(batch) => (row.repetition(), 1, batch.id),
            None => (row.repetition(), 0, row.seq()),
        };
        let exchange = exchanges.entry(key).or_insert(CalibratedCall::new(row, service)?);
        exchange.items.insert(item(row));
    }
    let usable = |exchange: &CalibratedCall| service == Service::ServerCompute || exchange.warm;
    let exchanges = fastest(exchanges.into_values().filter(usable));
    (!exchanges.is_empty()).then(|| describe(&exchanges, service))
}

/// Of the exchanges with the same items the one that took the least time.
fn fastest(exchanges: impl Iterator<Item = CalibratedCall>) -> Vec<CalibratedCall> {
    let mut by_items: BTreeMap<BTreeSet<u64>, CalibratedCall> = BTreeMap::new();
    for exchange in exchanges {
        match by_items.entry(exchange.items.clone()) {
            Entry::Vacant(free) => {
                free.insert(exchange);
            }
            Entry::Occupied(mut taken) if exchange.service_ms < taken.get().service_ms => {
                taken.insert(exchange);
            }
            Entry::Occupied(_) => {}
        }
    }
    by_items.into_values().collect()
}

fn describe(exchanges: &[CalibratedCall], service: Service) -> Calibration {
    let times: Vec<f64> = exchanges.iter().map(|exchange| exchange.service_ms).collect();
    let common =
        |one: &CalibratedCall, other: &CalibratedCall| one.items.intersection(&other.items).count() as f64;
    let row = |one: &CalibratedCall| exchanges.iter().map(|other| common(one, other)).collect();
    let shared: Vec<Vec<f64>> = exchanges.iter().map(row).collect();
    let line = mixed_model::fit(&times, &shared);
    let (mean, deviation) = single_calls(exchanges);
    let mut sizes = BTreeMap::new();
    exchanges.iter().for_each(|exchange| *sizes.entry(exchange.items.len() as u32).or_default() += 1);
    let interval = |estimate: f64, error: f64, degrees: u32| {
        let half = student::quantile(degrees) * error;
        [rounded(estimate - half, 3), rounded(estimate + half, 3)]
    };
    Calibration {
        fixed_ms: line.map(|line| rounded(line.fixed, 3)),
        item_ms: line.map(|line| rounded(line.item, 3)),
        n: exchanges.len() as u64,
        fixed_ci95_ms: line.map(|line| interval(line.fixed, line.errors[0], line.degrees)),
        item_ci95_ms: line.map(|line| interval(line.item, line.errors[1], line.degrees)),
        item_deviation_ms: rounded(line.map_or(deviation, |line| line.item_deviation), 3),
        noise_ms: line.map(|line| rounded(line.noise, 3)),
        call_ms: rounded(line.map_or(mean, |line| line.fixed + line.item), 3),
        round_trip_ms: rounded(round_trip(exchanges), 3),
        service,
        sizes,
        notes: notes(line, service),
    }
}

/// Mean and standard deviation of the calls of the smallest size.
fn single_calls(exchanges: &[CalibratedCall]) -> (f64, f64) {
    let least = exchanges.iter().map(|exchange| exchange.items.len()).min().unwrap_or(1);
    let single = exchanges.iter().filter(|exchange| exchange.items.len() == least);
    let times: Vec<f64> = single.map(|exchange| exchange.service_ms).collect();
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

fn round_trip(exchanges: &[CalibratedCall]) -> f64 {
    let warm = exchanges.iter().any(|exchange| exchange.warm);
    let of_these = exchanges.iter().filter(|exchange| exchange.warm || !warm);
    let mut times: Vec<f64> = of_these.map(|exchange| exchange.around_ms).collect();
    times.sort_by(f64::total_cmp);
    times.get((times.len().max(1) - 1) / 2).copied().unwrap_or_default()
}

fn notes(line: Option<FittedLine>, service: Service) -> Vec<String> {
    let mut notes = Vec::new();
    match line {
        None => notes.push(
            "all calls carried equally many items, so only the sum of fixed and item cost is known; \
             let the after phase batch (after.batch=8) to have batches calibrated"
                .to_string(),
        ),
        Some(line) if line.fixed < line.errors[0] * student::quantile(line.degrees) => {
            notes.push("no fixed cost can be told from zero: a batch would save nothing".to_string());
        }
        Some(_) => {}
    }
    if service == Service::WarmWait {
        notes.push(
            "the server reports no compute time, so the wait of warm calls stands for it, network included"
                .to_string(),
        );
    }
    notes
}

#[cfg(test)]
mod tests;
