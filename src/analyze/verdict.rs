//! The judgement: each SLA line by its point estimate, then the run in all.

use super::comparison::{Quality, SlaResult, Verdict};
use super::phase::PhaseData;
use crate::clock::Micros;
use crate::scenario::SlaLine;

/// Exit code of a missed SLA (k6 uses the same).
const MISSED: u8 = 99;
/// Exit code of a run that failed.
const FAILED: u8 = 1;

/// Judges one line on the unrounded microseconds of the after phase. The limit is inclusive.
pub(super) fn judge_line(line: &SlaLine, before: &PhaseData, after: &PhaseData) -> SlaResult {
    let (before, after) =
        (before.latency().percentile(line.permille()), after.latency().percentile(line.permille()));
    let met = after.is_some_and(|after| after <= line.limit());
    SlaResult {
        metric: line.metric.clone(),
        limit_ms: line.limit().as_millis(),
        before_ms: before.map(Micros::as_millis),
        after_ms: after.map(Micros::as_millis),
        verdict: if met { Verdict::Met } else { Verdict::Missed },
    }
}

/// Met only if every line is, no answer differs, and every planned request of both phases was
/// sent: a run that was cut short proves nothing, whoever cut it.
pub(super) fn overall(
    sla: &[SlaResult],
    quality: &Quality,
    before: &PhaseData,
    after: &PhaseData,
) -> Verdict {
    let lines = sla.iter().all(|line| line.verdict == Verdict::Met);
    let complete = before.unsent() == 0 && after.unsent() == 0;
    if lines && quality.different == 0 && complete { Verdict::Met } else { Verdict::Missed }
}

/// What the command exits with: an interruption first, then a run that failed, then the verdict.
pub(super) fn exit_code(
    verdict: Verdict,
    before: &PhaseData,
    after: &PhaseData,
    interrupted: Option<u8>,
) -> u8 {
    match interrupted {
        Some(code) => code,
        None if before.succeeded() == 0 || after.succeeded() == 0 => FAILED,
        None if verdict == Verdict::Missed => MISSED,
        None => 0,
    }
}
