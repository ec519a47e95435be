//! The plot area of a chart: its grid, its ticks, and lines across it.

use maud::{Markup, html};

use super::px;
use super::scale::Scale;

/// A plot area in the pixels of its picture.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Frame {
    /// Across, from left to right.
    pub fn x(&self, scale: Scale, value: f64) -> f64 {
        self.left + scale.place(value) * (self.right - self.left)
    }

    /// Up, from the lower edge.
    pub fn y(&self, scale: Scale, value: f64) -> f64 {
        self.bottom - scale.place(value) * (self.bottom - self.top)
    }

    /// Lines across with what they stand for on the left.
    pub fn rows(&self, scale: Scale, words: impl Fn(f64) -> String) -> Markup {
        html! {
            @for tick in scale.ticks() {
                @let y = px(self.y(scale, tick));
                line.grid x1=(px(self.left)) x2=(px(self.right)) y1=(y) y2=(y) {}
                text.tick.left x=(px(self.left - 8.0)) y=(y) dy=".35em" { (words(tick)) }
            }
        }
    }

    /// Lines upward with what they stand for below.
    pub fn columns(&self, scale: Scale, words: impl Fn(f64) -> String) -> Markup {
        html! {
            @for tick in scale.ticks() {
                @let x = px(self.x(scale, tick));
                line.grid x1=(x) x2=(x) y1=(px(self.top)) y2=(px(self.bottom)) {}
                text.tick.below x=(x) y=(px(self.bottom + 18.0)) { (words(tick)) }
            }
        }
    }
}

/// A limit across the whole frame, with its name above it.
pub fn limit_line(frame: &Frame, scale: Scale, value: f64, name: &str) -> Markup {
    let y = frame.y(scale, value);
    html! {
        line.limit x1=(px(frame.left)) x2=(px(frame.right)) y1=(px(y)) y2=(px(y)) {}
        text.limit-name x=(px(frame.right - 4.0)) y=(px(y - 6.0)) { (name) }
    }
}

/// The same with its name on the right, in two lines, where the frame itself is full.
pub fn limit_beside(frame: &Frame, scale: Scale, value: f64, name: &str) -> Markup {
    let y = frame.y(scale, value);
    html! {
        line.limit x1=(px(frame.left)) x2=(px(frame.right)) y1=(px(y)) y2=(px(y)) {}
        text.limit-name.beside y=(px(y + 4.0)) {
            @for (at, part) in name.split(" ≤ ").enumerate() { tspan x=(px(frame.right + 6.0)) dy=(if at == 0 { "0" } else { "1.15em" }) { @if at > 0 { "≤ " } (part) } }
        }
    }
}
