//! A line through points.

use maud::{Markup, html};

use super::px;

/// A line through points in pixels, in their order; nothing through fewer than two.
pub fn polyline(points: &[(f64, f64)], class: &str) -> Markup {
    let coordinates: Vec<String> = points.iter().map(|(x, y)| format!("{} {}", px(*x), px(*y))).collect();
    html! {
        @if points.len() > 1 {
            path.(class) d=(format!("M{}", coordinates.join("L"))) {}
        }
    }
}
