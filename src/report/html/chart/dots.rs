//! Many marks of one shape and colour as one path, about a dozen bytes a mark.

use std::fmt::Write;

use maud::{Markup, html};

use super::px;

/// What marks a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// A line of no length with round ends.
    Dot,
    /// A short level stroke.
    Dash,
    /// Filled, on its side.
    Square,
    /// Filled, upright.
    Triangle,
    /// Filled, on its corner.
    Diamond,
    /// Two strokes across each other.
    Cross,
}

impl Marker {
    /// What the shape is called; its class, too.
    fn name(self) -> &'static str {
        match self {
            Marker::Dot => "dot",
            Marker::Dash => "dash",
            Marker::Square => "square",
            Marker::Triangle => "triangle",
            Marker::Diamond => "diamond",
            Marker::Cross => "cross",
        }
    }

    /// Strokes from the place that is marked, relative to it.
    fn strokes(self) -> &'static str {
        match self {
            Marker::Dot => "h0",
            Marker::Dash => "m-3 0h6",
            Marker::Square => "m-3-3h6v6h-6z",
            Marker::Triangle => "m0-5l5 8h-10z",
            Marker::Diamond => "m0-5l4.5 5-4.5 5-4.5-5z",
            Marker::Cross => "m-3.5-3.5l7 7m0-7l-7 7",
        }
    }
}

/// All marks of one shape and colour, with what is said of each. The script finds them again in the path, in this order.
pub fn cloud(points: &[(f64, f64)], marker: Marker, class: &str, group: &str, said: Option<&str>) -> Markup {
    let mut d = String::new();
    for (x, y) in points {
        let _ = write!(d, "M{} {}{}", px(*x), px(*y), marker.strokes());
    }
    html! { path.dots.(marker.name()).(class) data-group=(group) data-said=[said] d=(d) {} }
}

/// One mark by itself, for a legend of shapes: of no colour that means anything.
pub fn mark(marker: Marker) -> Markup {
    html! {
        svg.key-mark viewBox="0 0 14 14" role="img" aria-label=(marker.name()) {
            title { (marker.name()) }
            path.dots.plain.(marker.name()) d={ "M7 7" (marker.strokes()) } {}
        }
    }
}
