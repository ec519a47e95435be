//! The backlog of a load whose arrivals do not wait: how many requests were due and had no answer, over time.

use maud::{Markup, html};

use super::Html;
use super::chart::{Frame, Scale, polyline, px};
use super::figure::grouped;
use super::strips::{Strip, strips};
use crate::model::{Micros, Phase};

const FRAME: Frame = Frame { left: 78.0, right: 868.0, top: 34.0, bottom: 220.0 };

/// The chart; nothing for a closed loop, whose backlog is never more than its callers.
pub(super) fn section(page: &Html<'_>) -> Markup {
    let most = page.drawn.iter().flat_map(|drawn| drawn.backlog.iter().flatten().copied()).max();
    html! { @if let Some(most) = most {
        section aria-labelledby="backlog" {
            h2 #backlog { "Backlog" }
            p.how {
                "How many requests were due and not answered. Each point is the highest number in its stretch of time, so no burst hides. "
                "A server that keeps up shows a level line; where it rises as long as requests come, there is no steady state, and "
                "the latencies say how long the run was."
            }
            (chart(page, most))
        }
    } }
}

fn chart(page: &Html<'_>, most: u32) -> Markup {
    let (strips, scale) = (strips(page, FRAME), Scale::from_zero(f64::from(most.max(1))));
    html! {
        figure {
            div.scroll.chart tabindex="0" role="region" aria-label="Backlog over time" {
                svg viewBox="0 0 960 270" role="img" aria-labelledby="backlog-title backlog-desc" {
                    title #backlog-title { "Backlog over time, before and after" }
                    desc #backlog-desc { "At most " (grouped(f64::from(most), 0, false)) " requests were due and not answered." }
                    @for strip in &strips { (strip.background(FRAME)) }
                    (FRAME.rows(scale, |number| grouped(number, usize::from(number.fract() > 0.0), false)))
                    @for strip in &strips { (polyline(&points(page, strip, scale), &format!("curve {}", strip.phase.name()))) }
                    text.axis x=(px((FRAME.left + FRAME.right) / 2.0)) y="262" { "time from the start of the repetition" }
                }
            }
        }
    }
}

/// Each part of the time as a level piece.
fn points(page: &Html<'_>, strip: &Strip, scale: Scale) -> Vec<(f64, f64)> {
    let drawn = &page.drawn[usize::from(strip.phase == Phase::After)];
    let at = strip.repetition.saturating_sub(1) as usize;
    let (Some(peaks), Some(span)) = (drawn.backlog.get(at), drawn.spans.get(at)) else { return Vec::new() };
    let edge = |part: usize| strip.x(Micros(span.0 * part as u64 / peaks.len() as u64));
    let level = |(part, peak): (usize, &u32)| {
        let y = FRAME.y(scale, f64::from(*peak));
        [(edge(part), y), (edge(part + 1), y)]
    };
    peaks.iter().enumerate().flat_map(level).collect()
}
