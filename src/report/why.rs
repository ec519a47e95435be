//! Why the slow requests are slow, and what met the SLA: a few lines of the closing summary, the same numbers as
//! `analysis.json`.

use super::credit::Credit;
use crate::analyze::{
    Analysis, AnalysisPhases, Cause, CauseFinding, Comparison, PhaseAnalysis, ReuseBuys, Saturation, Verdict,
};

/// Lines about one phase.
const LINES: usize = 3;
/// Causes that are named on the screen.
const NAMED: usize = 2;
/// The after phase is explained too where its tail begins so many times later.
const MUCH_SLOWER: f64 = 1.1;
/// A smaller share is not named.
const WORTH_NAMING: f64 = 0.005;
const REMEDY: &str = "remedy";
const TAIL_BEFORE: &str = "slowest 5 % before";
const TAIL_AFTER: &str = "slowest 5 % after";
const GROWS: &str = "; the backlog grew, so of this length of the run alone";

/// At most three, a name and a text each, which take six lines of 100 characters; `after` is how the after phase sends.
pub fn why_slow(comparison: &Comparison, analysis: &Analysis, after: &str) -> Vec<(&'static str, String)> {
    if comparison.phases.mostly_failed() {
        return Vec::new();
    }
    // A line on P95 may be met where the SLA is not.
    let met = (comparison.verdict == Verdict::Met).then(|| Credit::of(comparison, analysis, after)).flatten();
    let credit = met.map(|credit| ("what met the SLA", credit.text()));
    let phases = &comparison.phases;
    let why = of_phases(&analysis.phases).into_iter().map(|(name, text)| match name {
        // How much of a tail is whose changes with the length of such a run.
        TAIL_BEFORE if phases.before.overloaded() => (name, text + GROWS),
        TAIL_AFTER if phases.after.overloaded() => (name, text + GROWS),
        _ => (name, text),
    });
    // What did help says more than what would.
    why.filter(|(name, _)| *name != REMEDY || credit.is_none()).chain(credit.clone()).collect()
}

/// Of the before phase, at most three; where the after phase is the slower one, what that one should do instead.
fn of_phases(phases: &AnalysisPhases) -> Vec<(&'static str, String)> {
    let [before, after] = [&phases.before, &phases.after].map(|phase| phase.tail.threshold_ms);
    let slower = before.zip(after).is_some_and(|(before, after)| after > before * MUCH_SLOWER);
    let before = why(&phases.before, [TAIL_BEFORE, "no answer before"]);
    if !slower {
        return before;
    }
    // As many lines: there is one screen.
    before
        .into_iter()
        .take(1)
        .chain(why(&phases.after, [TAIL_AFTER, "no answer after"]).into_iter().take(2))
        .collect()
}

