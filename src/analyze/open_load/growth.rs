//! Whether a backlog grows: whether later requests take longer than earlier ones, by blocks of equally many.
//!
//! Not by counting the backlog itself. At a rate λ it is λ × the time that a request takes: it rises for that long after the
//! first request, however well the server keeps up, and how long that is cannot be told from the start of an overload. How
//! long a request takes, by when it was due, needs no such time to fill: it is flat from the first request on where the
//! server keeps up, however slow it is.

use crate::model::{Micros, Moment};
use crate::stats::Interval;
use crate::stats::interval::of_mean;

/// Requests of each repetition in a block: fewer, and single ones decide.
const IN_A_BLOCK: usize = 30;
/// Blocks at most; more would only be shorter than what a server's queue remembers.
const BLOCKS_MOST: usize = 20;
/// Blocks at least.
const BLOCKS_LEAST: usize = 4;
/// The part of the time at the start that is left out: the queue of a server that was idle finds its length first.
const SETTLING: f64 = 0.1;
/// Latency cannot fall faster than this, a second: then nearly all end at once.
const FALL_MOST: f64 = -0.9;

/// Growth by less of what is offered is none to speak of: it would take a hundred times as long as the run to be as much as
/// came in it.
const SLIGHT: f64 = 0.01;
/// A server that keeps up is one whose backlog grows by less of what is offered than this, with 97.5 % confidence.
const MATTERS: f64 = 0.1;

/// How fast a backlog grows while requests come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// Requests a second that came.
    pub offered: f64,
    /// By so many requests a second; below zero it shrinks.
    pub per_second: f64,
    /// Of that, 95 %.
    pub interval: Interval,
}

impl Growth {
    /// Whether it grows, beyond chance and by more than is worth speaking of.
    pub(super) fn is_shown(&self) -> bool {
        self.interval.lo > 0.0 && self.per_second > self.offered * SLIGHT
    }

    /// Whether it is not shown, and one that matters would have been.
    pub(super) fn is_excluded(&self) -> bool {
        self.interval.hi <= self.offered * MATTERS
    }

    /// Of requests in the order of due, each with its latency, of so many repetitions of the same arrivals; `None` where there
    /// are too few to tell.
    ///
    /// The increments of a latency that grows are nearly independent, so that Student's t holds of their mean. Those of a
    /// steady one undo each other: then the interval is too wide, which is the side to err on. What repetitions have in
    /// common, their arrivals, must not count several times, so a block holds the requests of all of them.
    pub(super) fn of(requests: &[(Moment, Micros)], repetitions: usize) -> Option<Self> {
        let blocks = (requests.len() / repetitions.max(1) / IN_A_BLOCK).min(BLOCKS_MOST);
        if blocks < BLOCKS_LEAST {
            return None;
        }
        let (first, last) = (micros(requests.first()?.0), micros(requests.last()?.0));
        let settled = first + (last - first) * SETTLING;
        let rest = &requests[requests.partition_point(|(due, _)| micros(*due) < settled)..];
        let block = |at: usize| middle(&rest[rest.len() * at / blocks..rest.len() * (at + 1) / blocks]);
        let middles: Vec<(f64, f64)> = (0..blocks).map(block).collect::<Option<_>>()?;
        let apart = (middles.last()?.0 - middles.first()?.0) / (blocks - 1) as f64;
        let rises: Vec<f64> = middles.windows(2).map(|pair| (pair[1].1 - pair[0].1) / apart).collect();
        let offered = ((requests.len() / repetitions).checked_sub(1)?) as f64 / (last - first) * 1e6;
        let growth = |rise: f64| growth(offered, rise);
        let mean = rises.iter().sum::<f64>() / rises.len() as f64;
        let interval = of_mean(&rises)?.map(growth);
        mean.is_finite().then(|| Growth { offered, per_second: growth(mean), interval })
    }
}

/// By how many requests a second a backlog grows where latency rises by so much a second: what is due within a second ends
/// within 1 + rise seconds.
fn growth(offered: f64, rise: f64) -> f64 {
    let rise = rise.max(FALL_MOST);
    offered * rise / (1.0 + rise)
}

/// Mean due time and mean latency of some requests.
fn middle(requests: &[(Moment, Micros)]) -> Option<(f64, f64)> {
    let n = (!requests.is_empty()).then_some(requests.len() as f64)?;
    let sum = |of: fn(&(Moment, Micros)) -> f64| requests.iter().map(of).sum::<f64>();
    Some((sum(|(due, _)| micros(*due)) / n, sum(|(_, latency)| latency.0 as f64) / n))
}

fn micros(moment: Moment) -> f64 {
    moment.as_micros() as f64
}

#[cfg(test)]
#[path = "growth_tests.rs"]
mod tests;
