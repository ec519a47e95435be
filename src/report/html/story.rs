//! The story: each cause with its evidence, what it means, its remedy, and what the after phase bought.

use maud::{Markup, html};
use serde_json::Value;

use super::figure::{NumberForm, capital, figure};
use super::{Html, middle, palette, parts};
use crate::analyze::{CauseFinding, Comparison, PhaseAnalysis, Saturation};

/// A smaller share of the tail's excess is not worth a paragraph.
const WORTH_TELLING: f64 = 0.01;

/// The causes of the before phase, then capacity, then what is slow afterwards.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let (before, after) = (&page.analysis.phases.before, &page.analysis.phases.after);
    let told = named(&before.causes);
    let mut weighty = middle::weighty(before);
    weighty.retain(|(at, _)| told.iter().all(|(known, _)| known != at));
    if saturated(before).is_none() && parts::median_misses(comparison).is_none() {
        weighty.clear();
    }
    let rest: Vec<_> = before
        .causes
        .iter()
        .enumerate()
        .filter(|(at, _)| told.iter().chain(&weighty).all(|(known, _)| known != at))
        .collect();
    html! {
        section aria-labelledby="story" {
            h2 #story { "Why it was slow, and what changed" }
            p.how {
                "Ranked by what makes the slowest 5 % of the before phase slower than its middle (P45 to P55). Shares are signed and sum to "
                "100 %: one can exceed that where another is negative, because the slowest have less of it than the middle."
            }
            @if comparison.phases.overloaded() {
                p.note { "More came than a phase could answer: the shares of what waits grow with the length of the run, and are none of a steady state." }
            }
            @if told.is_empty() { p.none { "No cause stands out: there is no tail to explain, or too few samples." } }
            ol.story { @for (at, cause) in &told { (article(*at, cause, of_tail(*at, cause), before, after)) } }
            (capacity(comparison, page, &weighty))
            @if !rest.is_empty() {
                details {
                    summary { (rest.len()) " more causes with less than 1 %" }
                    ol.story { @for (at, cause) in rest { (article(at, cause, of_tail(at, cause), before, after)) } }
                }
            }
        }
    }
}

/// The causes worth telling, with their places in the file.
pub fn named(causes: &[CauseFinding]) -> Vec<(usize, &CauseFinding)> {
    let weighs = |cause: &CauseFinding| {
        cause.share_of_tail_excess.unwrap_or(0.0) >= WORTH_TELLING || cause.share_of_slowest_lost.is_some()
    };
    causes.iter().enumerate().filter(|(_, cause)| weighs(cause)).collect()
}

/// Whether the server had all the work it can do, in words.
fn server_load(phase: &PhaseAnalysis) -> Option<&str> {
    let closed = phase.saturation.as_ref().map(|found| found.explanation.as_str());
    closed.or(phase.utilisation.as_ref().map(|found| found.explanation.as_str()))
}

/// What Little's law says, where the server has all the work it can do.
pub fn saturated(phase: &PhaseAnalysis) -> Option<&Saturation> {
    phase.saturation.as_ref().filter(|found| found.saturated == Some(true))
}

/// How much of the slowest is the cause's.
fn of_tail(at: usize, cause: &CauseFinding) -> Markup {
    let from = format!("analysis:/phases/before/causes/{at}");
    html! {
        @match (cause.share_of_slowest_lost, cause.share_of_tail_excess) {
            (Some(lost), _) => { (figure(Some(lost), &format!("{from}/share_of_slowest_lost"), NumberForm::Percent)) " of the slowest are lost to it" }
            (None, Some(share)) => { (figure(Some(share), &format!("{from}/share_of_tail_excess"), NumberForm::Percent)) " of what makes the tail slow" }
            (None, None) => {}
        }
    }
}

/// How much of the middle is the cause's.
fn of_middle(at: usize, cause: &CauseFinding, before: &PhaseAnalysis) -> Markup {
    html! {
        (middle::part(at, cause)) " of the middle’s " (middle::whole_ms(before))
        @if cause.share_of_tail_excess.is_some() { "; " (of_tail(at, cause)) }
    }
}

fn article(
    at: usize,
    cause: &CauseFinding,
    weight: Markup,
    before: &PhaseAnalysis,
    after: &PhaseAnalysis,
) -> Markup {
    let from = format!("analysis:/phases/before/causes/{at}");
    html! {
            li.cause.(format!("edge-{}", cause.cause.name())) {
                h3 {
                    span.swatch.(palette::of_cause(cause.cause)) {}
                    (capital(cause.cause.words())) " "
                    span.weight {
    (weight)
                    }
                }
                p { (capital(&cause.explanation)) "." }
                dl {
                    div { dt { "Evidence" } dd { (evidence(&from, cause)) } }
                    div { dt { "Remedy" } dd { (capital(&cause.remedy)) "." } }
                    div { dt { "Before → after" } dd { (bought(cause, before, after)) } }
                }
            }
        }
}

