//! Little's law in a closed loop: callers = throughput × (latency + what a caller waits before its next request). It holds of an idle server too; only where
//! somebody always waits for the server, or all its replicas always compute, is throughput its limit, and latency what
//! the number of callers makes it.
//!
//! A client with fewer connections than callers keeps the queue to itself: then nobody can wait at the server, full or not.

use std::collections::HashSet;
use std::ops::Range;

use super::bottleneck::{self, Bottleneck};
use super::context::Context;
use super::groups::millis;
use super::split::tells_all;
use crate::analyze::document::{Cause, Saturation};
use crate::analyze::observed::{ClosedLoop, Observation, PhaseData};
use crate::model::Stage;
use crate::model::{Micros, Moment};
use crate::stats::StepFunction;
use crate::stats::rounded;

/// How far callers ÷ throughput may be from the mean latency.
const LITTLE_TOLERANCE: f64 = 0.1;
/// For which share of the time somebody must wait for a server that has all the work it can do, or its replicas compute.
pub(super) const ALWAYS: f64 = 0.9;
/// For which share of the time all connections must be in use so that what waits, waits in the client.
const MOSTLY: f64 = 0.5;
/// Who waits for a shorter time than this does not wait.
const WAITING: Micros = Micros(500);

/// Sums over the repetitions, each while all callers were at work.
#[derive(Default)]
struct Loaded {
    callers: u64,
    think: Micros,
    ended: u64,
    time: Micros,
    latency: u128,
    succeeded: u64,
    /// Successes on which the server says both its times.
    told: u64,
    /// Time during which somebody waited for the server.
    waiting: Micros,
    /// Time during which every connection was in use.
    in_use: Micros,
    /// Time that the exchanges were computed, of all together.
    computed: Micros,
}

/// `None` where the load has no fixed number of callers, or nothing can be said yet. `replicas` is how many exchanges
/// the server computes at a time, where that is known.
pub(super) fn saturation(
    phase: &PhaseData,
    context: &Context<'_>,
    replicas: Option<usize>,
) -> Option<Saturation> {
    if phase.is_open() {
        return None;
    }
    let mut loaded = Loaded::default();
    for repetition in 1..=phase.repetitions() {
        let places = phase.places(repetition);
        let rows = &context.rows()[places.clone()];
        if !rows.is_empty() {
            let until = rows.iter().filter_map(|row| row.due()).max().unwrap_or_default();
            loaded.add(rows, ClosedLoop::of(rows)?, until);
            loaded.waiting = loaded.waiting + within(waiting(places, context).at_least(1).into_iter(), until);
            loaded.computed = loaded.computed + within(computing(rows), until);
            let occupancy = &context.occupancy()[repetition as usize - 1];
            loaded.in_use = loaded.in_use + occupancy.full_between(Moment::START, until);
        }
    }
    let told = loaded.ended > 0 && loaded.succeeded > 0 && loaded.time > Micros(0);
    told.then(|| loaded.judge(replicas, u64::from(context.most_at_once())))
}

/// How long spans are together, until a moment.
pub(super) fn within(spans: impl Iterator<Item = (Moment, Moment)>, until: Moment) -> Micros {
    spans.map(|(start, end)| end.min(until).since(start.min(until))).sum()
}

impl Loaded {
    fn add(&mut self, rows: &[Observation], found: ClosedLoop, until: Moment) {
        self.callers = self.callers.max(found.callers);
        self.think = self.think.max(found.think);
        self.ended += rows.iter().filter_map(|row| row.end()).filter(|end| *end <= until).count() as u64;
        self.time = self.time + until.since(Moment::START);
        for row in rows.iter().filter(|row| row.succeeded()) {
            self.latency += u128::from(row.latency().0);
            self.succeeded += 1;
            self.told += u64::from(tells_all(row));
        }
    }

