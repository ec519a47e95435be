//! Horizontal bars that stretch to the width they are given.

use maud::{Markup, html};

use super::px;

/// Length of a bar that fills its track.
const FULL: f64 = 1_000.0;
/// Height in the same units; the page sets the real one.
const HEIGHT: f64 = 10.0;

/// A part of a bar.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its colour.
    pub class: String,
    /// Its length, of a track of 1.
    pub length: f64,
    /// What it stands for; shown where the pointer rests.
    pub title: String,
}

/// Segments one after another.
pub fn stacked(segments: &[Segment], label: &str) -> Markup {
    let mut end = 0.0;
    let placed = segments.iter().map(|segment| {
        let start = end;
        end += segment.length * FULL;
        (start, segment)
    });
    html! {
        svg.bar viewBox=(format!("0 0 {FULL} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            @for (start, segment) in placed.filter(|(_, segment)| segment.length > 0.0) {
                rect.(segment.class) x=(px(start)) y="0" width=(px(segment.length * FULL)) height=(px(HEIGHT)) {
                    title { (segment.title) }
                }
            }
        }
    }
}

/// One bar for what was measured, a band and a tick for what was predicted, and the limit.
pub fn track(
    measured: Option<f64>,
    predicted: Option<f64>,
    range: Option<[f64; 2]>,
    limit: Option<f64>,
    label: &str,
) -> Markup {
    let at = |place: f64| px(place.clamp(0.0, 1.0) * FULL);
    html! {
        svg.bar.track viewBox=(format!("0 0 {FULL} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            @if let Some(measured) = measured {
                rect.measured x="0" y="2" width=(at(measured)) height="6" {}
            }
            @if let Some([lo, hi]) = range {
                rect.range x=(at(lo)) y="0.5" width=(px(((hi - lo) * FULL).max(2.0))) height="9" {}
            }
            @if let Some(predicted) = predicted {
                line.predicted x1=(at(predicted)) x2=(at(predicted)) y1="0" y2=(px(HEIGHT)) {}
            }
            @if let Some(limit) = limit {
                line.limit x1=(at(limit)) x2=(at(limit)) y1="0" y2=(px(HEIGHT)) {}
            }
        }
    }
}
