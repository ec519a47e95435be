//! The page of a search for the highest rate that holds: the answer, and latency and goodput against the rate.

use maud::{Markup, html};

use super::chart::{Frame, Scale, limit_line, polyline, px, span_of_time};
use super::figure::grouped;
use super::page;
use crate::analyze::capacity::{Capacity, HighestRate, RateMeasured};
use crate::model::{Limit, Phase, SlaLine};
use crate::report::capacity::rate_words;
use crate::report::words::limited;

const FRAME: Frame = Frame { left: 78.0, right: 850.0, top: 18.0, bottom: 330.0 };

/// The whole file.
pub fn capacity_page(found: &Capacity) -> Vec<u8> {
    let lines: Vec<String> = found.sla.iter().map(limited).collect();
    let body = html! {
        section.verdict aria-labelledby="verdict" {
            p.word { "Capacity" }
            h1 #verdict { "The highest rate at which " (lines.join(" and ")) " holds" }
            p.sub { "Before: " strong { (rate_words(&found.before)) } " (" (found.before.strategy) "). After: " strong { (rate_words(&found.after)) } " (" (found.after.strategy) ")."
                @if let Some(ratio) = found.ratio { " After holds " (format!("{ratio:.2}")) " times the rate of before"
                    @if let Some(ends) = found.ratio_ci95 { " [" (format!("{:.2}", ends.lo)) ", " (format!("{:.2}", ends.hi)) "]" } "." } }
        }
        section aria-labelledby="curve" {
            h2 #curve { "Latency against the rate" }
            p.how { "Each mark is one measurement of " (found.arrival) " arrivals. Rates to the right of a phase's vertical line do not hold. Where the backlog grows there is no "
                "steady state: a latency there is one of the length of the measurement." }
            (latency(found))
        }
        section aria-labelledby="goodput" {
            h2 #goodput { "Goodput against the rate" }
            p.how { "Answers a second within every limit of time. Past the knee more load brings less." }
            (goodput(found))
        }
        (table(found))
    };
    page::document(&format!("spanload capacity {}", found.run_id), &found.run_id, body)
}

type Figure = fn(&RateMeasured) -> Option<f64>;

const PERCENTILES: [(&str, Figure); 3] =
    [("P50", |one| one.p50_ms), ("P95", |one| one.p95_ms), ("P99", |one| one.p99_ms)];

fn latency(found: &Capacity) -> Markup {
    let values = PERCENTILES.iter().flat_map(|(_, figure)| found.measurements.iter().filter_map(figure));
    let limits: Vec<(String, f64)> = found.sla.iter().filter_map(limit).collect();
    let (Some(up), Some(across)) =
        (Scale::log_around(values.chain(limits.iter().map(|(_, limit)| *limit))), rates(found))
    else {
        return html! { p.none { "Nothing was measured." } };
    };
    chart(
        "Latency by rate, before and after",
        across,
        up,
        span_of_time,
        html! {
            @for (name, value) in &limits { (limit_line(&FRAME, up, *value, name)) }
            (knees(found, across))
            @for phase in Phase::BOTH { @for (name, figure) in PERCENTILES {
                (series(found, phase, across, up, name, figure))
            } }
        },
    )
}

fn goodput(found: &Capacity) -> Markup {
    let figure: Figure = |one| one.goodput_rps;
    let most = found.measurements.iter().filter_map(figure).fold(0.0, f64::max);
    let Some(across) = rates(found) else { return html! {} };
    let up = Scale::from_zero(most);
    chart(
        "Goodput by rate, before and after",
        across,
        up,
        |tick| format!("{tick}/s"),
        html! {
            (knees(found, across))
            @for phase in Phase::BOTH { (series(found, phase, across, up, "goodput", figure)) }
        },
    )
}

