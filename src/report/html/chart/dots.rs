//! Many dots of one colour as one path, about a dozen bytes a dot.

use std::fmt::Write;

use maud::{Markup, html};

use super::px;

/// What marks a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// A line of no length with round ends.
    Dot,
    /// Two strokes across each other: a request without an answer.
    Cross,
}

/// All dots of one kind. The script finds them again in the path, in this order.
pub fn cloud(points: &[(f64, f64)], marker: Marker, class: &str, group: &str) -> Markup {
    let stroke = match marker {
        Marker::Dot => "h0",
        Marker::Cross => "m-3-3l6 6m0-6l-6 6",
    };
    let mut d = String::new();
    for (x, y) in points {
        let _ = write!(d, "M{} {}{stroke}", px(*x), px(*y));
    }
    html! { path.dots.(class) data-group=(group) d=(d) {} }
}
