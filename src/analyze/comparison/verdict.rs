//! The judgement: each SLA line by its point estimate and its interval, then the run in all.

use super::spread::Spread;
use crate::analyze::document::{Quality, SlaResult, SlaTimes};
use crate::analyze::observed::{PhaseData, meets};
use crate::model::{Caveat, CaveatKind, Confidence, Limit, RunEnd, Signal, SlaLine, Verdict};
use crate::stats::{Interval, rounded};

/// Judges one line on the unrounded figures of the after phase. The limit is inclusive. A time of a phase that was not steady is
/// one of the length of the run: no limit is kept by it.
pub(super) fn judge_line(line: &SlaLine, before: &Spread, after: &Spread, steady: bool) -> SlaResult {
    let (metric, limit) = (line.metric(), line.limit());
    // A share is printed to a ten-thousandth of a percent.
    let decimals = if matches!(limit, Limit::Share(_)) { 6 } else { 3 };
    let figure = |phase: &Spread| phase.figure(metric).map(|figure| rounded(figure, decimals));
    let (limit, before, found) = (limit.value(), figure(before), figure(after));
    let interval = after.interval(metric).map(|interval| interval.rounded(decimals));
    let times = SlaTimes { limit_ms: limit, before_ms: before, after_ms: found };
    let is_time = matches!(line.limit(), Limit::Time(_));
    let is_result = steady || !is_time;
    SlaResult {
        metric,
        times: is_time.then_some(times),
        unit: line.limit().unit(),
        limit,
        before,
        after: found,
        after_ci95: interval,
        verdict: if is_result && meets(line, after.phase()) { Verdict::Met } else { Verdict::Missed },
        confidence: match is_result {
            true => confidence(interval, limit, &after.figures(metric)),
            false => Confidence::Clear,
        },
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

/// How the run ended: an interruption first, then a phase without one success.
pub(super) fn end(before: &PhaseData, after: &PhaseData, interrupted: Option<Signal>) -> RunEnd {
    match interrupted {
        Some(signal) => RunEnd::Interrupted(signal),
        None if before.succeeded() == 0 || after.succeeded() == 0 => RunEnd::Failed,
        None => RunEnd::Completed,
    }
}
