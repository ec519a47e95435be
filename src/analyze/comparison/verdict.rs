//! The judgement: each SLA line by its point estimate and its interval, then the run in all.

use super::spread::Spread;
use crate::analyze::document::{NoResult, OfferedLoad, Quality, SlaResult, SlaTimes};
use crate::analyze::observed::{PhaseData, meets};
use crate::model::{Caveat, CaveatKind, Confidence, Limit, Phase, RunEnd, Signal, SlaLine, Verdict};
use crate::stats::{Interval, rounded};

/// Why the figures of the two phases are no result, whatever they are: those of times, and all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Void {
    overloaded: [bool; 2],
    released_late: bool,
}

impl Void {
    pub(super) fn of(load: [Option<OfferedLoad>; 2], caveats: &[Caveat]) -> Self {
        Void {
            overloaded: load.map(|load| load.is_some_and(|load| load.overloaded == Some(true))),
            released_late: caveats.iter().any(|caveat| caveat.kind == CaveatKind::ReleasedLate),
        }
    }

    /// Whether no time of either phase is to be compared with one of the other.
    pub(super) fn overloaded(self) -> bool {
        self.overloaded != [false; 2]
    }

    fn why(self, phase: Phase, is_time: bool) -> Option<NoResult> {
        let late = self.released_late.then_some(NoResult::ReleasedLate);
        late.or((is_time && self.overloaded[phase as usize]).then_some(NoResult::Overloaded))
    }
}

/// Judges one line on the unrounded figures of the after phase. The limit is inclusive. A figure that is no result keeps no
/// limit, and has no interval that could be clear.
pub(super) fn judge_line(line: &SlaLine, before: &Spread, after: &Spread, void: Void) -> SlaResult {
    let (metric, limit) = (line.metric(), line.limit());
    // A share is printed to a ten-thousandth of a percent.
    let decimals = if matches!(limit, Limit::Share(_)) { 6 } else { 3 };
    let figure = |phase: &Spread| phase.figure(metric).map(|figure| rounded(figure, decimals));
    let (limit, before, found) = (limit.value(), figure(before), figure(after));
    let times = SlaTimes { limit_ms: limit, before_ms: before, after_ms: found };
    let is_time = matches!(line.limit(), Limit::Time(_));
    let no_result = void.why(Phase::After, is_time);
    let interval = after.interval(metric).filter(|_| no_result.is_none());
    let interval = interval.map(|interval| interval.rounded(decimals));
    let met = no_result.is_none() && meets(line, after.phase());
    SlaResult {
        metric,
        times: is_time.then_some(times),
        unit: line.limit().unit(),
        limit,
        before,
        after: found,
        after_ci95: interval,
        verdict: if met { Verdict::Met } else { Verdict::Missed },
        confidence: match no_result {
            None => confidence(interval, limit, &after.figures(metric)),
            Some(_) => Confidence::Straddles,
        },
        no_result,
        before_no_result: void.why(Phase::Before, is_time),
    }
}

/// Without an interval nothing is clear, unless no repetition has an answer where one is needed.
fn confidence(interval: Option<Interval>, limit: f64, repetitions: &[Option<f64>]) -> Confidence {
    let clear = match interval {
        Some(interval) => !interval.holds(limit),
        None => repetitions.iter().all(Option::is_none),
    };
    if clear { Confidence::Clear } else { Confidence::Straddles }
}

/// Clear if nothing that straddles could turn the verdict: worse answers or one clearly missed line
/// are enough for a clear miss.
pub(super) fn overall_confidence(sla: &[SlaResult], quality: &Quality) -> Confidence {
    let clear = |line: &SlaResult| line.confidence == Confidence::Clear;
    let missed = |line: &SlaResult| line.verdict == Verdict::Missed;
    let settled = quality.degraded || sla.iter().any(|line| clear(line) && missed(line));
    if settled || sla.iter().all(clear) { Confidence::Clear } else { Confidence::Straddles }
}

/// Met only if every line is, its answers are no worse, and every planned request of both phases was
/// sent, when it was due: a run that was cut short proves nothing, whoever cut it, nor one that sent another load.
pub(super) fn overall(
    sla: &[SlaResult],
    quality: &Quality,
    before: &PhaseData,
    after: &PhaseData,
    caveats: &[Caveat],
) -> Verdict {
    let valid = caveats.iter().all(|caveat| caveat.kind != CaveatKind::ReleasedLate);
    of(valid && sla.iter().all(|line| line.verdict == Verdict::Met), quality, &[before, after])
}

/// The same of anything that is judged: its lines, its answers beside what they should be, and what had to be sent.
pub(in crate::analyze) fn of(lines_met: bool, quality: &Quality, loads: &[&PhaseData]) -> Verdict {
    let complete = loads.iter().all(|load| load.unsent() == 0);
    if lines_met && !quality.degraded && complete { Verdict::Met } else { Verdict::Missed }
}

/// How the run ended: an interruption first, then a phase without one success, or one that stopped because this machine had no
/// room for its requests: no server is judged by that.
pub(super) fn end(
    before: &PhaseData,
    after: &PhaseData,
    interrupted: Option<Signal>,
    max_error_rate: Option<f64>,
) -> RunEnd {
    let too_many = |phase: &PhaseData| max_error_rate.is_some_and(|most| phase.failed_share() > most);
    match interrupted {
        Some(signal) => RunEnd::Interrupted(signal),
        None if before.succeeded() == 0 || after.succeeded() == 0 => RunEnd::Failed,
        None if [before, after].iter().any(|phase| phase.local_limits() > 0 && phase.unsent() > 0) => {
            RunEnd::Failed
        }
        None if too_many(before) || too_many(after) => RunEnd::Failed,
        None => RunEnd::Completed,
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
