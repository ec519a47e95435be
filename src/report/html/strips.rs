//! Repetitions side by side in one frame, in the order in which they ran, on one time scale.

use maud::{Markup, html};

use super::Html;
use super::chart::{Frame, px};
use super::figure::grouped;
use crate::model::{Micros, Phase};

/// Between two repetitions.
const GAP: f64 = 10.0;
/// A strip that is narrower has no room for its name.
const NAMED_FROM: f64 = 44.0;

/// A repetition's part of the frame.
pub(super) struct Strip {
    pub phase: Phase,
    pub repetition: u32,
    left: f64,
    width: f64,
    /// From its start to its end.
    span: Micros,
}

impl Strip {
    /// Where an instant lies, from the start of the repetition.
    pub(super) fn x(&self, at: Micros) -> f64 {
        self.left + self.width * (at.0 as f64 / self.span.0 as f64).min(1.0)
    }

    /// The repetition as a field, with its name above and its length below.
    pub(super) fn background(&self, frame: Frame) -> Markup {
        let (phase, middle) = (self.phase.name(), px(self.left + self.width / 2.0));
        html! {
            rect.(format!("strip {phase}")) x=(px(self.left)) y=(px(frame.top)) width=(px(self.width)) height=(px(frame.bottom - frame.top)) {}
            @if self.width >= NAMED_FROM {
                text.(format!("strip-name {phase}")) x=(middle) y=(px(frame.top - 9.0)) { (phase) " " (self.repetition) }
                text.tick.below x=(middle) y=(px(frame.bottom + 17.0)) { (grouped(self.span.0 as f64 / 1e6, 1, false)) " s" }
            }
        }
    }
}

/// The repetitions of a run, as wide as they are long.
pub(super) fn strips(page: &Html<'_>, frame: Frame) -> Vec<Strip> {
    let span = |phase: Phase, repetition: u32| {
        let drawn = &page.drawn[usize::from(phase == Phase::After)];
        drawn.spans.get(repetition.saturating_sub(1) as usize).copied().unwrap_or_default()
    };
    let order = page.conditions.order.iter();
    let order = order.map(|(phase, repetition)| (*phase, *repetition, span(*phase, *repetition)));
    let order: Vec<_> = order.filter(|(.., span)| *span > Micros(0)).collect();
    let total: f64 = order.iter().map(|(.., span)| span.0 as f64).sum();
    let whole = frame.right - frame.left;
    // However many repetitions there are, most of the width is theirs.
    let gap = GAP.min(whole / (4 * order.len().max(1)) as f64);
    let room = whole - gap * order.len().saturating_sub(1) as f64;
    let mut left = frame.left;
    let strip = |(phase, repetition, span): (Phase, u32, Micros)| {
        let strip = Strip { phase, repetition, left, width: room * span.0 as f64 / total, span };
        left += strip.width + gap;
        strip
    };
    order.into_iter().map(strip).collect()
}
