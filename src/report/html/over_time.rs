//! Every request as a mark: when it was due, how long it took, which stage took most of it, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::chart::{Frame, Scale, cloud, limit_beside, px, span_of_time};
use super::dot::Dot;
use super::drawn::Drawn;
use super::fate::Fate;
use super::figure::grouped;
use super::strips::{Strip, strips};
use super::{Html, curve, legend, palette, rows};
use crate::analyze::Comparison;
use crate::model::{Phase, Stage};

const FRAME: Frame = Frame { left: 78.0, right: 868.0, top: 34.0, bottom: 380.0 };
/// Marks of one kind and colour, in the order in which they are drawn: what is rare comes last and is on top.
type DotGroups<'a> = BTreeMap<(Phase, Fate, Stage), Vec<(&'a Dot, (f64, f64))>>;

/// The chart, its legend and the rows behind it.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    html! {
        section aria-labelledby="over-time" {
            h2 #over-time { "Every request" }
            @match chart(comparison, page) {
                Some(chart) => (chart),
                None => { p.none { "Too few samples: no request was sent." } }
            }
        }
    }
}

fn chart(comparison: &Comparison, page: &Html<'_>) -> Option<Markup> {
    let limits = curve::limits(comparison);
    let dots = || page.drawn.iter().flat_map(|drawn| &drawn.dots);
    let values = dots().map(|dot| dot.latency.as_millis());
    let scale = Scale::log_around(values.chain(limits.iter().map(|(_, limit)| *limit)))?;
    let strips = strips(page, FRAME);
    let groups = groups(page, &strips, scale);
    groups.keys().next()?;
    let stages: BTreeSet<Stage> = groups.keys().map(|(.., stage)| *stage).collect();
    Some(html! {
        p.how {
            "To the right when a request was due, upward how long it took (each equal step an equal factor); the colour is the stage that took "
            "most of it, the shape what became of it. "
            "The repetitions stand in the order in which they ran, on one time scale. "
            (drawn_of(page.drawn)) (unknown(page.drawn))
        }
        ul.legend {
            @for stage in &stages { li { span.swatch.(palette::of_stage(*stage)) {} "mostly " (stage.name()) ": " (words(*stage)) } }
        }
        (legend::legend(page.drawn, page.drawn[0].limit))
        figure {
            div.scroll.chart tabindex="0" role="region" aria-label="Every request over time" {
                svg #dots viewBox="0 0 960 430" role="img" aria-labelledby="dots-title dots-desc" tabindex="0" {
                    title #dots-title { "Latency of every request over time" }
                    desc #dots-desc { "One mark a request. The slowest are listed in the table below; with a script, arrow keys step through the marks by latency." }
                    @for strip in &strips { (strip.background(FRAME)) }
                    (FRAME.rows(scale, span_of_time))
                    text.axis x=(px((FRAME.left + FRAME.right) / 2.0)) y="418" { "when the request was due, from the start of its repetition" }
                    @for (name, limit) in &limits { (limit_beside(&FRAME, scale, *limit, name)) }
                    @for ((phase, fate, stage), dots) in &groups {
                        @let points: Vec<_> = dots.iter().map(|(_, point)| *point).collect();
                        (cloud(&points, fate.marker(), &palette::of_stage(*stage), phase.name(), fate.said()))
                    }
                }
            }
            p #dot.readout aria-live="polite" { "Point at a mark to see its stages and its trace." (with_jaeger(page)) }
        }
        (rows::data(groups.iter().map(|((phase, ..), dots)| (*phase, dots.iter().map(|(dot, _)| *dot).collect())).collect(), page))
        (rows::slowest(page))
    })
}

fn with_jaeger(page: &Html<'_>) -> &'static str {
    if page.jaeger.is_some() { " A click opens it in Jaeger." } else { "" }
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Queue => "waiting inside the client",
        Stage::Retry => "attempts that failed",
        Stage::Dns => "name lookup",
        Stage::Connect => "opening a connection",
        Stage::Tls => "TLS handshake",
        Stage::Send => "sending the request",
        Stage::Wait => "waiting for the first byte of the answer",
        Stage::Receive => "receiving the answer",
    }
}

/// Where the kernel's counters are missing, what was sent again looks like what was not.
fn unknown(drawn: &[Drawn; 2]) -> Markup {
    let unknown: u64 = drawn.iter().map(|one| one.uncounted).sum();
    html! { @if unknown > 0 {
        " Of " (grouped(unknown as f64, 0, false)) " the kernel’s counters are not known: what was sent again would not show."
    } }
}

fn drawn_of(drawn: &[Drawn; 2]) -> Markup {
    let left_out: u64 = drawn.iter().map(Drawn::left_out).sum();
    let shown: usize = drawn.iter().map(|one| one.dots.len()).sum();
    html! {
        @if left_out == 0 { "All " (grouped(shown as f64, 0, false)) " requests that were sent are here." }
        @else {
            (grouped(shown as f64, 0, false)) " requests are here: "
            @if drawn.iter().all(|one| one.tail_left_out == 0) { "the slowest 5 % of each phase" }
            @else { "all failures that find room and the slowest of each phase" }
            ", and of the others the same sample of both phases; "
            strong { (grouped(left_out as f64, 0, false)) " are left out" } " of this picture, and of nothing else."
        }
    }
}

fn groups<'a>(page: &'a Html<'_>, strips: &[Strip], scale: Scale) -> DotGroups<'a> {
    let mut groups = DotGroups::new();
    for (phase, drawn) in Phase::BOTH.into_iter().zip(page.drawn) {
        for dot in &drawn.dots {
            let strip =
                strips.iter().find(|strip| strip.phase == phase && strip.repetition == dot.repetition);
            let Some(strip) = strip else { continue };
            let point = (strip.x(dot.due), FRAME.y(scale, dot.latency.as_millis()));
            groups.entry((phase, Fate::of(dot, drawn.limit), dot.dominant())).or_default().push((dot, point));
        }
    }
    groups
}
