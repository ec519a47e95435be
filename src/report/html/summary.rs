//! Four questions that whoever opens the page has, each with its answer.

use maud::{Markup, html};

use super::figure::{NumberForm, capital, count, derived, figure, interval, metric_name};
use super::story::saturated;
use super::verdict::{limit_of, unit_of, unsent, value, was_judged};
use super::{Html, aa, changes, errors, middle, opening, parts, trust};
use crate::analyze::{Cause, Comparison, NoResult, PhaseAnalysis, SlaResult, Verdict};
use crate::model::{Exit, RunEnd};
use crate::report::words::{before_keeps, sign, why_no_result};
use crate::stats::rounded;

/// Causes that are named here.
const NAMED: usize = 2;
/// Of the time of the slowest: a smaller part is not named.
const WORTH_BLAMING: f64 = 0.05;
/// Lines of the SLA that are named here.
const LINES: usize = 4;

/// The four answers.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    html! {
        section.answers aria-label="In short" {
            @match &comparison.aa {
                Some(found) => article { h2 { "Do the phases differ?" } (aa::differ(comparison, found)) },
                None => article { h2 { "Was the SLA met?" } (met(comparison)) },
            }
            article { h2 { "Why was it slow?" } (why(comparison, page)) }
            @if is_explained(comparison, page) { article { h2 { "What fixed it?" } (fixed(comparison, page)) } }
            article { h2 { "Can I trust it?" } (trust::checks(comparison, page)) }
        }
    }
}

/// Whether what one phase has over the other is explained: not where both send alike, nor where another tool sent one.
fn is_explained(comparison: &Comparison, page: &Html<'_>) -> bool {
    comparison.aa.is_none() && page.conditions.before_log.is_none()
}

fn met(comparison: &Comparison) -> Markup {
    let judged = was_judged(comparison);
    let no = judged && comparison.verdict == Verdict::Missed && missed(comparison).next().is_none();
    html! {
        @if no {
            p { strong.no { "No." } " Every line is kept, and still the run counts as missed: " (otherwise(comparison)) "." }
        }
        @for (at, line) in comparison.sla.iter().enumerate().take(LINES) { p { (sla_line(line, at, judged, no)) } }
        @if comparison.sla.len() > LINES { p { "and " (comparison.sla.len() - LINES) " more lines, in the table" } }
        @if let Some(script) = &comparison.baseline_script {
            @if script.requests == 0 { p { "The given load test, run unmodified, left no row in its log." } }
            @else { p { "The given load test itself, run unmodified and so without the optimisation, reports P95 "
                (figure(script.latency_ms.p95, "comparison:/baseline_script/latency_ms/p95", NumberForm::Plain)) " ms." } }
        }
        p { "Exit code " (count(u64::from(comparison.exit.code()), "comparison:/exit_code"))
            (if comparison.exit == Exit::Success { ": a pipeline that asks for this SLA passes." } else { ": a pipeline that asks for this SLA stops." }) }
    }
}

/// The lines that are missed, with their places.
fn missed(comparison: &Comparison) -> impl Iterator<Item = (usize, &SlaResult)> {
    comparison.sla.iter().enumerate().filter(|(_, line)| line.verdict == Verdict::Missed)
}

/// What makes a run missed that keeps every line.
fn otherwise(comparison: &Comparison) -> Markup {
    let differ = comparison.quality.degraded;
    html! {
        @if differ { "answers are worse" }
        @if let Some(unsent) = unsent(comparison) { @if differ { ", and " } (unsent) }
    }
}

/// `P95 ≤ 800 ms`.
fn wanted(line: &SlaResult, at: usize) -> Markup {
    html! {
        (capital(&metric_name(line.metric))) " " (sign(line.metric)) " "
        (figure(Some(line.limit), &format!("comparison:/sla/{at}/limit"), limit_of(line))) (unit_of(line).1)
    }
}

