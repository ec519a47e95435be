//! The percentile curve of both phases on the axis of HDR histogram plots, with the SLA's lines.

use maud::{Markup, html};

use super::chart::{Frame, Scale, limit_line, polyline, px, span_of_time};
use super::drawn::Drawn;
use super::figure::{grouped, metric_name, short};
use crate::analyze::validity::smallest_sample;
use crate::analyze::{Comparison, LatencyMs};
use crate::model::Phase;

const FRAME: Frame = Frame { left: 78.0, right: 850.0, top: 18.0, bottom: 330.0 };
/// Requests of a phase that a curve needs to say anything about a tail.
const LEAST: u64 = 20;

/// The percentiles that are marked, in tenths of a percent.
const MARKED: [(u64, &str); 3] = [(500, "P50"), (950, "P95"), (990, "P99")];

/// The chart, or why there is none.
pub fn section(comparison: &Comparison, drawn: &[Drawn; 2]) -> Markup {
    html! {
        section aria-labelledby="curve" {
            h2 #curve { "Percentiles" }
            @match chart(comparison, drawn) {
                Some(chart) => {
                    p.how {
                        "Read upward from a percentile: at P95, for one, 95 % of the requests took at most so long. To the right each equal step leaves "
                        "a tenth of the slower requests, so the tail has room; upward each equal step is an equal factor. Lower is better; the part of a "
                        "curve under the dashed line keeps the limit. A curve ends where answers end."
                        @if some_rest_on_few(drawn) { " A hollow mark rests on too few samples." }
                    }
                    (chart)
                }
                None => { p.none { "Too few samples for a curve: " (drawn[0].curve.len()) " distinct ranks before and " (drawn[1].curve.len())
                    " after; " (LEAST) " answers of a phase are needed. Raise -n or --repetitions." } }
            }
        }
    }
}

fn chart(comparison: &Comparison, drawn: &[Drawn; 2]) -> Option<Markup> {
    let phases = Phase::BOTH.into_iter().zip(drawn);
    let shown: Vec<_> = phases.filter(|(_, one)| one.curve.len() as u64 >= LEAST).collect();
    let limits = limits(comparison);
    let values = shown.iter().flat_map(|(_, one)| one.curve.iter().map(|(_, latency)| latency.as_millis()));
    let scale = Scale::log_around(values.clone().chain(limits.iter().map(|(_, limit)| *limit)))?;
    values.clone().next()?;
    let planned = shown.iter().map(|(_, one)| one.planned).max()?;
    let across = Scale::Percentile { nines: (planned as f64 * 2.0).log10() };
    let label = format!("Latency by percentile: {}", spoken(comparison));
    Some(html! {
        figure {
            div.scroll.chart tabindex="0" role="region" aria-label="Percentile curve" {
                svg viewBox="0 0 960 384" role="img" aria-labelledby="curve-title curve-desc" {
                    title #curve-title { "Latency by percentile, before and after" }
                    desc #curve-desc { (label) }
                    (FRAME.rows(scale, span_of_time))
                    (FRAME.columns(across, |share| format!("P{}", grouped(share * 100.0, decimals(share), false))))
                    text.axis x=(px((FRAME.left + FRAME.right) / 2.0)) y="374" { "percentile of all planned requests" }
                    @for (name, limit) in &limits { (limit_line(&FRAME, scale, *limit, name)) }
                    @for (phase, one) in &shown {
                        @let points = steps(one, across, scale);
                        (polyline(&points, &format!("curve {phase}")))
                        @if let Some((x, y)) = points.last() {
                            text.(format!("end {phase}")) x=(px(x + 8.0)) y=(px(*y)) dy=".35em" { (phase) }
                        }
                    }
                    (marks(comparison, &shown, across, scale))
                }
            }
        }
    })
}

fn decimals(share: f64) -> usize {
    match share {
        share if share > 0.9999 => 4,
        share if share > 0.9995 => 2,
        share if share > 0.9985 => 1,
        _ => 0,
    }
}

/// A latency holds up to its rank: level, then up.
fn steps(one: &Drawn, across: Scale, scale: Scale) -> Vec<(f64, f64)> {
    one.curve
        .iter()
        .map(|(share, latency)| (FRAME.x(across, *share), FRAME.y(scale, latency.as_millis())))
        .collect()
}

fn some_rest_on_few(drawn: &[Drawn; 2]) -> bool {
    drawn.iter().any(|one| MARKED.iter().any(|(permille, _)| one.planned < smallest_sample(*permille)))
}

/// P50, P95 and P99 of each curve, as the table has them.
fn marks(comparison: &Comparison, shown: &[(Phase, &Drawn)], across: Scale, scale: Scale) -> Markup {
    let marks = |latency: &LatencyMs| MARKED.into_iter().zip([latency.p50, latency.p95, latency.p99]);
    html! {
        @for (phase, one) in shown { @for ((permille, percentile), value) in marks(&comparison.phases.of(*phase).latency_ms) { @if let Some(value) = value {
            @let share = permille as f64 / 1e3;
            @let few = one.planned < smallest_sample(permille);
            circle.(format!("mark {phase}")).few[few] cx=(px(FRAME.x(across, share))) cy=(px(FRAME.y(scale, value))) r="4.5" {
                title { (phase) " " (percentile) ": " (grouped(value, 1, false)) " ms" @if few { " (too few samples)" } }
            }
            text.(format!("mark-value {phase}")) x=(px(FRAME.x(across, share) + 4.0)) y=(px(FRAME.y(scale, value) + if *phase == Phase::Before { -10.0 } else { 19.0 })) {
                (grouped(value, 0, false))
            }
        } } }
    }
}

/// The limits of time in the SLA, by name.
pub fn limits(comparison: &Comparison) -> Vec<(String, f64)> {
    let lines = comparison.sla.iter().filter_map(|line| Some((line, line.times.as_ref()?.limit_ms)));
    lines
        .map(|(line, limit)| (format!("SLA {} ≤ {} ms", metric_name(line.metric), short(limit)), limit))
        .collect()
}

fn spoken(comparison: &Comparison) -> String {
    let of = |name: &str, latency: &LatencyMs| {
        let value = |value: Option<f64>| value.map_or("none".into(), |value| grouped(value, 1, false));
        format!(
            "{name} P50 {}, P95 {}, P99 {} ms",
            value(latency.p50),
            value(latency.p95),
            value(latency.p99)
        )
    };
    let (before, after) = (&comparison.phases.before.latency_ms, &comparison.phases.after.latency_ms);
    format!("{}; {}", of("before", before), of("after", after))
}
