//! The search itself: pattern by pattern, phase by phase, rate by rate.

use anyhow::Context;

use super::at_rate;
use super::job::CapacityJob;
use super::measuring::Measuring;
use crate::analyze::capacity::{
    AtRate, BracketEnd, CapacityEnd, Next, RateBracket, RateMeasured, Search, outcome,
};
use crate::host::Clock;
use crate::model::{Moment, Phase};

/// The highest rate that is tried, in requests a second.
const MOST: f64 = 1_000_000.0;

/// A search on its way, and in the end what it found.
pub(super) struct Hunt<'a> {
    job: &'a CapacityJob,
    /// Since the first measurement.
    clock: Option<Clock>,
    /// Of each phase, one for each pattern of which there is a measurement.
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
    pub(super) async fn search(&mut self, measuring: &mut impl Measuring) -> anyhow::Result<()> {
        let start =
            at_rate::rate(&self.job.settings).context("a search over rates needs arrivals with a rate")?;
        let lowest = at_rate::lowest(&self.job.settings, self.job.each);
        let fresh = Search::new(start, self.job.precision, lowest, MOST);
        for pattern in 1..=self.job.patterns {
            let mut phases = Phase::BOTH;
            if pattern % 2 == 0 {
                phases.reverse();
            }
            for phase in phases {
                self.search_pattern(measuring, phase, pattern, &fresh).await?;
                if self.ended_by != CapacityEnd::Precision {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// One pattern of one phase, from where the one before it ended.
    async fn search_pattern(
        &mut self,
        measuring: &mut impl Measuring,
        phase: Phase,
        pattern: u32,
        fresh: &Search,
    ) -> anyhow::Result<()> {
        let known = self.brackets[phase as usize].last().and_then(|last| last.holds_rps.or(last.fails_rps));
        let mut search = known.map_or(fresh.clone(), |rate| fresh.near(rate));
        let first = self.measured.len();
        let ended_by = loop {
            let rate = match search.next() {
                Next::Try(rate) => rate,
                Next::End(end) => break end,
            };
            if let Some(end) = self.must_end(measuring) {
                break end;
            }
            let repetition = self.measured.iter().filter(|one| one.phase == phase).count() as u32 + 1;
            let at = AtRate { phase, repetition, pattern, rate };
            match measuring.measure(at).await? {
                Some(measured) => {
                    search.take(rate, outcome(&measured), repetition);
                    self.measured.push(measured);
                }
                None => break self.must_end(measuring).unwrap_or(BracketEnd::Interrupted),
            }
        };
        if self.measured.len() > first {
            self.brackets[phase as usize].push(search.bracket(pattern, ended_by));
        }
        Ok(())
    }

    /// After a signal, and when time is up; the first measurement begins the time.
    fn must_end(&mut self, measuring: &impl Measuring) -> Option<BracketEnd> {
        let clock = *self.clock.get_or_insert_with(Clock::start);
        let passed = clock.now().since(Moment::START);
        let (ended_by, end) = if measuring.stopped() {
            (CapacityEnd::Interrupted, BracketEnd::Interrupted)
        } else if u128::from(passed.0) >= self.job.time.as_micros() {
            (CapacityEnd::Time, BracketEnd::Time)
        } else {
            return None;
        };
        self.ended_by = ended_by;
        Some(end)
    }
}

#[cfg(test)]
#[path = "hunt_tests.rs"]
mod tests;
