//! The server's part in an open load: whether it had all the work it can do, while requests came whatever it did.

use std::ops::Range;

use super::context::Context;
use super::groups::millis;
use super::saturation::{ALWAYS, computing, waiting, within};
use super::split::tells_all;
use crate::analyze::document::{OfferedLoad, Utilisation};
use crate::analyze::observed::{Observation, PhaseData};
use crate::analyze::open_load::offered_load;
use crate::model::{Micros, Moment};
use crate::stats::{StepFunction, rounded};

/// Sums over the repetitions, each from the first request due to the last.
#[derive(Default)]
struct Sums {
    time: Micros,
    /// Requests under way × the time for which they are.
    under_way: f64,
    latency: u128,
    succeeded: u64,
    /// Successes on which the server says both its times.
    told: u64,
    /// How long requests wait at the server together, and for how long at least one does.
    waited: f64,
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
    let load = offered_load(phase)?;
    let mut sums = Sums::default();
    for repetition in 1..=phase.repetitions() {
        sums.add(phase.places(repetition), context);
    }
    (sums.time > Micros(0) && sums.succeeded > 0).then(|| sums.judge(&load, replicas))
}

impl Sums {
    fn add(&mut self, places: Range<usize>, context: &Context<'_>) {
        let rows = &context.rows()[places.clone()];
        let due = || rows.iter().filter_map(Observation::due);
        let (Some(from), Some(until)) = (due().min(), due().max()) else { return };
        let time = until.since(from);
        let spans = StepFunction::new(rows.iter().filter_map(|row| row.due().zip(row.end())));
        self.time = self.time + time;
        self.under_way += spans.mean_between(from, until).unwrap_or(0.0) * time.0 as f64;
        let queue = waiting(places, context);
        let end = rows.iter().filter_map(Observation::end).max().unwrap_or(until);
        self.waited += queue.mean_between(Moment::START, end).unwrap_or(0.0) * end.as_micros() as f64;
        self.waiting = self.waiting + within(queue.at_least(1).into_iter(), until);
        self.computed = self.computed + within(computing(rows), until);
        for row in rows.iter().filter(|row| row.succeeded()) {
            self.latency += u128::from(row.latency().0);
            self.succeeded += 1;
            self.told += u64::from(tells_all(row));
        }
    }

    fn judge(self, load: &OfferedLoad, replicas: Option<usize>) -> Utilisation {
        let of_time = |part: Micros| (part.0 as f64 / self.time.0 as f64).min(1.0);
        let told = self.told * 2 > self.succeeded;
        let waits = told.then(|| of_time(self.waiting));
        let computed = self.computed.0 as f64 / self.time.0 as f64;
        let busy = replicas.filter(|_| told).map(|replicas| computed / replicas as f64);
        let wait = told.then(|| millis(self.waited / self.told as f64));
        let mut found = Utilisation {
            saturated: waits.map(|waits| waits.max(busy.unwrap_or(0.0)) >= ALWAYS),
            offered_rps: load.offered_rps,
            throughput_rps: load.achieved_rps,
            mean_latency_ms: millis(self.latency as f64 / self.succeeded as f64),
            under_way: rounded(self.under_way / self.time.0 as f64, 3),
            somebody_waits: waits.map(|waits| rounded(waits, 4)),
            replicas: replicas.map(|replicas| replicas as u64),
            replicas_busy: busy.map(|busy| rounded(busy.min(1.0), 4)),
            explanation: String::new(),
            mean_wait_ms: wait,
        };
        found.explanation = explanation(&found);
        found
    }
}

fn explanation(found: &Utilisation) -> String {
    let Utilisation { offered_rps: offered, throughput_rps: answered, under_way, .. } = found;
    let come = format!(
        "{offered:.1} requests a second were due and {answered:.1} came back meanwhile, {under_way:.1} were under way on average"
    );
    let each = found.mean_wait_ms.map_or(String::new(), |wait| format!(", {wait:.1} ms each on average"));
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let busy = match (found.replicas, found.replicas_busy) {
        (Some(replicas), Some(busy)) => {
            format!("; the {replicas} exchanges that it computes at a time are {} busy", percent(busy))
        }
        _ => String::new(),
    };
    match (found.saturated, found.somebody_waits) {
        (Some(true), Some(waits)) => format!(
            "{come}; for {} of the time a request waits for the server{each}{busy}: only more throughput per call, or more servers, can help",
            percent(waits)
        ),
        (Some(false), Some(waits)) => format!(
            "{come}; for {} of the time a request waits for the server{each}{busy}: it is not what limits the load",
            percent(waits)
        ),
        _ => format!(
            "{come}; whether the server could answer more cannot be told without its own times (Server-Timing: queue, compute)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Row;
    use super::super::{ClientHealth, attribute};
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::model::Stage;

    /// A request each 10 ms on a server that does one at a time and takes so many milliseconds for each.
    fn one_after_the_other(takes: u64) -> Utilisation {
        let (mut collector, mut free) = (PhaseCollector::new(500, 1).open(true), 0);
        for seq in 0..500 {
            let due = seq * 10;
            let begun = u64::max(free, due);
            free = begun + takes;
            let row = Row::new().reused().due(due).stage(Stage::Wait, free - due).server(begun - due, takes);
            collector.take(1, &row.seq(seq).sample()).expect("planned");
        }
        attribute(&collector.finish(), &ClientHealth::default()).utilisation.expect("an open load")
    }

    #[test]
    fn under_way_is_counted_over_the_time_in_which_requests_come() {
        let steady = one_after_the_other(5);
        assert_eq!((steady.under_way, steady.mean_wait_ms), (0.5, Some(0.0)), "{steady:?}");
        // By twice as many as it can do: of 499 that are due within 4,990 ms every other one is under way at the end. Mean
        // latency × rate would have it that 252 are on average.
        let found = one_after_the_other(20);
        assert!((found.under_way - 125.0).abs() < 1.0, "{found:?}");
        assert_eq!((found.offered_rps, found.mean_wait_ms), (100.0, Some(2_495.0)), "10 ms more for each");
        assert!((found.throughput_rps - 50.0).abs() < 0.3 && found.saturated == Some(true), "{found:?}");
        assert!(found.explanation.contains("2495.0 ms each on average"), "{}", found.explanation);
    }
}
