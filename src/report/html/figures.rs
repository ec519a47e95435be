//! Before against after in tables, with intervals and the lines of the SLA.

use maud::{Markup, html};

use super::conditions_of_run::Conditions;
use super::figure::{NumberForm, capital, count, derived, figure, interval, metric_name, statistic_name};
use super::paired;
use super::spread;
use super::verdict::{limit_of, unit_of, was_judged};
use crate::analyze::validity::smallest_sample;
use crate::analyze::{
    Comparison, Confidence, Difference, LatencyMs, NoResult, OfferedLoad, PhaseSummary, SlaResult, Verdict,
};
use crate::model::{Phase, Statistic};
use crate::report::words::{before_keeps, lacks_interval, note, sign, why_no_result};
use crate::stats::Interval;

const DIFFERENCE: &str = "after − before";
const RATIO: &str = "after ÷ before";

/// SLA, figures, and what a tool that ignores waiting would say.
pub fn section(comparison: &Comparison, conditions: &Conditions) -> Markup {
    html! {
        section aria-labelledby="figures" {
            h2 #figures { "Before and after" }
            p.how {
                @if conditions.before_log.is_some() { "Latency is what both phases contain of it: see the caveats. A request without " }
                @else { "Latency counts from the instant a request was due to its last byte, over all planned requests; one without " }
                "an answer ranks slower than all others. In brackets: 95 % intervals, by " (comparison.interval_method) "."
            }
            (sla(comparison))
            (main_table(comparison))
            @if let Some(note) = note(comparison) { p.note { strong { "Overloaded. " } (capital(&note)) "." } }
            (spread::note(comparison))
            (script(comparison, conditions))
            (all_figures(comparison))
        }
    }
}

fn sla(comparison: &Comparison) -> Markup {
    let judged = was_judged(comparison);
    html! {
        div.scroll tabindex="0" role="region" aria-label="SLA" {
            table.sla.stack {
                caption { "The SLA, line by line" }
                thead { tr { th scope="col" { "line" } th scope="col" { "limit" } th scope="col" { "before" } th scope="col" { "after" }
                    th scope="col" { "95 % interval, after" } th scope="col" { "judged" } } }
                tbody { @for (at, line) in comparison.sla.iter().enumerate() {
                    @let (written, unit) = unit_of(line);
                    @let part = |name: &str| format!("comparison:/sla/{at}/{name}");
                    @let met = line.verdict == Verdict::Met;
                    tr {
                        th scope="row" { (capital(&metric_name(line.metric))) }
                        td.n data-label="limit" { (sign(line.metric)) " " (figure(Some(line.limit), &part("limit"), limit_of(line))) (unit) }
                        td.n data-label="before" { (figure(line.before, &part("before"), written)) (reason(line.before_no_result)) @if judged { " " (pill(before_keeps(line))) } }
                        td.n data-label="after" { strong { (figure(line.after, &part("after"), written)) } (reason(line.no_result)) @if judged { " " (pill(met)) } }
                        td.n data-label="95 % interval, after" { (interval(line.after_ci95, &part("after_ci95"), written)) }
                        td data-label="judged" { (judgement(line, judged)) }
                    }
                } }
            }
        }
    }
}

fn judgement(line: &SlaResult, judged: bool) -> &'static str {
    let lacks_interval = lacks_interval(line);
    match (line.verdict, line.confidence) {
        _ if !judged => "not judged: the run is not whole",
        (Verdict::Missed, _) if line.no_result.is_some() => "missed, the figure is no result",
        (Verdict::Met, Confidence::Clear) => "met, clear",
        (Verdict::Met, _) if lacks_interval => "met, too few requests for an interval",
        (Verdict::Missed, _) if lacks_interval => "missed, too few requests for an interval",
        (Verdict::Met, Confidence::Straddles) => "met, the interval does not settle it",
        (Verdict::Missed, Confidence::Clear) => "missed, clear",
        (Verdict::Missed, Confidence::Straddles) => "missed, the interval does not settle it",
    }
}