    fn judge(self, replicas: Option<usize>, connections: u64) -> Saturation {
        let throughput = self.ended as f64 / self.time.0 as f64 * 1e6;
        let round = self.callers as f64 / throughput * 1e6;
        let expected = round - self.think.0 as f64;
        let mean = self.latency as f64 / self.succeeded as f64;
        // The law holds of the steady state; each caller's first request stands outside it.
        let unsteady = self.callers as f64 / self.ended as f64;
        // Of the whole round, as the law has it: where callers mostly think, little is left of it for the latency.
        let little = (round / (mean + self.think.0 as f64) - 1.0).abs() <= LITTLE_TOLERANCE.max(unsteady);
        let of_time = |part: Micros| part.0 as f64 / self.time.0 as f64;
        let told = self.told * 2 > self.succeeded;
        let waits = told.then(|| of_time(self.waiting));
        let share = |replicas: usize| of_time(self.computed) / replicas as f64;
        // A server that computes more at a time than was thought is none that is known.
        let replicas = replicas.filter(|replicas| share(*replicas) <= 1.0 + LITTLE_TOLERANCE);
        let busy = replicas.filter(|_| told).map(share);
        let in_use = of_time(self.in_use);
        let bottleneck = match waits {
            None => Bottleneck::Untold,
            Some(waits) if waits >= ALWAYS && little => Bottleneck::Queue,
            Some(_) if busy.is_some_and(|busy| busy >= ALWAYS) && little => Bottleneck::Replicas,
            Some(waits) if waits.max(busy.unwrap_or(0.0)) >= ALWAYS => Bottleneck::Unsteady,
            Some(_) if connections < self.callers && in_use >= MOSTLY => Bottleneck::Connections(connections),
            Some(_) => Bottleneck::NotTheServer,
        };
        let mut found = Saturation {
            saturated: bottleneck.is_the_server(),
            callers: self.callers,
            think_ms: (self.think > Micros(0)).then(|| self.think.as_millis()),
            throughput_rps: rounded(throughput, 3),
            callers_over_throughput_ms: millis(expected),
            mean_latency_ms: millis(mean),
            somebody_waits: waits.map(|waits| rounded(waits, 4)),
            replicas: replicas.map(|replicas| replicas as u64),
            replicas_busy: busy.map(|busy| rounded(busy, 4)),
            connections_in_use: rounded(in_use, 4),
            explanation: String::new(),
        };
        found.explanation = bottleneck::explanation(bottleneck, &found);
        found
    }
}

/// When the server computed each exchange, by its own word; an answer begins when it is done.
pub(super) fn computing(rows: &[Observation]) -> impl Iterator<Item = (Moment, Moment)> {
    let mut seen = HashSet::new();
    rows.iter().filter_map(move |row| {
        let first = row.batch().is_none_or(|batch| seen.insert(batch.id));
        let receive = row.stage(Stage::Receive).unwrap_or_default();
        let done = row.end().filter(|_| first)?.as_micros().saturating_sub(receive.0);
        let begun = done.saturating_sub(row.server_compute()?.0);
        Some((Moment::from_micros(begun), Moment::from_micros(done)))
    })
}

/// When requests waited at the server, to be accepted or for a replica, as far as that is known.
pub(super) fn waiting(places: Range<usize>, context: &Context<'_>) -> StepFunction {
    let spans = places.filter_map(|index| {
        let (row, split) = (&context.rows()[index], context.split(index));
        let waited = split.get(Cause::AcceptQueueWait) + split.get(Cause::ServerQueue);
        let received = split.get(Cause::SlowResponseBody) + split.get(Cause::DelayedAck);
        let after = split.get(Cause::Compute) + split.get(Cause::ServerTotal) + received;
        let begun = row.end()?.as_micros().saturating_sub(after.0);
        let arrived = begun.saturating_sub(waited.0);
        (waited >= WAITING).then(|| (Moment::from_micros(arrived), Moment::from_micros(begun)))
    });
    StepFunction::new(spans)
}
