//! The rows behind the dots: for the script as text, for people as a table of the slowest.

use std::collections::BTreeSet;
use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use super::Html;
use super::dot::Dot;
use super::drawn::Drawn;
use super::figure::plain_ms;
use crate::model::{Phase, Stage, TraceId};

/// For the script: a line a dot, in the order of the dots in their paths. Numbers and fixed words alone, so nothing
/// in it can end the element.
///
/// `repetition,seq,trace,status or error,queue … receive (µs),trace of the same request in the other phase, where that is not drawn`
pub fn data(groups: Vec<(Phase, Vec<&Dot>)>, page: &Html<'_>) -> Markup {
    let mut text = String::new();
    let drawn_of = |phase: Phase| of(page, phase).dots.iter().map(|dot| (dot.repetition, dot.seq)).collect();
    let there: [BTreeSet<(u32, u64)>; 2] = Phase::BOTH.map(drawn_of);
    for (phase, dots) in groups {
        let drawn = of(page, phase);
        for dot in dots {
            let other = &there[usize::from(phase == Phase::Before)];
            let known = other.contains(&(dot.repetition, dot.seq));
            line(&mut text, dot, drawn.partners.get(&(dot.repetition, dot.seq)).filter(|_| !known));
        }
    }
    let names: Vec<&str> = Stage::ALL.iter().map(|stage| stage.name()).collect();
    html! {
        script #rows type="text/plain" data-stages=(names.join(" ")) data-jaeger=[page.jaeger.map(|jaeger| jaeger.base())] { (PreEscaped(text)) }
    }
}

fn of<'a>(page: &'a Html<'_>, phase: Phase) -> &'a Drawn {
    &page.drawn[usize::from(phase == Phase::After)]
}

fn line(text: &mut String, dot: &Dot, partner: Option<&TraceId>) {
    let _ = write!(text, "{},{},{},", dot.repetition, dot.seq, dot.trace);
    let _ = match (dot.error, dot.status) {
        (Some(error), _) => write!(text, "{}", error.name()),
        (None, Some(status)) => write!(text, "{status}"),
        (None, None) => Ok(()),
    };
    for length in dot.stages {
        let _ = match length {
            Some(length) => write!(text, ",{}", length.0),
            None => write!(text, ","),
        };
    }
    let _ = match partner {
        Some(partner) => writeln!(text, ",{partner}"),
        None => writeln!(text, ","),
    };
}

/// The slowest requests of both phases, for who has no pointer or no script.
pub fn slowest(page: &Html<'_>) -> Markup {
    html! {
        @for (phase, drawn) in Phase::BOTH.into_iter().zip(page.drawn) { @if !drawn.slowest.is_empty() {
            details {
                summary { "The " (drawn.slowest.len()) " slowest requests " (phase.name()) }
                (table(phase, &drawn.slowest, page))
            }
        } }
    }
}

/// Requests with their stages and traces.
pub fn table(phase: Phase, dots: &[Dot], page: &Html<'_>) -> Markup {
    let present: Vec<Stage> = Stage::ALL
        .into_iter()
        .filter(|stage| dots.iter().any(|dot| dot.stages[*stage as usize].is_some()))
        .collect();
    let drawn = of(page, phase);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Requests of the {} phase", phase.name())) {
            table.requests.cells {
                caption { "Requests of the " (phase.name()) " phase, in milliseconds" }
                thead { tr { th scope="col" { "request" } th scope="col" { "latency" } @for stage in &present { th scope="col" { (stage.name()) } }
                    th scope="col" { "retransmitted" } th scope="col" { "trace" } } }
                tbody { @for dot in dots { tr {
                    th scope="row" { (dot.seq) span.dim { " of repetition " (dot.repetition) } }
                    td.n data-label="latency" { (plain_ms(dot.latency.as_millis())) }
                    @for stage in &present { td.n data-label=(stage.name()) { (dot.stages[*stage as usize].map_or("–".into(), |length| plain_ms(length.as_millis()))) } }
                    td.n data-label="retransmitted" { (retransmitted(dot)) }
                    td data-label="trace" { (trace(phase, dot, drawn, page)) }
                } } }
            }
        }
    }
}

/// SYNs and data that the kernel sent again.
pub fn retransmitted(dot: &Dot) -> String {
    match dot.retransmits {
        [None, None] => "–".into(),
        [syn, data] => {
            let part = |count: Option<u32>, name: &str| {
                count.filter(|count| *count > 0).map(|count| format!("{count} × {name}"))
            };
            let parts: Vec<String> = [part(syn, "SYN"), part(data, "data")].into_iter().flatten().collect();
            if parts.is_empty() { "no".into() } else { parts.join(", ") }
        }
    }
}

/// The trace, with links where Jaeger is known.
pub fn trace(phase: Phase, dot: &Dot, drawn: &Drawn, page: &Html<'_>) -> Markup {
    let Some(jaeger) = page.jaeger else { return html! { code.trace { (dot.trace) } } };
    let pair = drawn.partners.get(&(dot.repetition, dot.seq)).map(|partner| match phase {
        Phase::Before => (dot.trace, *partner),
        Phase::After => (*partner, dot.trace),
    });
    html! {
        a href=(jaeger.trace(dot.trace)) rel="noreferrer" { code.trace { (dot.trace) } }
        @if let Some((before, after)) = pair { " " a href=(jaeger.compare(before, after)) rel="noreferrer" { "before and after" } }
    }
}