fn sla_line(line: &SlaResult, at: usize, judged: bool, no: bool) -> Markup {
    let (written, unit) = unit_of(line);
    let part = |name: &str| format!("comparison:/sla/{at}/{name}");
    let (word, class) = match line.verdict {
        _ if !judged => ("Not judged", "dim"),
        // The question was whether the SLA was met, and the answer may be no for another reason.
        Verdict::Met if no => ("Kept", "dim"),
        Verdict::Met => ("Yes", "yes"),
        Verdict::Missed => ("No", "no"),
    };
    let before = match before_keeps(line) {
        _ if !judged => ".",
        true => " (met too).",
        false => " (missed).",
    };
    html! {
        strong.(class) { (word) "." } " "
        (wanted(line, at)) ": after "
        (value(line.after, &part("after"), written, unit)) " "
        @match line.no_result {
            Some(why) => { "(" (why_no_result(why)) ")" }
            None => { (interval(line.after_ci95, &part("after_ci95"), written)) }
        }
        ", before " (value(line.before, &part("before"), written, unit))
        (before)
    }
}

/// What failed, where so much did that there is nothing else to say.
fn what_failed(comparison: &Comparison, page: &Html<'_>) -> Markup {
    html! {
        @for (phase, summary) in comparison.phases.both().into_iter().filter(|(_, summary)| summary.mostly_failed()) {
            p { strong.no { "Not slow: failed. " } "Of the " (phase) " phase "
                (count(summary.failed, &format!("comparison:/phases/{phase}/failed"))) " requests failed, and "
                (count(summary.succeeded, &format!("comparison:/phases/{phase}/succeeded"))) " succeeded: nothing is explained." }
            (errors::said(phase, page))
        }
        p.dim { "What to do about each stands among the " a href="#caveats" { "caveats" } "." }
    }
}

fn why(comparison: &Comparison, page: &Html<'_>) -> Markup {
    if comparison.phases.mostly_failed() {
        return what_failed(comparison, page);
    }
    let before = &page.analysis.phases.before;
    let full = saturated(before).is_some() || parts::median_misses(comparison).is_some();
    let lost = before
        .causes
        .iter()
        .enumerate()
        .filter_map(|(at, cause)| Some((at, cause, cause.share_of_slowest_lost?)));
    let mut parts: Vec<(Cause, f64)> =
        before.tail.causes.0.iter().filter_map(|(cause, part)| Some((*cause, part.share?))).collect();
    parts.sort_by(|one, other| other.1.total_cmp(&one.1));
    let parts: Vec<_> = parts.into_iter().filter(|(_, share)| *share >= WORTH_BLAMING).take(NAMED).collect();
    html! {
        @for (at, cause, share) in lost {
            p { "Of the slowest 5 % of all planned requests "
                (figure(Some(share), &format!("analysis:/phases/before/causes/{at}/share_of_slowest_lost"), NumberForm::Percent))
                " have no answer: " strong { (cause.lost_to()) } "." }
        }
        @if comparison.phases.before.overloaded() {
            p { strong.no { "More came than it could answer. " } "How long requests wait, and how much of that is whose, grows with the length of the run." }
        }
        @if parts.is_empty() { p { "Nothing can be said: no request of the before phase succeeded." } }
        @else {
            (the_middle(comparison, before))
            p {
                (if full { "On top of that the slowest 5 % take " } else { "The slowest 5 % take " })
                (figure(before.tail.mean_ms, "analysis:/phases/before/tail/mean_ms", NumberForm::Plain)) " ms on average"
                @if !full { ", the middle (P45 to P55) " (middle::whole_ms(before)) }
                (if full { ". Of that " } else { ". Of the time of the slowest " })
                @for (place, (cause, share)) in parts.iter().enumerate() {
                    @if place > 0 { " and " }
                    (figure(Some(*share), &format!("analysis:/phases/before/tail/causes/{}/share", cause.name()), NumberForm::Percent))
                    " is " strong { (cause.words()) }
                }
                "."
            }
            @if page.conditions.arrival.is_none() && page.conditions.before_log.is_none() { (opening::note(page.drawn[0].opening, page.conditions.workers)) }
            p.dim { @if is_explained(comparison, page) { a href="#story" { "Evidence and remedies" } " · " } a href="#glossary" { "what the words mean" } }
        }
    }
}

/// Why the middle is slow, where it is: no tail is needed then to miss the limit.
fn the_middle(comparison: &Comparison, before: &PhaseAnalysis) -> Markup {
    let misses = parts::median_misses(comparison);
    let full = saturated(before).is_some();
    html! {
        @if full || misses.is_some() {
            p {
                @match (misses, full) {
                    (Some(misses), true) => { strong { "The server is full: " } (misses) ", so lost packets alone are not why. " }
                    (Some(misses), false) => { strong { "Not only the tail: " } (misses) ". " }
                    (None, _) => { strong { "The server is full. " } }
                }
                "The middle of the requests (P45 to P55) takes " (middle::whole_ms(before)) " on average: " (middle::parts(before)) "."
            }
        }
    }
}

