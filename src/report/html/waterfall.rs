//! The stages of four requests of each phase: the median, P95, P99 and the slowest.

use maud::{Markup, html};

use super::chart::{Segment, stacked};
use super::dot::Dot;
use super::drawn::{Drawn, Ranked};
use super::figure::plain_ms;
use super::{Html, palette, rows};
use crate::analyze::Cause;
use crate::model::Micros;
use crate::model::{Phase, Stage};

/// A shorter time in the server's queue is none to speak of.
const WORTH_NAMING: Micros = Micros(50);

/// Both phases.
pub fn section(page: &Html<'_>) -> Markup {
    html! {
        section aria-labelledby="waterfall" {
            h2 #waterfall { "Stages of four requests" }
            p.how {
                "Real requests, each the one at that rank of its phase. From left to right its stages one after another, from due to the last byte; they add up "
                "to the number at the end. Each phase has a scale of its own, named beside it. A request that the kernel sends again shows as wait."
            }
            (legend(page.drawn))
            @for (phase, drawn) in Phase::BOTH.into_iter().zip(page.drawn) { (of_phase(phase, drawn, page)) }
        }
    }
}

fn legend(drawn: &[Drawn; 2]) -> Markup {
    let has = |stage: Stage| {
        drawn.iter().flat_map(|one| &one.ranked).any(|one| one.dot.stages[stage as usize].is_some())
    };
    let told = drawn.iter().flat_map(|one| &one.ranked).any(|one| one.dot.server.iter().all(Option::is_some));
    html! {
        ul.legend {
            @for stage in Stage::ALL.into_iter().filter(|stage| has(*stage)) {
                li { span.swatch.(palette::of_stage(stage)) {} (stage.name()) @if told && stage == Stage::Wait { ", outside the server" } }
                @if told && stage == Stage::Wait {
                    li { span.swatch.(palette::of_cause(Cause::ServerQueue)) {} "wait, in the server's queue" }
                    li { span.swatch.(palette::of_cause(Cause::Compute)) {} "wait, while it computed" }
                }
            }
        }
    }
}

fn of_phase(phase: Phase, drawn: &Drawn, page: &Html<'_>) -> Markup {
    let longest = drawn.ranked.iter().map(|one| one.dot.latency.0).max().unwrap_or(0);
    if longest == 0 {
        return html! { h3 { (phase.name()) } p.none { "Too few samples: no request of this phase succeeded." } };
    }
    html! {
        figure.bars {
            figcaption { h3 { (super::figure::capital(phase.name())) " " span.weight { "full width: " b { (plain_ms(longest as f64 / 1e3)) " ms" } } } }
            @for one in &drawn.ranked { (row(one, longest)) }
            details {
                summary { "The same as numbers" }
                (table(phase, drawn, page))
            }
        }
    }
}

fn row(one: &Ranked, longest: u64) -> Markup {
    let name = one.names.join(", ");
    let segments = segments(&one.dot, longest);
    let parts: Vec<&str> = segments.iter().map(|segment| segment.title.as_str()).collect();
    let label =
        format!("{name}, request {} of repetition {}: {}", one.dot.seq, one.dot.repetition, parts.join(", "));
    html! {
        div.bar-row {
            span.bar-name { (name) }
            div.bar-track { (stacked(&segments, &label)) }
            span.bar-value { (plain_ms(one.dot.latency.as_millis())) " ms" }
        }
        p.under { (mostly(&one.dot)) }
    }
}

/// The parts of a stage: the wait is split where the server says what it did meanwhile.
fn segments(dot: &Dot, longest: u64) -> Vec<Segment> {
    let part = |class: String, name: &str, length: Micros| Segment {
        class,
        length: length.0 as f64 / longest as f64,
        title: format!("{name} {} ms", plain_ms(length.as_millis())),
    };
    let mut segments = Vec::new();
    for stage in Stage::ALL {
        let Some(length) = dot.stages[stage as usize] else { continue };
        match (stage, dot.server) {
            (Stage::Wait, [Some(queue), Some(compute)]) if queue + compute <= length => {
                let outside = Micros(length.0 - queue.0 - compute.0);
                segments.push(part(palette::of_stage(stage), "wait outside the server", outside));
                segments.push(part(
                    palette::of_cause(Cause::ServerQueue),
                    "wait in the server's queue",
                    queue,
                ));
                segments.push(part(palette::of_cause(Cause::Compute), "wait while it computed", compute));
            }
            _ => segments.push(part(palette::of_stage(stage), stage.name(), length)),
        }
    }
    segments
}

/// Where most of it went, with what the server and the kernel say.
fn mostly(dot: &Dot) -> Markup {
    let stage = dot.dominant();
    let length = dot.stages[stage as usize].unwrap_or_default();
    let [queue, compute] = dot.server;
    let again = rows::retransmitted(dot);
    html! {
        "mostly " (stage.name()) ", " (plain_ms(length.as_millis())) " ms"
        @if let (Some(queue), Some(compute)) = (queue, compute) {
            "; in its wait the server "
            @if queue >= WORTH_NAMING { "queued it for " (plain_ms(queue.as_millis())) " ms and " }
            "computed for " (plain_ms(compute.as_millis())) " ms"
        }
        @if again != "–" && again != "no" { "; the kernel sent again: " (again) }
        @if let Some(size) = dot.batch.filter(|size| *size > 1) { "; in a batch of " (size) }
    }
}

fn table(phase: Phase, drawn: &Drawn, page: &Html<'_>) -> Markup {
    let dots: Vec<Dot> = drawn.ranked.iter().map(|one| one.dot.clone()).collect();
    rows::table(phase, &dots, page)
}
