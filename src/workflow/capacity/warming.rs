//! Before a measurement: the bodies that it sends and the server has not had yet.
//!
//! The phase that first sends a body would fill the server's cache for the other one. So a plan that is larger than every one
//! before it has its new bodies sent first, and every later measurement of either phase finds them known.

use std::sync::Arc;

use crate::host::aside;
use crate::plan::{DistinctBodies, Plan, PlannedArrivals};
use crate::scenario::Warmup;
use crate::workflow::sending::{Run, Session};
use crate::workflow::steps::{Progressed, warmup};

/// What the server has had.
#[derive(Debug, Default)]
pub(super) struct Warming {
    bodies: DistinctBodies,
    /// No more are sent: there were too many, it took too long, or all failed.
    ended: bool,
    /// So many requests of the plan have only bodies that were sent, where not all could be. Measurements repeat these.
    known: Option<u64>,
}

impl Warming {
    /// Sends what so many requests of the plan have and the server has not had.
    pub(super) async fn warm(
        &mut self,
        run: &mut Run<'_>,
        session: &Session,
        requests: u64,
    ) -> anyhow::Result<()> {
        if run.runner.server.is_mock() {
            // It is a fresh process.
            *self = Warming::default();
        }
        let wanted = warmup::surveyed(run.settings(), requests);
        if self.ended || wanted <= self.bodies.looked_at() {
            return Ok(());
        }
        let new = self.look(&run.plan, wanted).await?;
        self.ended = self.bodies.looked_at() < wanted;
        let unsent = if new.is_empty() { None } else { self.send(run, session, new).await? };
        if !run.stopped() {
            self.note(run, unsent.unwrap_or(self.bodies.looked_at()));
        }
        Ok(())
    }

    /// The first request whose body could not be sent, where there is one.
    async fn send(
        &mut self,
        run: &mut Run<'_>,
        session: &Session,
        new: Vec<u64>,
    ) -> anyhow::Result<Option<u64>> {
        run.survey.distinct = new;
        let (progressed, sent) = warmup::send_set(run, session).await?;
        // Of a time nobody expects that it is enough for all.
        let by_time = matches!(run.settings().warmup(), Warmup::Time(_));
        let unsent = run.survey.distinct.get(sent as usize).copied().filter(|_| !by_time);
        self.ended |= unsent.is_some() || progressed == Progressed::NoFurther;
        Ok(unsent)
    }

    /// Notes that so many requests have only bodies that were sent.
    fn note(&mut self, run: &mut Run<'_>, known: u64) {
        if let Some(record) = &mut run.manifest.warmup {
            record.bodies = record.bodies.max(self.bodies.count() as u64);
            record.cut |= self.ended;
        }
        if self.ended && run.settings().warmup() == Warmup::Share(1.0) && known > 0 {
            self.known = Some(known);
            run.runner.progress.note(&format!(
                "warm-up: no more bodies are sent beforehand; measurements of more requests repeat the first {known} of the plan"
            ));
        }
    }

    /// On another thread: this one listens for Ctrl-C.
    async fn look(&mut self, plan: &Arc<Plan>, requests: u64) -> anyhow::Result<Vec<u64>> {
        let (plan, mut bodies) = (Arc::clone(plan), std::mem::take(&mut self.bodies));
        let look = move || {
            let new = bodies.up_to(&plan, requests, warmup::BODIES_MOST);
            (bodies, new)
        };
        let (bodies, new) = aside("warm-up", look).await?;
        self.bodies = bodies;
        Ok(new?)
    }

    /// What a measurement sends: the same bodies as every other one, from the first on, in its own time.
    pub(super) fn plan(&self, of: &Plan, seed: u64, arrivals: PlannedArrivals) -> Plan {
        let requests = arrivals.requests();
        let plan = match self.known {
            Some(known) if known < requests => Plan::picked(requests, of, (0..known).collect()),
            _ => of.of_seed(seed, requests),
        };
        plan.arriving(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ArrivalProcess;
    use crate::plan::ArrivalsEnd;

    #[test]
    fn measurements_send_the_same_bodies_and_none_that_could_not_be_sent_before() {
        let base = Plan::of_prompts(10, 7);
        let of = |warming: &Warming, requests, seed| {
            let end = ArrivalsEnd { requests: Some(requests), duration: None };
            let arrivals =
                PlannedArrivals::new(ArrivalProcess::Poisson { rate: 10.0 }, seed, end).expect("a good one");
            let plan = warming.plan(&base, 7, arrivals);
            assert!(plan.arrivals().is_some() && plan.requests() == requests);
            (0..requests).map(|seq| plan.body(seq).expect("prompts are no file")).collect::<Vec<_>>()
        };
        let all = Warming::default();
        assert_eq!(of(&all, 20, 1)[..10], of(&all, 10, 2), "a larger one begins like a smaller one");
        let cut = Warming { ended: true, known: Some(3), ..Warming::default() };
        let (some, repeated) = (of(&cut, 3, 1), of(&cut, 7, 1));
        assert_eq!(some, of(&all, 3, 1));
        assert_eq!(repeated, [&some[..], &some[..], &some[..1]].concat());
    }
}