fn pill(met: bool) -> Markup {
    if met {
        html! { span.pill.yes { "✓ met" } }
    } else {
        html! { span.pill.no { "✗ missed" } }
    }
}

fn main_table(comparison: &Comparison) -> Markup {
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let [b, a] = [&before.latency_ci95_ms, &after.latency_ci95_ms];
    let difference = &comparison.difference;
    let rows = [
        (Statistic::P50, before.latency_ms.p50, b.p50, after.latency_ms.p50, a.p50, &difference.p50),
        (Statistic::P95, before.latency_ms.p95, b.p95, after.latency_ms.p95, a.p95, &difference.p95),
        (Statistic::P99, before.latency_ms.p99, b.p99, after.latency_ms.p99, a.p99, &difference.p99),
    ];
    let planned = before.planned.min(after.planned);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Before and after" {
            table.main.stack {
                caption { "Latency in milliseconds, and throughput" }
                thead { tr { th scope="col" { "" } th scope="col" { "before" } th scope="col" { "after" } th scope="col" { (DIFFERENCE) } th scope="col" { (RATIO) } } }
                tbody {
                    @for (one, before, of_before, after, of_after, difference) in rows {
                        tr {
                            th scope="row" { (capital(&statistic_name(one))) (few(one, planned)) }
                            (cell((Phase::Before, &comparison.phases.before), one, before, of_before))
                            (cell((Phase::After, &comparison.phases.after), one, after, of_after))
                            (differences(one, difference))
                        }
                    }
                    (plain_row(comparison, ("latency_ms", |phase| &phase.latency_ms), Statistic::Mean))
                    (plain_row(comparison, ("ttfb_ms", |phase| &phase.ttfb_ms), Statistic::P95))
                    (throughput(comparison))
                    (offered(comparison))
                    tr {
                        th scope="row" { "Succeeded of planned" }
                        @for (name, phase) in comparison.phases.both() { td.n data-label=(name) {
                            (count(phase.succeeded, &format!("comparison:/phases/{name}/succeeded"))) " of "
                            (count(phase.planned, &format!("comparison:/phases/{name}/planned")))
                        } }
                        td {} td {}
                    }
                }
            }
        }
    }
}

/// Why a figure is no result; nothing where it is one.
fn reason(why: Option<NoResult>) -> Markup {
    html! { @if let Some(why) = why { br; span.few { (why_no_result(why)) } } }
}

fn overloaded(phase: &PhaseSummary) -> Markup {
    reason(phase.overloaded().then_some(NoResult::Overloaded))
}

fn cell(
    (phase, summary): (Phase, &PhaseSummary),
    one: Statistic,
    value: Option<f64>,
    of: Option<Interval>,
) -> Markup {
    let from = format!("comparison:/phases/{phase}");
    html! {
        td.n data-label=(phase) {
            (figure(value, &format!("{from}/latency_ms/{one}"), NumberForm::Plain)) (overloaded(summary))
            @if !summary.overloaded() { br; (interval(of, &format!("{from}/latency_ci95_ms/{one}"), NumberForm::Plain)) }
        }
    }
}

fn differences(one: Statistic, difference: &Difference) -> Markup {
    let from = format!("comparison:/difference/{one}");
    html! {
        td.n data-label=(DIFFERENCE) { (figure(difference.ms, &format!("{from}/ms"), NumberForm::Signed)) br;
            (interval(difference.ci95_ms, &format!("{from}/ci95_ms"), NumberForm::Signed)) }
        td.n data-label=(RATIO) { (figure(difference.ratio, &format!("{from}/ratio"), NumberForm::Ratio)) br;
            (interval(difference.ci95_ratio, &format!("{from}/ci95_ratio"), NumberForm::Ratio)) }
    }
}

/// Says where a percentile rests on fewer requests than it needs to be known with 99 % confidence.
fn few(one: Statistic, planned: u64) -> Markup {
    let needed = one.percentile().map_or(0, smallest_sample);
    html! { @if planned < needed { br; span.few { "too few samples: " (planned) " of the " (needed) " it needs" } } }
}