fn fixed(comparison: &Comparison, page: &Html<'_>) -> Markup {
    if !was_judged(comparison) {
        let why = if comparison.end == RunEnd::Failed {
            "a phase has no answer at all"
        } else {
            "the run was stopped"
        };
        return html! { p { "Nothing is proven: " (why) "." } };
    }
    if comparison.phases.mostly_failed() {
        return html! { p { "Nothing is proven: nearly all requests of a phase failed." } };
    }
    html! { (not_fixed(comparison)) (bought(comparison, page)) }
}

/// That the SLA is missed still, and by how much.
fn not_fixed(comparison: &Comparison) -> Markup {
    if comparison.verdict == Verdict::Met {
        return html! {};
    }
    let lines: Vec<_> = missed(comparison).take(LINES).collect();
    let verdict = if comparison.sla.iter().all(before_keeps) {
        "There was nothing to fix: before keeps the SLA. The change made it worse"
    } else {
        "The SLA is still missed"
    };
    html! {
        p {
            strong.no { (verdict) }
            @if lines.is_empty() { ": " (otherwise(comparison)) }
            @for (place, (at, line)) in lines.into_iter().enumerate() {
                (if place == 0 { ": after misses " } else { ", and " }) (wanted(line, at)) " " (by(line, at))
            }
            "."
        }
    }
}

/// How far beyond its limit a missed line is.
fn by(line: &SlaResult, at: usize) -> Markup {
    let [after, limit] = ["after", "limit"].map(|name| format!("comparison:/sla/{at}/{name}"));
    if let Some(why) = line.no_result {
        return html! { "because " (if why == NoResult::Overloaded { "it " } else { "" }) (why_no_result(why)) };
    }
    let Some(value) = line.after else { return html! { "for want of an answer at that rank" } };
    let (written, unit) = unit_of(line);
    let (beyond, of) = if line.metric.has_least() {
        (line.limit - value, [limit.as_str(), "-", after.as_str()])
    } else {
        (value - line.limit, [after.as_str(), "-", limit.as_str()])
    };
    html! { "by " (derived(Some(rounded(beyond, 6)), of, written)) (unit) }
}

/// What the after phase bought, whether or not that is enough.
fn bought(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    let difference = &comparison.difference.p95;
    let Some(ratio) = difference.ratio else {
        let why = match comparison.phases.overloaded() {
            true => {
                "more came than a phase could answer, so that its latency grows with the length of the run"
            }
            false => "one of the phases has no answer at P95",
        };
        return html! { p { "Nothing can be said of how latency changed: " (why) "; " (rates(comparison)) "." } };
    };
    // On the scale on which it is judged whether there is a gain.
    let interval =
        interval(difference.ci95_ratio, "comparison:/difference/p95/ci95_ratio", NumberForm::Percent);
    let needless = comparison.verdict == Verdict::Met && comparison.sla.iter().all(before_keeps);
    let (after, before) = (&conditions.after, &conditions.before);
    html! {
        (parts::credit(comparison, page))
        p {
            @if needless { "There was nothing to fix: the before phase keeps the SLA too. " }
            @if ratio < 1.0 { "With " strong { (after) } " in place of " strong { (before) } ", P95 changes by " }
            @else { "Nothing: " strong { (after) } " is no faster than " strong { (before) } ". P95 changes by " }
            (figure(difference.ms, "comparison:/difference/p95/ms", NumberForm::Signed)) " ms, to "
            (figure(Some(ratio), "comparison:/difference/p95/ratio", NumberForm::Percent)) " of what it was " (interval) "; " (rates(comparison)) "."
        }
        (changes::of_causes(page))
    }
}

fn rates(comparison: &Comparison) -> Markup {
    let rate = |phase: &str, value| {
        figure(value, &format!("comparison:/phases/{phase}/throughput_rps"), NumberForm::Plain)
    };
    html! {
        "answers a second from " (rate("before", comparison.phases.before.throughput_rps))
        " to " (rate("after", comparison.phases.after.throughput_rps))
    }
}
