//! Which part of the after phase's way to send met the SLA: kept connections or batches. The page and the closing
//! summary say it from here.

use super::words;
use crate::analyze::{Analysis, Comparison, Prediction, SlaResult, Verdict};
use crate::model::{Metric, Statistic};

/// P95 of a way to send, measured where it was tried.
pub(super) struct Known {
    /// Such as `pool of 8`.
    pub strategy: String,
    /// Most requests of a call.
    pub batch: usize,
    /// In milliseconds.
    pub p95_ms: f64,
    /// Where it stands in the files.
    pub from: String,
    /// Whether it is no prediction.
    pub measured: bool,
}

impl Known {
    /// The candidate of the prediction at that place.
    fn of(analysis: &Analysis, prediction: &Prediction, at: usize) -> Option<Known> {
        let strategy = prediction.candidates.get(at)?.strategy.clone();
        let tried = analysis.ladder.iter().flatten().position(|rung| rung.strategy == strategy);
        let rung = tried.and_then(|rung| Some((rung, analysis.ladder.as_ref()?.get(rung)?.p95_ms?)));
        let (p95_ms, from) = match rung {
            Some((rung, p95_ms)) => (p95_ms, format!("analysis:/ladder/{rung}/p95_ms")),
            None => {
                (prediction.candidates[at].p95_ms?, format!("analysis:/prediction/candidates/{at}/p95_ms"))
            }
        };
        Some(Known {
            strategy,
            batch: prediction.candidates[at].batch,
            p95_ms,
            from,
            measured: rung.is_some(),
        })
    }

    /// Goes on after the connections.
    pub(super) fn how(&self) -> &'static str {
        if self.measured { "were measured" } else { "are predicted" }
    }
}

/// The connections of the after phase without its batches; `after` is that phase's way to send.
pub(super) fn alone(analysis: &Analysis, after: &str) -> Option<Known> {
    let prediction = analysis.prediction.as_ref()?;
    let candidates = &prediction.candidates;
    let after = candidates.iter().find(|one| one.strategy == after && one.batch > 1)?;
    let at = candidates.iter().position(|one| one.batch == 1 && one.connections == after.connections)?;
    Known::of(analysis, prediction, at)
}

/// Fewer requests in a call than the after phase sends, which would do.
fn smaller(analysis: &Analysis, after: &str, limit: f64) -> Option<Known> {
    let prediction = analysis.prediction.as_ref()?;
    let candidates = &prediction.candidates;
    let after = candidates.iter().find(|one| one.strategy == after)?;
    let fewer = |at: &usize| {
        let one = &candidates[*at];
        one.connections == after.connections && (2..after.batch).contains(&one.batch)
    };
    let known = (0..candidates.len()).filter(fewer).filter_map(|at| Known::of(analysis, prediction, at));
    known.into_iter().find(|one| one.p95_ms <= limit)
}

/// What kept connections alone would have done with a line on P95 that the after phase meets and the before phase does not.
pub(super) struct Credit {
    /// The connections of the after phase without its batches.
    pub alone: Known,
    /// The least batches that would do, where connections alone would not.
    pub smaller: Option<Known>,
    /// Whether it was the batches that met the line.
    pub batching: bool,
}

impl Credit {
    /// `None` where it is not known, or there is nothing to give credit for.
    pub(super) fn of(comparison: &Comparison, analysis: &Analysis, after: &str) -> Option<Credit> {
        let met = |line: &&SlaResult| {
            line.metric == Metric::latency(Statistic::P95) && line.verdict == Verdict::Met
        };
        let line = comparison.sla.iter().find(met).filter(|line| !words::before_keeps(line))?;
        let alone = alone(analysis, after)?;
        let batching = alone.p95_ms > line.limit;
        let smaller = smaller(analysis, after, line.limit).filter(|_| batching);
        Some(Credit { alone, smaller, batching })
    }

    /// In a line of the closing summary.
    pub(super) fn text(&self) -> String {
        let Known { strategy, p95_ms, .. } = &self.alone;
        let how = self.alone.how();
        if !self.batching {
            return format!(
                "kept connections; without batches ({strategy}) they {how} to meet it too, at P95 {p95_ms:.1} ms"
            );
        }
        let smaller = self.smaller.as_ref().map_or(String::new(), |one| {
            format!(
                "; with batches of up to {} they {} to meet it, at {:.1} ms",
                one.batch,
                one.how(),
                one.p95_ms
            )
        });
        format!(
            "batching; kept connections alone ({strategy}) {how} to miss it, at P95 {p95_ms:.1} ms{smaller}"
        )
    }
}
