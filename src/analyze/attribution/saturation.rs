//! Little's law in a closed loop: callers = throughput × latency. It holds of an idle server too; only where
//! somebody always waits for the server is throughput its limit, and latency what the number of callers makes it.

use std::collections::BTreeSet;

use super::cause::Cause;
use super::context::Context;
use super::groups::millis;
use super::levels::Levels;
use super::split::tells_all;
use crate::analyze::analysis::Saturation;
use crate::analyze::comparison::rounded;
use crate::analyze::observation::Observation;
use crate::analyze::phase::PhaseData;
use crate::clock::{Micros, Moment};

/// How far callers ÷ throughput may be from the mean latency.
const LITTLE_TOLERANCE: f64 = 0.1;
/// For which share of the time somebody must wait for a server that has all the work it can do.
const ALWAYS: f64 = 0.9;
/// Who waits for a shorter time than this does not wait.
const WAITING: Micros = Micros(500);

/// Sums over the repetitions, each while all callers were at work.
#[derive(Default)]
struct Loaded {
    callers: u64,
    ended: u64,
    time: Micros,
    latency: u128,
    succeeded: u64,
    /// Successes on which the server says both its times.
    told: u64,
    /// Time during which somebody waited for the server.
    waiting: Micros,
}

/// `None` where the load has no fixed number of callers, or nothing can be said yet.
pub(super) fn saturation(phase: &PhaseData, context: &Context<'_>) -> Option<Saturation> {
    let mut loaded = Loaded::default();
    for repetition in 1..=phase.repetitions() {
        let indices = context.repetition(repetition);
        let rows: Vec<&Observation> = indices.iter().map(|index| &context.rows()[*index]).collect();
        if !rows.is_empty() {
            loaded.add(&rows, callers(&rows)?, waiting(&indices, context));
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
    fn add(&mut self, rows: &[&Observation], callers: u64, waiting: Levels) {
        let until = rows.iter().filter_map(|row| row.due()).max().unwrap_or_default();
        self.callers = self.callers.max(callers);
        self.ended += rows.iter().filter_map(|row| row.end()).filter(|end| *end <= until).count() as u64;
        self.time = self.time + until.since(Moment::START);
        for row in rows.iter().filter(|row| row.succeeded()) {
            self.latency += u128::from(row.latency().0);
            self.succeeded += 1;
            self.told += u64::from(tells_all(row));
        }
        let spans = waiting.at_least(1).into_iter();
        self.waiting = self.waiting + spans.map(|(start, end)| end.min(until).since(start)).sum();
    }

    fn judge(self) -> Saturation {
        let throughput = self.ended as f64 / self.time.0 as f64 * 1e6;
        let expected = self.callers as f64 / throughput * 1e6;
        let mean = self.latency as f64 / self.succeeded as f64;
        // The law holds of the steady state; each caller's first request stands outside it.
        let unsteady = self.callers as f64 / self.ended as f64;
        let little = (expected / mean - 1.0).abs() <= LITTLE_TOLERANCE.max(unsteady);
        let waited = self.waiting.0 as f64 / self.time.0 as f64;
        let told = self.told * 2 > self.succeeded;
        let mut found = Saturation {
            saturated: told.then_some(little && waited >= ALWAYS),
            callers: self.callers,
            throughput_rps: rounded(throughput, 3),
            callers_over_throughput_ms: millis(expected),
            mean_latency_ms: millis(mean),
            somebody_waits: told.then(|| rounded(waited, 4)),
            explanation: String::new(),
        };
        found.explanation = explanation(&found);
        found
    }
}

/// When requests waited at the server, to be accepted or for a replica, as far as that is known.
fn waiting(indices: &[usize], context: &Context<'_>) -> Levels {
    let spans = indices.iter().filter_map(|index| {
        let (row, split) = (&context.rows()[*index], context.split(*index));
        let waited = split.get(Cause::AcceptQueueWait) + split.get(Cause::ServerQueue);
        let received = split.get(Cause::SlowResponseBody) + split.get(Cause::DelayedAck);
        let after = split.get(Cause::Compute) + received;
        let begun = row.end()?.as_micros().saturating_sub(after.0);
        let arrived = begun.saturating_sub(waited.0);
        (waited >= WAITING).then(|| (Moment::from_micros(arrived), Moment::from_micros(begun)))
    });
    Levels::new(spans)
}

fn explanation(found: &Saturation) -> String {
    let Saturation { callers, throughput_rps: rate, callers_over_throughput_ms: wait, .. } = found;
    let law = format!(
        "while all {callers} callers are at work {rate:.1} answers/s come back, so the mean of all requests is about {wait:.0} ms \
         (Little's law)"
    );
    let share = found.somebody_waits.unwrap_or(0.0) * 100.0;
    let time =
        if share >= 99.5 { "at all times".to_string() } else { format!("for {share:.0} % of the time") };
    match found.saturated {
        Some(true) => format!(
            "{law} whatever their connections do; {time} a request waits for the server: only more throughput per call can help"
        ),
        Some(false) if share >= ALWAYS * 100.0 => format!(
            "while all {callers} callers are at work {rate:.1} answers/s come back, from which a mean of {wait:.0} ms follows \
             (Little's law), but it is {:.0} ms: the load was not steady, so whether the server limits it cannot be told",
            found.mean_latency_ms
        ),
        Some(false) if share < 0.5 => {
            format!(
                "{law}, and hardly ever does a request wait for the server: it is not what limits the load"
            )
        }
        Some(false) => {
            format!("{law}, but only {time} a request waits for the server: it is not what limits the load")
        }
        None => format!(
            "{law}; whether the server could answer more cannot be told without its own times (Server-Timing: queue, compute)"
        ),
    }
}
