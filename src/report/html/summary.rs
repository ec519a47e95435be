//! Four questions that whoever opens the page has, each with its answer.

use maud::{Markup, html};

use super::figure::{Written, capital, count, figure, grouped, interval, metric_name};
use super::story::saturated;
use super::verdict::{limit_of, unit_of, value};
use super::{Html, middle, opening, palette, parts, trust};
use crate::analyze::{Cause, Comparison, Part, PhaseAnalysis, SlaResult, Table, Verdict};
use crate::report::words::before_keeps;

/// Causes that are named here.
const NAMED: usize = 2;
/// Causes that went away that are named here.
const GONE: usize = 4;
/// Of the mean latency before: a smaller change is not named.
const WORTH_NAMING: f64 = 0.02;
/// Of the time of the slowest: a smaller part is not named.
const WORTH_BLAMING: f64 = 0.05;
/// Lines of the SLA that are named here.
const LINES: usize = 4;

/// The four answers.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    html! {
        section.answers aria-label="In short" {
            article { h2 { "Was the SLA met?" } (met(comparison)) }
            article { h2 { "Why was it slow?" } (why(comparison, page)) }
            article { h2 { "What fixed it?" } (fixed(comparison, page)) }
            article { h2 { "Can I trust it?" } (trust::checks(comparison, page)) }
        }
    }
}

fn met(comparison: &Comparison) -> Markup {
    html! {
        @for (at, line) in comparison.sla.iter().enumerate().take(LINES) { p { (sla_line(line, at)) } }
        @if comparison.sla.len() > LINES { p { "and " (comparison.sla.len() - LINES) " more lines, in the table" } }
        @if let Some(script) = &comparison.baseline_script {
            p { "The given load test itself, run unmodified, reports P95 "
                (figure(script.latency_ms.p95, "comparison:/baseline_script/latency_ms/p95", Written::Plain)) " ms." }
        }
        p { "Exit code " (count(u64::from(comparison.exit_code), "comparison:/exit_code"))
            (if comparison.exit_code == 0 { ": a pipeline that asks for this SLA passes." } else { ": a pipeline that asks for this SLA stops." }) }
        @if comparison.verdict == Verdict::Missed && comparison.sla.iter().all(|line| line.verdict == Verdict::Met) {
            p { "Every line is kept, and still the run counts as missed: " (otherwise(comparison)) "." }
        }
    }
}

/// What makes a run missed that keeps every line.
fn otherwise(comparison: &Comparison) -> &'static str {
    if comparison.quality.different > 0 { "answers differ" } else { "planned requests were never sent" }
}

fn sla_line(line: &SlaResult, at: usize) -> Markup {
    let (written, unit) = unit_of(line);
    let part = |name: &str| format!("comparison:/sla/{at}/{name}");
    let (word, class) = if line.verdict == Verdict::Met { ("Yes", "yes") } else { ("No", "no") };
    let sign = if line.metric == "throughput" { " ≥ " } else { " ≤ " };
    html! {
        strong.(class) { (word) "." } " "
        (capital(&metric_name(&line.metric))) (sign) (figure(Some(line.limit), &part("limit"), limit_of(line))) (unit) ": after "
        (value(line.after, &part("after"), written, unit)) " " (interval(line.after_ci95, &part("after_ci95"), written))
        ", before " (value(line.before, &part("before"), written, unit))
        (if before_keeps(line) { " (met too)." } else { " (missed)." })
    }
}

