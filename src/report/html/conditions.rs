//! What shows that both phases were alike.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::Html;
use super::drawn::{Calls, Drawn};
use super::figure::{count, grouped, plain_ms};
use crate::analyze::{Calibration, Comparison, Way, WorkBasis};
use crate::model::Phase;
use crate::report::way::ways;

/// Plan, payloads, counts, service time.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    html! {
        section aria-labelledby="conditions" {
            h2 #conditions { "Were both phases alike?" }
            p.how { "Each line is a condition that must be the same before and after, and what was seen of it." }
            ul.checks { (plan(comparison, page)) (payloads(page)) (answered(comparison)) (connected(page)) (warmup(page)) (idle_calls(page)) (idle_bodies(page)) (server_times(page)) }
            (counts(comparison))
            (service_time(page))
        }
    }
}

fn plan(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    let order: Vec<String> =
        conditions.order.iter().map(|(phase, repetition)| format!("{} {repetition}", phase.name())).collect();
    if let Some(log) = &conditions.before_log {
        return html! {
            li.bad { "The before phase is the log of another tool, " code { (log.import.file) } " (" (log.import.format) ", " (log.requests)
                " requests): what it sent, when and from where is not known. Its latency counts " (log.import.equivalence.span()) " ("
                (log.import.equivalence.latency) "); failures: " (log.import.equivalence.failures) "." }
            li.good { "The after phase: " (conditions.requests) " requests in each of " (conditions.repetitions) " repetitions, " (conditions.load())
                ", digest of its plan " code { (comparison.plan_digest) } "." }
        };
    }
    html! {
        li.good { "One plan for both: " (conditions.requests) " requests, " (conditions.load()) @if conditions.think_ms > 0 { ", each of whom waits " (conditions.think_ms) " ms after an answer" } ", digest " code { (comparison.plan_digest) } "." }
        @if !order.is_empty() { li.good { "In turn, each against a freshly started server where the server is the mock of this tool: " (order.join(", ")) "." } }
    }
}

fn payloads(page: &Html<'_>) -> Markup {
    let Some(payloads) = page.conditions.payloads else {
        let why = if page.conditions.before_log.is_some() {
            "another tool sent the before phase"
        } else {
            "it is not the mock of this tool, or the run ended early"
        };
        return html! { li.unknown { "What the server received is not known: " (why) "." } };
    };
    let line = |who: &str, equal: bool| {
        html! {
            li.(if equal { "good" } else { "bad" }) {
                "The server received " @if equal { "exactly" } @else { strong { "not" } } " the plan's " (payloads.plan) " distinct payloads from " (who) ", by its own log."
            }
        }
    };
    html! {
        (line("the before phase", payloads.before)) (line("the after phase", payloads.after))
        @if let Some(script) = payloads.script { (line("the given load test", script)) }
    }
}

fn answered(comparison: &Comparison) -> Markup {
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let alike = before.succeeded == after.succeeded && before.failed == after.failed;
    html! { li.(if alike { "good" } else { "bad" }) {
        @if alike { "As many requests succeeded and failed before as after; whether their answers are the same stands above." }
        @else { "Not as many requests succeeded or failed before as after." }
    } }
}

/// Where connections led, and how.
fn connected(page: &Html<'_>) -> Markup {
    let [before, after] = [Phase::Before, Phase::After].map(|phase| &page.analysis.phases.of(phase).ways);
    let peers = |ways: &[Way]| ways.iter().map(|way| way.peer.clone()).collect::<BTreeSet<_>>();
    html! {
        @if let (Some(way_before), Some(way_after)) = (ways(before), ways(after)) {
            li.(if peers(before) == peers(after) { "good" } else { "bad" }) {
                "Connections: before " (way_before) "; after " (way_after) "."
            }
        }
    }
}

/// The same calls to the idle server beside both phases: where the phases send calls of unequal size, only these show that
/// the same work took the same time.
fn idle_calls(page: &Html<'_>) -> Markup {
    let Some(found) = page.conditions.idle_calls else {
        return html! { li.unknown { "No single call to the idle server was made beside both phases, or its log is gone." } };
    };
    let class = match found.alike {
        Some(true) => "good",
        Some(false) => "bad",
        None => "unknown",
    };
    let what = if found.basis == WorkBasis::CallWait {
        "wait on a warm connection"
    } else {
        "compute, as the server says,"
    };
    let [before, after] = found.mean_ms.map(|ms| grouped(ms, 2, false));
    html! {
        li.(class) {
            "Single calls to the idle server, beside each repetition: mean " (what) " " (before) " ms before (" (found.calls[0])
            " calls) and " (after) " ms after (" (found.calls[1]) " calls)"
            @match found.alike {
                Some(true) => ": equal work took equal time.",
                Some(false) => { ": equal work did " strong { "not" } " take equal time." }
                None => "; too few to judge.",
            }
        }
    }
}