fn chart(title: &str, across: Scale, up: Scale, words: fn(f64) -> String, inner: Markup) -> Markup {
    html! {
        figure { div.scroll.chart tabindex="0" role="region" aria-label=(title) {
            svg viewBox="0 0 960 384" role="img" aria-label=(title) {
                title { (title) }
                (FRAME.rows(up, words))
                (FRAME.columns(across, |rate| grouped(rate, usize::from(rate < 1.0), false)))
                text.axis x=(px((FRAME.left + FRAME.right) / 2.0)) y="374" { "requests a second" }
                (inner)
            }
        } }
    }
}

fn rates(found: &Capacity) -> Option<Scale> {
    Scale::log_around(found.measurements.iter().map(|one| one.rate_rps))
}

fn limit(line: &SlaLine) -> Option<(String, f64)> {
    matches!(line.limit(), Limit::Time(_)).then(|| (format!("SLA {}", limited(line)), line.limit().value()))
}

/// Where each phase ends to hold.
fn knees(found: &Capacity, across: Scale) -> Markup {
    let of = |rate: &HighestRate| rate.rate_rps.map(|rate| FRAME.x(across, rate));
    html! {
        @for (phase, rate) in [(Phase::Before, &found.before), (Phase::After, &found.after)] {
            @if let Some(x) = of(rate) {
                line.(format!("limit {phase}")) x1=(px(x)) x2=(px(x)) y1=(px(FRAME.top)) y2=(px(FRAME.bottom)) {
                    title { (phase) ": " (rate_words(rate)) }
                }
            }
        }
    }
}

/// The marks of a figure, and a line through the middle of those at one rate.
fn series(found: &Capacity, phase: Phase, across: Scale, up: Scale, name: &str, figure: Figure) -> Markup {
    let of_phase = found.measurements.iter().filter(|one| one.phase == phase);
    let mut points: Vec<(f64, f64, &RateMeasured)> =
        of_phase.filter_map(|one| Some((one.rate_rps, figure(one)?, one))).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let place = |rate: f64, value: f64| (FRAME.x(across, rate), FRAME.y(up, value));
    let line: Vec<(f64, f64)> = points.iter().map(|(rate, value, _)| place(*rate, *value)).collect();
    html! {
        (polyline(&line, &format!("curve {phase} {}", name.to_lowercase())))
        @for (rate, value, one) in &points {
            @let (x, y) = place(*rate, *value);
            circle.(format!("mark {phase}")).few[!one.holds] cx=(px(x)) cy=(px(y)) r="4" {
                title { (phase) " at " (format!("{rate:.1}")) "/s, " (name) " " (format!("{value:.1}")) @if one.overloaded { ", the backlog grows" } @else if !one.holds { ", does not hold" } }
            }
        }
        @if let Some((x, y)) = line.last() {
            text.(format!("end {phase}")) x=(px(x + 8.0)) y=(px(*y)) dy=".35em" { (phase) " " (name) }
        }
    }
}

fn table(found: &Capacity) -> Markup {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| grouped(value, 1, false));
    html! {
        section aria-labelledby="measurements" {
            h2 #measurements { "Every measurement" }
            div.scroll tabindex="0" role="region" aria-label="Every measurement" { table {
                thead { tr { @for name in ["phase", "pattern", "requests/s", "requests", "P50 ms", "P95 ms", "P99 ms", "answered/s", "goodput/s", ""] { th scope="col" { (name) } } } }
                tbody { @for one in &found.measurements { tr {
                    th scope="row" { (one.phase.name()) }
                    td { (one.pattern) } td { (grouped(one.rate_rps, 1, false)) } td { (one.requests) }
                    td { (number(one.p50_ms)) } td { (number(one.p95_ms)) } td { (number(one.p99_ms)) }
                    td { (number(one.achieved_rps)) } td { (number(one.goodput_rps)) }
                    td { @if one.overloaded { "the backlog grows" } @else if one.holds { "holds" } @else { "does not hold" } @if one.client_late { ", the client was late" } }
                } } }
            } }
        }
    }
}
