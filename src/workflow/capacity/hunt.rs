//! The search itself: pattern by pattern, phase by phase, rate by rate.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::at_rate;
use super::job::CapacityJob;
use crate::analyze::PhaseCollector;
use crate::analyze::capacity::{AtRate, CapacityEnd, Next, RateBracket, RateMeasured, Search, judge};
use crate::host::Clock;
use crate::model::{Moment, Part, Phase};
use crate::runlog::LogReader;
use crate::workflow::sending::{PartLoad, Run, Shown, patience, plans};
use crate::workflow::steps::warmup::warm_up_session;

/// The highest rate that is tried, in requests a second.
const MOST: f64 = 1_000_000.0;

/// A search on its way, and in the end what it found.
pub(super) struct Hunt<'a> {
    job: &'a CapacityJob,
    /// Since the first measurement.
    clock: Option<Clock>,
    /// Of each phase, one for each pattern.
    pub(super) brackets: [Vec<RateBracket>; 2],
    pub(super) measured: Vec<RateMeasured>,
    pub(super) ended_by: CapacityEnd,
}

impl<'a> Hunt<'a> {
    pub(super) fn new(job: &'a CapacityJob) -> Self {
        let brackets = [Vec::new(), Vec::new()];
        Hunt { job, clock: None, brackets, measured: Vec::new(), ended_by: CapacityEnd::Precision }
    }

    /// Each pattern on both phases, one after the other and then the other way round, so that a drift of the machine hits both
    /// alike.
    pub(super) async fn search(&mut self, run: &mut Run<'_>) -> anyhow::Result<()> {
        let start =
            at_rate::rate(run.settings()).context("a search over rates needs arrivals with a rate")?;
        for pattern in 1..=self.job.patterns {
            let mut phases = Phase::BOTH;
            if pattern % 2 == 0 {
                phases.reverse();
            }
            for phase in phases {
                if !self.search_pattern(run, phase, pattern, start).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// One pattern of one phase; whether there is time for another one.
    async fn search_pattern(
        &mut self,
        run: &mut Run<'_>,
        phase: Phase,
        pattern: u32,
        start: f64,
    ) -> anyhow::Result<bool> {
        let fresh =
            Search::new(start, self.job.precision, at_rate::lowest(run.settings(), self.job.each), MOST);
        let known = self.brackets[phase as usize].last().and_then(|bracket| bracket.holds_rps);
        let mut search = known.map_or(fresh.clone(), |holds| fresh.near(holds));
        let mut goes_on = true;
        while let (Next::Try(rate), true) = (search.next(), goes_on) {
            goes_on = self.may_go_on(run);
            if goes_on {
                let repetition = self.measured.iter().filter(|one| one.phase == phase).count() as u32 + 1;
                let at = AtRate { phase, repetition, pattern, rate };
                match self.measure(run, at).await? {
                    Some(measured) => {
                        search.take(rate, measured.holds);
                        self.measured.push(measured);
                    }
                    None => goes_on = self.may_go_on(run),
                }
            }
        }
        let (holds_rps, fails_rps) = search.bracket();
        self.brackets[phase as usize].push(RateBracket { pattern, holds_rps, fails_rps });
        Ok(goes_on)
    }

    /// Not after a signal, and not when time is up; the first measurement begins the time.
    fn may_go_on(&mut self, run: &Run<'_>) -> bool {
        let clock = *self.clock.get_or_insert_with(Clock::start);
        let passed = clock.now().since(Moment::START);
        if run.stopped() {
            self.ended_by = CapacityEnd::Interrupted;
        } else if u128::from(passed.0) >= self.job.time.as_micros() {
            self.ended_by = CapacityEnd::Time;
        }
        self.ended_by == CapacityEnd::Precision
    }

    /// One measurement against a fresh server; `None` of one that was cut short.
    async fn measure(&self, run: &mut Run<'_>, at: AtRate) -> anyhow::Result<Option<RateMeasured>> {
        let settings = at_rate::at(run.settings(), at.rate, at.pattern, self.job.each);
        let plan = Arc::new(plans::of_other_load(&run.plan, &settings)?);
        let part = Part::Capacity(at.phase);
        let load = PartLoad {
            part,
            repetition: at.repetition,
            plan: Arc::clone(&plan),
            strategy: settings.strategy(at.phase),
            workers: 1,
            patience: patience(&settings),
            at_most: None,
            think: Duration::ZERO,
            title: format!("{} at {:.1}/s, pattern {}", at.phase.name(), at.rate, at.pattern),
            shown: Shown::AsLoad,
            truth: None,
        };
        let session = run.runner.server.open(None).await?;
        // As in a comparison: what is fresh in each measurement gets warm in each.
        if run.runner.server.is_mock() {
            warm_up_session(run, &session).await?;
        }
        run.send_to(&session, &load).await?;
        session.close().await?;
        let sent = run.manifest.repetitions.last();
        let releases = sent.and_then(|record| record.health.as_ref()?.releases);
        if run.stopped() {
            return Ok(None);
        }
        let mut collector = PhaseCollector::new(plan.requests(), 1).open(true);
        let log = part.log();
        let file = run.results.read(&log).with_context(|| format!("cannot read {log}"))?;
        let rows = LogReader::new(file, &log)?.of(&run.runner.run_id, &part.to_string());
        for row in rows {
            let row = row?;
            if row.repetition == at.repetition {
                collector.take(1, &row.sample).map_err(|problem| anyhow!("{log}: {problem}"))?;
            }
        }
        let measured = judge(at, &collector.finish(), &settings.sla, releases);
        let p95 = measured.p95_ms.map_or("no P95".into(), |p95| format!("P95 {p95:.0} ms"));
        let word = match &measured {
            one if one.holds => "holds",
            one if one.client_late => "does not hold, and the client itself was late",
            one if one.overloaded => "does not hold: the backlog grows",
            _ => "does not hold",
        };
        run.runner.progress.say(&format!("{} at {:.1}/s: {p95}, {word}", at.phase.name(), at.rate));
        Ok(Some(measured))
    }
}