/// At most three, a name and a text each; none where nothing makes a tail. The first name is that of the time of the slowest, the
/// other one of those that have none: shares of two wholes, which make no sum.
fn why(phase: &PhaseAnalysis, [time, none]: [&'static str; 2]) -> Vec<(&'static str, String)> {
    let causes = || phase.causes.iter().filter(|cause| weighs(cause));
    let even = phase.has_no_tail();
    let Some(first) = causes().find(|cause| is_lost(cause) || !even) else {
        let even = causes().next().map(|_| (time, hardly_slower(phase)));
        return even.into_iter().chain(conclusion(phase)).collect();
    };
    let lost = lost(phase).map(|text| (none, text));
    let time = if even { Some(hardly_slower(phase)) } else { slow(phase) }.map(|text| (time, text));
    let (one, other) = if is_lost(first) { (lost, time) } else { (time, lost) };
    let remedy = (!useless(phase, first.cause)).then(|| (REMEDY, first.remedy.clone()));
    let rest: Vec<_> = remedy.into_iter().chain(conclusion(phase)).collect();
    // What to do and what the server can do matter more than the second of both wholes.
    let other = other.filter(|_| 2 + rest.len() <= LINES);
    one.into_iter().chain(other).chain(rest).collect()
}

fn hardly_slower(phase: &PhaseAnalysis) -> String {
    let number = |ms: Option<f64>| ms.unwrap_or_default();
    let [mean, middle] = [phase.tail.mean_ms, phase.tail.middle_mean_ms].map(number);
    format!("hardly slower than the rest: {mean:.1} ms on average, {middle:.1} ms in the middle")
}

/// What takes the time of the slowest that have an answer.
fn slow(phase: &PhaseAnalysis) -> Option<String> {
    let share = |cause: &CauseFinding| cause.share_of_tail_excess.unwrap_or(0.0);
    let named = phase.causes.iter().filter(|cause| share(cause) >= WORTH_NAMING).take(NAMED);
    let named: Vec<&CauseFinding> = named.collect();
    let text = |cause: &&CauseFinding| format!("{:.0} % {}", share(cause) * 100.0, cause.cause.words());
    let mut causes = named.iter().map(text).collect::<Vec<_>>().join(", ");
    // Else the reader adds them up and wonders.
    if named.iter().map(|cause| share(cause)).sum::<f64>() > 1.0 + WORTH_NAMING {
        causes.push_str(" (others are negative)");
    }
    (!named.is_empty()).then_some(causes)
}

/// What became of the slowest that have none.
fn lost(phase: &PhaseAnalysis) -> Option<String> {
    let text = |cause: &CauseFinding| {
        Some(format!("{:.0} % lost to {}", cause.share_of_slowest_lost? * 100.0, cause.lost_to()))
    };
    let named: Vec<String> = phase.causes.iter().filter_map(text).take(NAMED).collect();
    (!named.is_empty()).then(|| format!("of the slowest 5 % {}", named.join(", ")))
}

fn is_lost(cause: &CauseFinding) -> bool {
    cause.share_of_slowest_lost.is_some()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{phase_of, sample};
    use crate::analyze::{ClientHealth, attribute};
    use crate::model::{ErrorKind, Sample};

    const NAMES: [&str; 2] = ["slowest", "no answer"];

    /// A hundred requests: their latencies in microseconds, and how and with which status some of them failed.
    fn lines(
        latency: impl Fn(u64) -> u64,
        failed: impl Fn(u64) -> Option<(ErrorKind, Option<u16>)>,
    ) -> Vec<(&'static str, String)> {
        let row = |seq| match failed(seq) {
            Some((error, status)) => Sample { error: Some(error), status, ..sample(seq, latency(seq)) },
            None => sample(seq, latency(seq)),
        };
        why(&attribute(&phase_of(100, (0..100).map(row)), &ClientHealth::default()), NAMES)
    }

    #[test]
    fn who_has_no_answer_stands_on_a_line_of_its_own() {
        let shed = |seq: u64| (seq >= 90).then_some((ErrorKind::Http5xx, Some(503)));
        let found = lines(|seq| 10_000 + seq * 1_000, shed);
        assert_eq!(found[0], ("no answer", "of the slowest 5 % 100 % lost to shedding (429, 503)".into()));
        assert_eq!(found[1], ("slowest", "100 % unexplained".into()), "a whole of its own");
        assert!(found[2].0 == REMEDY && found[2].1.contains("send less at once"), "{found:?}");
    }

    #[test]
    fn who_ran_out_of_time_is_lost_to_a_timeout() {
        let late = |seq: u64| (seq >= 90).then_some((ErrorKind::Timeout, None));
        let found = lines(|seq| 10_000 + seq * 1_000, late);
        assert_eq!(found[0].1, "of the slowest 5 % 100 % lost to timeouts");
        assert!(found.iter().any(|(name, text)| *name == REMEDY && text.contains("--timeout")), "{found:?}");
    }

    #[test]
    fn a_tail_that_is_none_has_no_causes_and_no_remedy() {
        let found = lines(|seq| 12_000 + seq * 10, |_| None);
        assert!(found[0].1.starts_with("hardly slower than the rest: 13.0 ms"), "{found:?}");
        assert!(found.iter().all(|(name, _)| *name != REMEDY), "{found:?}");
        let one_of_them = lines(|seq| if seq == 99 { 1_000_000 } else { 12_000 + seq * 10 }, |_| None);
        assert_eq!(one_of_them[0].1, "100 % unexplained", "though P95 lies as close to the middle");
    }
}