/// A statistic of a time that has no interval; the time by its key and where it stands.
fn plain_row(
    comparison: &Comparison,
    (key, of): (&str, fn(&PhaseSummary) -> &LatencyMs),
    one: Statistic,
) -> Markup {
    let value = |phase: &PhaseSummary| {
        of(phase).named().into_iter().find(|(known, _)| *known == one).and_then(|(_, value)| value)
    };
    let phases = &comparison.phases;
    let (before, after) = (value(&phases.before), value(&phases.after));
    let Difference { ms, ratio, .. } = Difference::of(before, after.filter(|_| !phases.overloaded()));
    let from = |phase: &str| format!("comparison:/phases/{phase}/{key}/{one}");
    html! {
        tr {
            th scope="row" { @if key == "ttfb_ms" { "Time to first byte, " (statistic_name(one)) } @else { (capital(&statistic_name(one))) } }
            td.n data-label="before" { (figure(before, &from("before"), NumberForm::Plain)) (overloaded(&phases.before)) }
            td.n data-label="after" { (figure(after, &from("after"), NumberForm::Plain)) (overloaded(&phases.after)) }
            (derived_cells(&from("before"), &from("after"), ms, ratio))
        }
    }
}

/// The difference and the ratio of two figures that have none in the files.
fn derived_cells(before: &str, after: &str, difference: Option<f64>, ratio: Option<f64>) -> Markup {
    html! {
        td.n data-label=(DIFFERENCE) { (derived(difference, [after, "-", before], NumberForm::Signed)) }
        td.n data-label=(RATIO) { (derived(ratio, [after, "/", before], NumberForm::Ratio)) }
    }
}

fn throughput(comparison: &Comparison) -> Markup {
    let (before, after) = (comparison.phases.before.throughput_rps, comparison.phases.after.throughput_rps);
    let Difference { ms, ratio, .. } = Difference::of(before, after);
    let [of_before, of_after] =
        ["before", "after"].map(|phase| format!("comparison:/phases/{phase}/throughput_rps"));
    html! {
        tr {
            th scope="row" { "Answers a second" br; span.ci { "each repetition to its last answer" } }
            td.n data-label="before" { (figure(before, &of_before, NumberForm::Plain)) }
            td.n data-label="after" { (figure(after, &of_after, NumberForm::Plain)) }
            (derived_cells(&of_before, &of_after, ms, ratio))
        }
    }
}

/// What came, of a load whose arrivals do not wait, and how much of it waited.
fn offered(comparison: &Comparison) -> Markup {
    type Figure = fn(&OfferedLoad) -> Option<f64>;
    let rows: [(&str, &str, Figure); 4] = [
        ("Requests due a second", "offered_rps", |load| Some(load.offered_rps)),
        ("Successes a second meanwhile", "achieved_rps", |load| Some(load.achieved_rps)),
        ("Peak backlog, requests", "backlog_most", |load| Some(load.backlog_most as f64)),
        ("Backlog growth, requests/s", "backlog_growth_rps", |load| load.backlog_growth_rps),
    ];
    let Some((before, after)) = comparison.phases.before.load.zip(comparison.phases.after.load) else {
        return html! {};
    };
    html! {
        @for (name, key, value) in rows {
            @let [of_before, of_after] = ["before", "after"].map(|phase| format!("comparison:/phases/{phase}/load/{key}"));
            @let Difference { ms, ratio, .. } = Difference::of(value(&before), value(&after));
            tr {
                th scope="row" { (name) }
                td.n data-label="before" { (figure(value(&before), &of_before, NumberForm::Plain)) }
                td.n data-label="after" { (figure(value(&after), &of_after, NumberForm::Plain)) }
                (derived_cells(&of_before, &of_after, ms, ratio))
            }
        }
    }
}

