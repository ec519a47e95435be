//! What makes the measurements of a search: a scripted one in its tests, else one that sends.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::at_rate;
use super::new_rows::NewRows;
use super::rest::Rest;
use super::warming::Warming;
use crate::analyze::PhaseCollector;
use crate::analyze::capacity::{AtRate, RateMeasured, judge};
use crate::model::{Part, Releases};
use crate::plan::Plan;
use crate::workflow::sending::{PartLoad, Run, Session, Shown, patience};

/// Makes measurements.
pub(super) trait Measuring {
    /// One of them; `None` of one that was cut short.
    async fn measure(&mut self, at: AtRate) -> anyhow::Result<Option<RateMeasured>>;

    /// Whether a signal has stopped it.
    fn stopped(&self) -> bool;
}

/// Sends to a server.
pub(super) struct Sender<'r, 'a> {
    run: &'r mut Run<'a>,
    /// How long requests arrive.
    each: Duration,
    warming: Warming,
    rest: Rest,
    /// Of each phase's log.
    rows: [NewRows; 2],
}

impl<'r, 'a> Sender<'r, 'a> {
    pub(super) fn new(run: &'r mut Run<'a>, each: Duration) -> Self {
        Sender { run, each, warming: Warming::default(), rest: Rest::default(), rows: Default::default() }
    }

    /// Makes the server ready and sends; whether it was idle before.
    async fn send(&mut self, at: AtRate, session: &Session) -> anyhow::Result<(Arc<Plan>, Option<bool>)> {
        let settings = self.run.settings();
        let arrivals = at_rate::arrivals(settings, at.rate, at.pattern, self.each)?;
        self.warming.warm(self.run, session, arrivals.requests()).await?;
        let idle = match self.run.runner.server.is_mock() {
            true => None,
            false => self.rest.wait(self.run, session).await?,
        };
        let plan = Arc::new(self.warming.plan(&self.run.plan, settings.load.seed, arrivals));
        let load = PartLoad {
            part: Part::Capacity(at.phase),
            repetition: at.repetition,
            plan: Arc::clone(&plan),
            strategy: settings.strategy(at.phase),
            workers: 1,
            patience: patience(settings),
            at_most: None,
            think: Duration::ZERO,
            title: format!("{} at {:.1}/s, arrival sequence {}", at.phase.name(), at.rate, at.pattern),
            shown: Shown::AsLoad,
            truth: None,
        };
        if !self.run.stopped() {
            self.run.send_to(session, &load).await?;
        }
        Ok((plan, idle))
    }

    /// What its rows say.
    fn read(&mut self, at: AtRate, requests: u64) -> anyhow::Result<RateMeasured> {
        let part = Part::Capacity(at.phase);
        let log = part.log();
        let file = self.run.results.read(&log).with_context(|| format!("cannot read {log}"))?;
        let rows =
            self.rows[at.phase as usize].of(file, &log)?.of(&self.run.runner.run_id, &part.to_string());
        let mut collector = PhaseCollector::new(requests, 1).open(true);
        for row in rows {
            let row = row?;
            if row.repetition == at.repetition {
                collector.take(1, &row.sample).map_err(|problem| anyhow!("{log}: {problem}"))?;
            }
        }
        Ok(judge(at, &collector.finish(), &self.run.settings().sla, self.releases()))
    }

    fn releases(&self) -> Option<Releases> {
        self.run.manifest.repetitions.last()?.health.as_ref()?.releases
    }

    fn say(&self, measured: &RateMeasured) {
        let p95 = measured.p95_ms.map_or("no P95".into(), |p95| format!("P95 {p95:.0} ms"));
        let word = match measured {
            one if one.holds => "holds",
            one if !one.valid => "does not hold, but the client itself was late: it does not count",
            one if one.overloaded => "does not hold: the backlog grows",
            _ => "does not hold",
        };
        let (phase, rate) = (measured.phase.name(), measured.rate_rps);
        self.run.runner.progress.say(&format!("{phase} at {rate:.1}/s: {p95}, {word}"));
    }
}

impl Measuring for Sender<'_, '_> {
    async fn measure(&mut self, at: AtRate) -> anyhow::Result<Option<RateMeasured>> {
        let session = self.run.runner.server.open(None).await?;
        let sent = self.send(at, &session).await;
        session.close().await?;
        let (plan, server_idle) = sent?;
        if self.run.stopped() {
            return Ok(None);
        }
        let measured = RateMeasured { server_idle, ..self.read(at, plan.requests())? };
        self.say(&measured);
        Ok(Some(measured))
    }

    fn stopped(&self) -> bool {
        self.run.stopped()
    }
}