fn evidence(from: &str, cause: &CauseFinding) -> Markup {
    let table = &cause.evidence;
    // `of_requests` stands behind `requests`.
    let alone = table
        .0
        .iter()
        .filter(|(name, _)| name.strip_prefix("of_").is_none_or(|base| table.named(base).is_none()));
    html! {
        ul.evidence { @for (name, value) in alone {
            li {
                (words(name)) " " b { (number(from, name, value)) }
                @let of = format!("of_{name}");
                @if let Some(all) = table.named(&of) { " of " (number(from, &of, all)) }
                @if name.ends_with("_ms") { " ms" }
            }
        } }
    }
}

fn number(from: &str, name: &str, value: &Value) -> Markup {
    let written = if name.ends_with("_ms") { NumberForm::Plain } else { NumberForm::Count };
    match value.as_f64() {
        Some(number) => figure(Some(number), &format!("{from}/evidence/{name}"), written),
        // Words of the file, without its quotes.
        None => html! { (value.as_str().map_or_else(|| value.to_string(), str::to_string)) },
    }
}

/// What a number of the evidence is.
fn words(name: &str) -> String {
    match name {
        "tail_requests" => "in the slowest 5 %".into(),
        "tail_mean_ms" => "mean in the slowest 5 %".into(),
        "middle_mean_ms" => "mean in the middle".into(),
        "total_ms" => "in all requests together".into(),
        other => other.strip_suffix("_ms").unwrap_or(other).replace('_', " "),
    }
}

/// The cause's part of the tail's mean and of all requests' mean, before and after.
fn bought(cause: &CauseFinding, before: &PhaseAnalysis, after: &PhaseAnalysis) -> Markup {
    let name = cause.cause.name();
    let part = |phase: &str, list: &str, value: Option<f64>| match value {
        Some(ms) => {
            figure(Some(ms), &format!("analysis:/phases/{phase}/{list}/{name}/mean_ms"), NumberForm::Plain)
        }
        None => html! { "0" },
    };
    let tail = |phase: &PhaseAnalysis| phase.tail.causes.get(cause.cause).map(|part| part.mean_ms);
    let all = |phase: &PhaseAnalysis| phase.causes_of_all.get(cause.cause).map(|part| part.mean_ms);
    html! {
        "of the slowest 5 %: " (part("before", "tail/causes", tail(before))) " → " strong { (part("after", "tail/causes", tail(after))) } " ms; "
        "of all requests: " (part("before", "causes_of_all", all(before))) " → " strong { (part("after", "causes_of_all", all(after))) } " ms on average"
    }
}

/// Little's law before and after, with what the middle is made of: what no connection can change.
fn capacity(comparison: &Comparison, page: &Html<'_>, weighty: &[(usize, &CauseFinding)]) -> Markup {
    let (before, after) = (&page.analysis.phases.before, &page.analysis.phases.after);
    let phases = [("before", before), ("after", after)];
    let known: Vec<_> =
        phases.into_iter().filter_map(|(name, phase)| Some((name, server_load(phase)?))).collect();
    if known.is_empty() && weighty.is_empty() {
        return html! {};
    }
    html! {
        div.capacity {
            h3 { "Why the middle is slow: capacity" }
            @for (name, found) in &known {
                p { strong { (capital(name)) } ": " (found) "." }
            }
            @if !known.is_empty() { (whole_rates(comparison)) }
            ol.story { @for (at, cause) in weighty { (article(*at, cause, of_middle(*at, cause, before), before, after)) } }
            @if let Some(reuse) = &before.reuse {
                p { strong { "What kept connections alone would buy" } ": " (reuse.explanation) "." (parts::alone_note(page)) }
            }
        }
    }
}

/// The other throughput on the page: it counts the stragglers' time, too.
fn whole_rates(comparison: &Comparison) -> Markup {
    let rate = |phase: &str, value| {
        figure(value, &format!("comparison:/phases/{phase}/throughput_rps"), NumberForm::Plain)
    };
    let phases = &comparison.phases;
    html! {
        p.how {
            "The table above has fewer: over whole repetitions, to the last straggler, it is " (rate("before", phases.before.throughput_rps)) " and "
            (rate("after", phases.after.throughput_rps)) " answers/s."
        }
    }
}
