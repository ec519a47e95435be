//! Little's law in a closed loop: callers = throughput × latency. Where the server computes as much as
//! it can at once, throughput is its limit, and so latency is what the number of callers makes it.

use std::collections::BTreeSet;

use super::groups::millis;
use super::levels::Levels;
use crate::analyze::analysis::Saturation;
use crate::analyze::comparison::rounded;
use crate::analyze::observation::Observation;
use crate::analyze::phase::PhaseData;
use crate::clock::{Micros, Moment};
use crate::sample::Stage;

/// How far callers ÷ throughput may be from the mean latency.
const LITTLE_TOLERANCE: f64 = 0.1;
/// From which share of its concurrency on a server counts as busy.
const BUSY: f64 = 0.9;
/// Levels of concurrency that are seen for less than this share of the time are errors of measurement.
const RARE: f64 = 0.01;

/// Sums over the repetitions, each while all callers were at work.
#[derive(Default)]
struct Loaded {
    callers: u64,
    ended: u64,
    time: Micros,
    latency: u128,
    succeeded: u64,
    /// Time that the server computed so many exchanges at once.
    computing: Vec<Micros>,
}

/// `None` where the load has no fixed number of callers, or nothing can be said yet.
pub(super) fn saturation(phase: &PhaseData) -> Option<Saturation> {
    let mut loaded = Loaded::default();
    for repetition in 1..=phase.repetitions() {
        let rows: Vec<&Observation> = phase.repetition(repetition).collect();
        if !rows.is_empty() {
            loaded.add(&rows, callers(&rows)?);
        }
    }
    (loaded.ended > 0 && loaded.succeeded > 0 && loaded.time > Micros(0)).then(|| loaded.judge())
}

/// Callers of a closed loop: so many requests are due at once at the start, and each later one at the
/// very instant at which another ended.
fn callers(rows: &[&Observation]) -> Option<u64> {
    let ends: BTreeSet<Moment> = rows.iter().filter_map(|row| row.end()).collect();
    let dues = rows.iter().filter_map(|row| row.due());
    let (first, later): (Vec<Moment>, Vec<Moment>) = dues.partition(|due| *due == Moment::START);
    let follow = later.iter().filter(|due| ends.contains(due)).count();
    // An interrupted log lacks some of the ends.
    (!first.is_empty() && follow * 20 >= later.len() * 19).then_some(first.len() as u64)
}

impl Loaded {
    fn add(&mut self, rows: &[&Observation], callers: u64) {
        let until = rows.iter().filter_map(|row| row.due()).max().unwrap_or_default();
        self.callers = self.callers.max(callers);
        self.ended += rows.iter().filter_map(|row| row.end()).filter(|end| *end <= until).count() as u64;
        self.time = self.time + until.since(Moment::START);
        for row in rows.iter().filter(|row| row.succeeded()) {
            self.latency += u128::from(row.latency().0);
            self.succeeded += 1;
        }
        let times = Levels::new(computing(rows).into_iter()).times(until);
        self.computing.resize(self.computing.len().max(times.len()), Micros(0));
        for (sum, time) in self.computing.iter_mut().zip(times) {
            *sum = *sum + time;
        }
    }

    fn judge(self) -> Saturation {
        let throughput = self.ended as f64 / self.time.0 as f64 * 1e6;
        let expected = self.callers as f64 / throughput * 1e6;
        let mean = self.latency as f64 / self.succeeded as f64;
        let little = (expected / mean - 1.0).abs() <= LITTLE_TOLERANCE;
        let (concurrency, busy) = self.concurrency().unzip();
        let full = busy.zip(concurrency).map(|(busy, most)| busy >= BUSY && self.callers > most);
        let saturated = full.map(|full| full && little);
        Saturation {
            saturated,
            callers: self.callers,
            throughput_rps: rounded(throughput, 3),
            callers_over_throughput_ms: millis(expected),
            mean_latency_ms: millis(mean),
            concurrency,
            busy: busy.map(|busy| rounded(busy, 4)),
            explanation: explanation(saturated, self.callers, throughput, expected, little),
        }
    }

    /// The most exchanges that the server computes at once, and how busy it is, measured by that.
    fn concurrency(&self) -> Option<(u64, f64)> {
        let mut above = Micros(0);
        let most = self.computing.iter().enumerate().rev().find(|(_, time)| {
            above = above + **time;
            above.0 as f64 >= RARE * self.time.0 as f64
        });
        let most = most.map(|(level, _)| level as u64).filter(|most| *most > 0)?;
        let weighed: f64 = self
            .computing
            .iter()
            .zip(0_u64..)
            .map(|(time, level)| time.0 as f64 * level.min(most) as f64)
            .sum();
        Some((most, weighed / self.time.0 as f64 / most as f64))
    }
}

/// When the server computed each exchange: it ended, by its own durations, when the answer began.
fn computing(rows: &[&Observation]) -> Vec<(Moment, Moment)> {
    let mut spans = Vec::with_capacity(rows.len());
    let mut batches = BTreeSet::new();
    for row in rows {
        let shared = row.batch().is_some_and(|batch| !batches.insert(batch.id));
        let Some((end, compute)) = row.end().zip(row.server_compute()).filter(|_| !shared) else { continue };
        let answered = end.as_micros() - row.stage(Stage::Receive).unwrap_or_default().0;
        let begun = answered.saturating_sub(compute.0);
        spans.push((Moment::from_micros(begun), Moment::from_micros(answered)));
    }
    spans
}

fn explanation(saturated: Option<bool>, callers: u64, rate: f64, expected: f64, little: bool) -> String {
    let wait = expected / 1e3;
    match saturated {
        Some(true) => format!(
            "{callers} callers at {rate:.1} answers/s wait {wait:.0} ms on average whatever their connections do \
             (Little's law), and the server computes as much at once as it can: only more throughput per call can help"
        ),
        Some(false) => format!(
            "the server has room to spare: it could answer more than {rate:.1} requests/s, so waiting elsewhere can be saved"
        ),
        None if little => format!(
            "{callers} callers at {rate:.1} answers/s wait {wait:.0} ms on average (Little's law); whether the server \
             could answer more cannot be told without its own compute times (Server-Timing: compute)"
        ),
        None => "whether the server could answer more cannot be told without its own compute times \
                 (Server-Timing: compute)"
            .to_string(),
    }
}