/// What was sent so that no phase meets a cold server.
fn warmup(page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    let when = if conditions.embedded {
        "before each repetition, for each has a fresh mock"
    } else {
        "once, before all that is measured"
    };
    html! {
        @match &conditions.warmup {
            Some(sent) => li.(if sent.cut { "unknown" } else { "good" }) {
                "Warm-up (" (sent.asked) "), logged apart and never judged: " (sent.bodies) " distinct bodies of the plan, "
                (sent.strategy) ", " (when) "."
                @if sent.cut { " Some bodies of the plan were left out, for there are too many or it took too long." }
            }
            None if !conditions.embedded => li.unknown { "No warm-up was sent: the first repetition met the server as it was." }
            None => {}
        }
    }
}

/// Whether a cache could know what the calls to the idle server carried.
fn idle_bodies(page: &Html<'_>) -> Markup {
    let Some(bodies) = page.conditions.idle_bodies else { return html! {} };
    html! {
        @if bodies.are_fresh() { li.good { "Each call to the idle server carried a body of its own that no phase sends, so that no cache could know it." } }
        @else { li.unknown {
            "The calls to the idle server repeat bodies: " (bodies.needed) " need one, and load.payloads has " (bodies.unknown)
            " that no phase sends. A server that caches may have answered them faster than new ones, so what a call costs is then too little."
        } }
    }
}

fn server_times(page: &Html<'_>) -> Markup {
    let from = &page.conditions.server_times;
    html! { @if !from.is_empty() { li.good { "Server times from: " (from) "." } } }
}

fn counts(comparison: &Comparison) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Counts" {
            table.cells {
                caption { "Requests; planned = succeeded + failed + unsent" }
                thead { tr { th scope="col" { "phase" } @for name in ["planned", "succeeded", "failed", "unsent"] { th scope="col" { (name) } } } }
                tbody { @for (name, phase) in comparison.phases.both() { tr {
                    th scope="row" { (name) }
                    @for (key, value) in [("planned", phase.planned), ("succeeded", phase.succeeded), ("failed", phase.failed), ("unsent", phase.unsent)] {
                        td.n data-label=(key) { (count(value, &format!("comparison:/phases/{name}/{key}"))) }
                    }
                } } }
            }
        }
    }
}

/// The server's own compute time by the size of a call: the same size must cost the same in both phases.
fn service_time(page: &Html<'_>) -> Markup {
    let sizes: BTreeSet<u32> = page.drawn.iter().flat_map(|drawn| drawn.calls.keys().copied()).collect();
    let told = page
        .drawn
        .iter()
        .flat_map(|drawn| drawn.calls.values())
        .any(|calls| calls.mean_compute_ms().is_some());
    if !told {
        return html! { p.none { "Service time: the server does not say how long it computes, or what it says cannot be true, so whether it worked alike is not known." } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Service time" {
            table.cells {
                caption { "Service time: what the server says it computed, mean of a call in milliseconds, by requests in the call; beside it what the idle server would take by the calibration, with its 95 % interval" }
                thead { tr { th scope="col" { "requests in a call" } th scope="col" { "idle server" }
                    @for phase in ["before", "after"] { th scope="col" { (phase) } th scope="col" { "calls " (phase) } } } }
                tbody { @for size in sizes { tr {
                    th scope="row" data-unit=" in a call" { (size) }
                    td.n data-label="idle server" { (expected(page.analysis.calibration.as_ref(), size)) }
                    @for (phase, drawn) in ["before", "after"].into_iter().zip(page.drawn) { (calls(phase, drawn, size)) }
                } } }
            }
        }
    }
}

fn calls(phase: &str, drawn: &Drawn, size: u32) -> Markup {
    let calls = drawn.calls.get(&size);
    let mean = calls.and_then(Calls::mean_compute_ms);
    html! {
        td.n data-label=(phase) { (mean.map_or("–".into(), plain_ms)) }
        td.n data-label=(format!("calls {phase}")) { (calls.map_or("–".into(), |calls| grouped(calls.requests as f64 / f64::from(size), 0, false))) }
    }
}

/// A call's fixed cost and its items', with both ends of what the items' interval allows.
fn expected(calibration: Option<&Calibration>, size: u32) -> Markup {
    let cost = |item: f64| Some(calibration?.fixed_ms? + item * f64::from(size));
    let Some(mean) = calibration.and_then(|found| found.item_ms).and_then(cost) else {
        return html! { "–" };
    };
    let ends = calibration.and_then(|found| found.item_ci95_ms).and_then(|[lo, hi]| cost(lo).zip(cost(hi)));
    html! { (plain_ms(mean)) @if let Some((lo, hi)) = ends { " " span.ci { "[" (plain_ms(lo)) " – " (plain_ms(hi)) "]" } } }
}
