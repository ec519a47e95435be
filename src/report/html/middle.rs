//! What the middle of the before phase, P45 to P55, is made of.

use maud::{Markup, html};

use super::figure::{NumberForm, figure};
use crate::analyze::{CauseFinding, PhaseAnalysis};

/// Parts of the middle that are named in a sentence.
const NAMED: usize = 3;
/// Of the middle: a smaller part is not named.
const WORTH_NAMING: f64 = 0.1;
/// Of the middle: from here on a cause has a card of its own.
const WEIGHTY: f64 = 0.25;

/// A cause's part of the middle, with the cause's place in the file.
pub struct Share<'a> {
    /// Among the causes.
    pub at: usize,
    /// The cause.
    pub cause: &'a CauseFinding,
    /// Of the middle's mean latency.
    pub of_middle: f64,
}

/// The largest first.
pub fn shares(phase: &PhaseAnalysis) -> Vec<Share<'_>> {
    let whole = phase.tail.middle_mean_ms.unwrap_or(0.0);
    let share = |(at, cause)| {
        let ms = mean_ms(cause)?;
        (whole > 0.0).then(|| Share { at, cause, of_middle: ms / whole })
    };
    let mut shares: Vec<Share<'_>> = phase.causes.iter().enumerate().filter_map(share).collect();
    shares.sort_by(|one, other| other.of_middle.total_cmp(&one.of_middle));
    shares
}

/// The causes that are much of the middle.
pub fn weighty(phase: &PhaseAnalysis) -> Vec<(usize, &CauseFinding)> {
    let shares = shares(phase).into_iter().filter(|one| one.of_middle >= WEIGHTY);
    shares.map(|one| (one.at, one.cause)).collect()
}

fn mean_ms(cause: &CauseFinding) -> Option<f64> {
    cause.evidence.get("middle_mean_ms")?.as_f64()
}

/// `617.5 ms`, from the cause's evidence.
pub fn part(at: usize, cause: &CauseFinding) -> Markup {
    let from = format!("analysis:/phases/before/causes/{at}/evidence/middle_mean_ms");
    html! { (figure(mean_ms(cause), &from, NumberForm::Plain)) " ms" }
}

/// `917.2 ms`: the middle's mean latency.
pub fn whole_ms(phase: &PhaseAnalysis) -> Markup {
    let from = "analysis:/phases/before/tail/middle_mean_ms";
    html! { (figure(phase.tail.middle_mean_ms, from, NumberForm::Plain)) " ms" }
}

/// `617.5 ms of wait in …, 150.7 ms of server queue`.
pub fn parts(phase: &PhaseAnalysis) -> Markup {
    let named = shares(phase).into_iter().filter(|one| one.of_middle >= WORTH_NAMING).take(NAMED);
    html! {
        @for (place, one) in named.enumerate() {
            @if place > 0 { ", " }
            (part(one.at, one.cause)) " of " @if place == 0 { strong { (one.cause.cause.words()) } } @else { (one.cause.cause.words()) }
        }
    }
}