fn why(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let before = &page.analysis.phases.before;
    let full = saturated(before).is_some() || parts::median_misses(comparison).is_some();
    let lost = before
        .causes
        .iter()
        .enumerate()
        .filter_map(|(at, cause)| Some((at, cause, cause.share_of_slowest_lost?)));
    let mut parts: Vec<(&str, f64)> =
        before.tail.causes.0.iter().filter_map(|(name, part)| Some((*name, part.share?))).collect();
    parts.sort_by(|one, other| other.1.total_cmp(&one.1));
    let parts = parts.into_iter().filter(|(_, share)| *share >= WORTH_BLAMING).take(NAMED);
    let parts: Vec<_> =
        parts.filter_map(|(name, share)| Some((palette::cause_named(name)?, share))).collect();
    html! {
        @for (at, cause, share) in lost {
            p { "Of the slowest 5 % of all planned requests "
                (figure(Some(share), &format!("analysis:/phases/before/causes/{at}/share_of_slowest_lost"), Written::Percent))
                " have no answer: " strong { (cause.cause.words()) } "." }
        }
        @if parts.is_empty() { p { "Nothing can be said: no request of the before phase succeeded." } }
        @else {
            (the_middle(comparison, before))
            p {
                (if full { "On top of that the slowest 5 % take " } else { "The slowest 5 % take " })
                (figure(before.tail.mean_ms, "analysis:/phases/before/tail/mean_ms", Written::Plain)) " ms on average, the middle "
                (figure(before.tail.middle_mean_ms, "analysis:/phases/before/tail/middle_mean_ms", Written::Plain)) " ms. Of the time of the slowest, "
                @for (place, (cause, share)) in parts.iter().enumerate() {
                    @if place > 0 { " and " }
                    (figure(Some(*share), &format!("analysis:/phases/before/tail/causes/{}/share", cause.name()), Written::Percent))
                    " is " strong { (cause.words()) }
                }
                "."
            }
            (opening::note(&page.drawn[0], page.conditions.workers))
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
                "Of the middle’s " (middle::whole_ms(before)) ", " (middle::parts(before)) "."
            }
        }
    }
}

fn fixed(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    let difference = &comparison.difference.p95;
    let Some(ratio) = difference.ratio else {
        return html! { p { "Nothing can be said: one of the phases has no answer at P95." } };
    };
    let interval = interval(difference.ci95_ms, "comparison:/difference/p95/ci95_ms", Written::Signed);
    let (after, before) = (&conditions.after, &conditions.before);
    html! {
        (parts::credit(comparison, page))
        p {
            @if comparison.sla.iter().all(before_keeps) { "There was nothing to fix: the before phase keeps the SLA too. " }
            @if ratio < 1.0 { "With " strong { (after) } " in place of " strong { (before) } ", P95 changes by " }
            @else { "Nothing: " strong { (after) } " is no faster than " strong { (before) } ". P95 changes by " }
            (figure(difference.ms, "comparison:/difference/p95/ms", Written::Signed)) " ms " (interval)
            ", to " (figure(Some(ratio), "comparison:/difference/p95/ratio", Written::Percent)) " of what it was; " (rates(comparison)) "."
        }
        (gone(page))
    }
}

/// The causes whose part of a mean request shrank most, and the one that grew most.
fn gone(page: &Html<'_>) -> Markup {
    let phases = &page.analysis.phases;
    let part = |table: &Table<Part>, cause: &Cause| table.get(cause.name()).map_or(0.0, |part| part.mean_ms);
    let change = |cause: Cause| {
        let (before, after) = (&phases.before.causes_of_all, &phases.after.causes_of_all);
        (part(after, &cause) - part(before, &cause), cause)
    };
    let mut changes: Vec<(f64, Cause)> = Cause::ALL.into_iter().map(change).collect();
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let worth = phases.before.mean_ms.unwrap_or(0.0) * WORTH_NAMING;
    let less: Vec<_> = changes.iter().filter(|(ms, _)| *ms < -worth).take(GONE).collect();
    let more = changes.last().filter(|(ms, _)| *ms > worth);
    html! {
        @if !less.is_empty() {
            p { "Change of a request’s mean time, in ms:" }
            ul.change {
                @for (ms, cause) in &less { li { b { (grouped(*ms, 1, true)) "" } " " (cause.words()) } }
                @if let Some((ms, cause)) = more { li {
                    b { (grouped(*ms, 1, true)) "" } " " (cause.words())
                    @if *cause == Cause::Compute && page.drawn[1].largest_call() > page.drawn[0].largest_call() { ": each request in a batch is charged its whole call" }
                } }
            }
        }
    }
}

fn rates(comparison: &Comparison) -> Markup {
    let rate = |phase: &str, value| {
        figure(value, &format!("comparison:/phases/{phase}/throughput_rps"), Written::Plain)
    };
    html! {
        "answers a second from " (rate("before", comparison.phases.before.throughput_rps))
        " to " (rate("after", comparison.phases.after.throughput_rps))
    }
}
