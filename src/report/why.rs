//! Why the slow requests are slow, and what met the SLA: a few lines of the closing summary, the same numbers as
//! `analysis.json`.

use super::credit::Credit;
use crate::analyze::{
    Analysis, AnalysisPhases, Cause, CauseFinding, Comparison, PhaseAnalysis, ReuseBuys, Saturation, Verdict,
};

/// Causes that are named on the screen.
const NAMED: usize = 2;
/// The after phase is explained too where its tail begins so many times later.
const MUCH_SLOWER: f64 = 1.1;
/// A smaller share is not named.
const WORTH_NAMING: f64 = 0.005;
const REMEDY: &str = "remedy";

/// At most three, a name and a text each, which take six lines of 100 characters; `after` is how the after phase sends.
pub fn why_slow(comparison: &Comparison, analysis: &Analysis, after: &str) -> Vec<(&'static str, String)> {
    if comparison.phases.mostly_failed() {
        return Vec::new();
    }
    // A line on P95 may be met where the SLA is not.
    let met = (comparison.verdict == Verdict::Met).then(|| Credit::of(comparison, analysis, after)).flatten();
    let credit = met.map(|credit| ("what met the SLA", credit.text()));
    let why = of_phases(&analysis.phases).into_iter();
    // What did help says more than what would.
    why.filter(|(name, _)| *name != REMEDY || credit.is_none()).chain(credit.clone()).collect()
}

/// Of the before phase, at most three; where the after phase is the slower one, what that one should do instead.
fn of_phases(phases: &AnalysisPhases) -> Vec<(&'static str, String)> {
    let [before, after] = [&phases.before, &phases.after].map(|phase| phase.tail.threshold_ms);
    let slower = before.zip(after).is_some_and(|(before, after)| after > before * MUCH_SLOWER);
    let before = why(&phases.before, "slowest 5 % before");
    if !slower {
        return before;
    }
    // As many lines: there is one screen.
    before.into_iter().take(1).chain(why(&phases.after, "slowest 5 % after").into_iter().take(2)).collect()
}

/// At most three, a name and a text each; none where nothing makes a tail.
fn why(phase: &PhaseAnalysis, name: &'static str) -> Vec<(&'static str, String)> {
    let named: Vec<&CauseFinding> = phase.causes.iter().filter(|cause| weighs(cause)).take(NAMED).collect();
    let Some(first) = named.first() else { return Vec::new() };
    let mut causes = named.iter().map(|cause| share(cause)).collect::<Vec<_>>().join(", ");
    // Else the reader adds them up and wonders.
    if named.iter().filter_map(|cause| cause.share_of_tail_excess).sum::<f64>() > 1.0 + WORTH_NAMING {
        causes.push_str(" (others are negative)");
    }
    let remedy = (!useless(phase, first.cause)).then(|| (REMEDY, first.remedy.clone()));
    [(name, causes)].into_iter().chain(remedy).chain(conclusion(phase)).collect()
}

/// Whether the next line calls the remedy useless: to keep connections, where that buys nothing. At a full server the
/// remedy of the accept queue is to batch.
fn useless(phase: &PhaseAnalysis, cause: Cause) -> bool {
    let nothing = phase.reuse.as_ref().is_some_and(|reuse| reuse.buys == ReuseBuys::Nothing);
    let full = phase.saturation.as_ref().is_some_and(|found| found.saturated == Some(true));
    nothing && (cause.comes_with_new_connections() || (cause == Cause::AcceptQueueWait && !full))
}

/// What the whole phase says of a remedy.
fn conclusion(phase: &PhaseAnalysis) -> Option<(&'static str, String)> {
    let reuse = phase.reuse.as_ref().map(|reuse| reuse.buys);
    let saturated = phase.saturation.as_ref().filter(|found| found.saturated == Some(true));
    let open = phase.utilisation.as_ref().filter(|found| found.saturated == Some(true));
    let of_open = open.map(|found| {
        format!("{:.1} requests/s come, {:.1} answers/s go", found.offered_rps, found.throughput_rps)
    });
    let law = saturated.map(|found| {
        let Saturation { callers, throughput_rps, callers_over_throughput_ms, .. } = found;
        format!("{callers} callers at {throughput_rps:.1} answers/s: mean {callers_over_throughput_ms:.0} ms")
    });
    match (reuse, law.or(of_open)) {
        (Some(ReuseBuys::Nothing), Some(law)) => {
            Some(("reuse buys nothing", format!("{law}, whatever their connections do")))
        }
        (Some(ReuseBuys::Nothing), None) => {
            Some(("reuse buys nothing", "connections take next to no time".into()))
        }
        (_, Some(law)) => Some(("saturated", format!("{law}; only more answers a call help"))),
        (_, None) => None,
    }
}

fn weighs(cause: &CauseFinding) -> bool {
    let time = cause.share_of_tail_excess.unwrap_or(0.0);
    time >= WORTH_NAMING || cause.share_of_slowest_lost.is_some()
}

fn share(cause: &CauseFinding) -> String {
    let words = cause.cause.words();
    match (cause.share_of_slowest_lost, cause.share_of_tail_excess) {
        (Some(lost), _) => format!("{:.0} % lost to {words}", lost * 100.0),
        (None, share) => format!("{:.0} % {words}", share.unwrap_or(0.0) * 100.0),
    }
}
