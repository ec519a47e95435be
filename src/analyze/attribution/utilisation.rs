//! The server's part in an open load: whether it had all the work it can do, while requests came whatever it did.

use super::context::Context;
use super::groups::millis;
use super::saturation::{ALWAYS, computing, waiting, within};
use super::split::tells_all;
use crate::analyze::document::Utilisation;
use crate::analyze::observed::PhaseData;
use crate::model::{Micros, Moment};
use crate::stats::rounded;

/// Sums over the repetitions, each from its start to the last request due.
#[derive(Default)]
struct Sums {
    time: Micros,
    due: u64,
    ended: u64,
    latency: u128,
    succeeded: u64,
    /// Successes on which the server says both its times.
    told: u64,
    waiting: Micros,
    computed: Micros,
}

/// `None` of a closed loop, and where nothing can be said yet. `replicas` is how many exchanges the server computes at a time, where
/// that is known.
pub(super) fn utilisation(
    phase: &PhaseData,
    context: &Context<'_>,
    replicas: Option<usize>,
) -> Option<Utilisation> {
    let mut sums = Sums::default();
    for repetition in (1..=phase.repetitions()).filter(|_| phase.is_open()) {
        let places = phase.places(repetition);
        let rows = &context.rows()[places.clone()];
        let until = rows.iter().filter_map(|row| row.due()).max().unwrap_or_default();
        sums.time = sums.time + until.since(Moment::START);
        sums.due += rows.iter().filter_map(|row| row.due()).count() as u64;
        sums.ended += rows.iter().filter_map(|row| row.end()).filter(|end| *end <= until).count() as u64;
        sums.waiting = sums.waiting + within(waiting(places, context).at_least(1).into_iter(), until);
        sums.computed = sums.computed + within(computing(rows), until);
        for row in rows.iter().filter(|row| row.succeeded()) {
            sums.latency += u128::from(row.latency().0);
            sums.succeeded += 1;
            sums.told += u64::from(tells_all(row));
        }
    }
    (sums.time > Micros(0) && sums.succeeded > 0).then(|| sums.judge(replicas))
}

impl Sums {
    fn judge(self, replicas: Option<usize>) -> Utilisation {
        let per_second = |n: u64| n as f64 / self.time.0 as f64 * 1e6;
        let of_time = |part: Micros| part.0 as f64 / self.time.0 as f64;
        let told = self.told * 2 > self.succeeded;
        let waits = told.then(|| of_time(self.waiting));
        let busy = replicas.filter(|_| told).map(|replicas| of_time(self.computed) / replicas as f64);
        let mean = self.latency as f64 / self.succeeded as f64;
        let mut found = Utilisation {
            saturated: waits.map(|waits| waits.max(busy.unwrap_or(0.0)) >= ALWAYS),
            offered_rps: rounded(per_second(self.due), 3),
            throughput_rps: rounded(per_second(self.ended), 3),
            mean_latency_ms: millis(mean),
            under_way: rounded(per_second(self.due) * mean / 1e6, 3),
            somebody_waits: waits.map(|waits| rounded(waits, 4)),
            replicas: replicas.map(|replicas| replicas as u64),
            replicas_busy: busy.map(|busy| rounded(busy.min(1.0), 4)),
            explanation: String::new(),
        };
        found.explanation = explanation(&found);
        found
    }
}

fn explanation(found: &Utilisation) -> String {
    let Utilisation { offered_rps: offered, throughput_rps: answered, under_way, .. } = found;
    let come = format!(
        "{offered:.1} requests a second were due and {answered:.1} came back meanwhile, {under_way:.1} under way on average (Little's law)"
    );
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let busy = match (found.replicas, found.replicas_busy) {
        (Some(replicas), Some(busy)) => {
            format!("; the {replicas} exchanges that it computes at a time are {} busy", percent(busy))
        }
        _ => String::new(),
    };
    match (found.saturated, found.somebody_waits) {
        (Some(true), Some(waits)) => format!(
            "{come}; for {} of the time a request waits for the server{busy}: only more throughput per call, or more servers, can help",
            percent(waits)
        ),
        (Some(false), Some(waits)) => format!(
            "{come}; for {} of the time a request waits for the server{busy}: it is not what limits the load",
            percent(waits)
        ),
        _ => format!(
            "{come}; whether the server could answer more cannot be told without its own times (Server-Timing: queue, compute)"
        ),
    }
}