/// The given load test's own figures beside those of its replica.
fn script(comparison: &Comparison, conditions: &Conditions) -> Markup {
    let Some(script) = comparison.baseline_script.as_ref().filter(|script| script.requests > 0) else {
        return html! {};
    };
    let value = |name: &str, value| {
        figure(value, &format!("comparison:/baseline_script/latency_ms/{name}"), NumberForm::Plain)
    };
    html! {
        p.note {
            "The given load test " code { (script.called()) } ", run unmodified against the same server"
            @if let Some(interpreter) = &conditions.interpreter { " with " (interpreter) }
            ", reports by its own clock P50 " (value("p50", script.latency_ms.p50)) ", P95 " (value("p95", script.latency_ms.p95))
            " and P99 " (value("p99", script.latency_ms.p99)) " ms over " (count(script.requests, "comparison:/baseline_script/requests"))
            " requests."
            @if let Some(log) = &script.log { " Its latency (" (log.format) ") counts " (log.latency) ": " (log.is) ". Failures: " (log.failures) "." }
            " The before phase is a replica of it that can be split into stages. The script is one run, before is "
            (conditions.repetitions) @if conditions.repetitions == 1 { " repetition" } @else { " repetitions" }
            ": P99 and what is slower rest on few requests and differ from run to run."
        }
    }
}

fn all_figures(comparison: &Comparison) -> Markup {
    let kinds: [(&str, &str); 4] = [
        ("latency_ms", "from due, all planned"),
        ("success_latency_ms", "from due, successes alone"),
        ("service_latency_ms", "without the client's queue"),
        ("ttfb_ms", "from due to the first byte"),
    ];
    let (before, after) = (&comparison.phases.before, &comparison.phases.after);
    let of = |kind: &str| match kind {
        "latency_ms" => [before.latency_ms.named(), after.latency_ms.named()],
        "success_latency_ms" => [before.success_latency_ms.named(), after.success_latency_ms.named()],
        "ttfb_ms" => [before.ttfb_ms.named(), after.ttfb_ms.named()],
        _ => [before.service_latency_ms.named(), after.service_latency_ms.named()],
    };
    html! {
        details {
            summary { "All figures, and each repetition" }
            div.scroll tabindex="0" role="region" aria-label="All figures" {
                table.pairwise {
                    caption { "Latency in milliseconds; " em { "without the client's queue" } " is what a tool that ignores waiting would report" }
                    thead {
                        tr { th rowspan="2" scope="col" { "" } @for (_, words) in kinds { th colspan="2" scope="colgroup" { (words) } } }
                        tr { @for _ in kinds { th scope="col" { "before" } th scope="col" { "after" } } }
                    }
                    tbody { @for (at, (one, _)) in before.latency_ms.named().into_iter().enumerate() { tr {
                        th scope="row" { (capital(&statistic_name(one))) }
                        @for (kind, words) in kinds { @for (phase, named) in Phase::BOTH.into_iter().zip(of(kind)) {
                            td.n data-label=[(phase == Phase::Before).then_some(words)] { (figure(named[at].1, &format!("comparison:/phases/{phase}/{kind}/{one}"), NumberForm::Plain)) }
                        } }
                    } } }
                }
            }
            (paired::table(comparison))
            (repetitions(comparison))
        }
    }
}

fn repetitions(comparison: &Comparison) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Each repetition" {
            table.cells {
                caption { "Each repetition by itself, in milliseconds" }
                thead { tr { th scope="col" { "phase" } th scope="col" { "repetition" } th scope="col" { "requests" }
                    @for name in ["P50", "P95", "P99"] { th scope="col" { (name) } } } }
                tbody { @for (phase, summary) in comparison.phases.both() { @for (at, one) in summary.repetitions.iter().enumerate() {
                    @let part = |name: &str| format!("comparison:/phases/{phase}/repetitions/{at}/{name}");
                    tr {
                        th scope="row" { (phase) }
                        td.n data-label="repetition" { (count(u64::from(one.repetition), &part("repetition"))) }
                        td.n data-label="requests" { (count(one.n, &part("n"))) }
                        td.n data-label="P50" { (figure(one.p50_ms, &part("p50_ms"), NumberForm::Plain)) }
                        td.n data-label="P95" { (figure(one.p95_ms, &part("p95_ms"), NumberForm::Plain)) }
                        td.n data-label="P99" { (figure(one.p99_ms, &part("p99_ms"), NumberForm::Plain)) }
                    }
                } } }
            }
        }
    }
}
