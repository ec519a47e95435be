//! Charts by hand as inline SVG: they stand without JavaScript and in print, and need no dependency.

mod axes;
mod bars;
mod dots;
mod path;
mod scale;

pub(super) use axes::{Frame, limit_beside, limit_line};
pub(super) use bars::{Segment, stacked, track};
pub(super) use dots::{Marker, cloud, mark};
pub(super) use path::polyline;
pub(super) use scale::{Scale, span_of_time};

/// A coordinate with a tenth of a pixel, which is all that a screen shows.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}
