//! When requests were due in the before phase, and so will be in the after phase.

use std::collections::BTreeMap;

use super::simulate::Arriving;
use crate::analyze::observed::{ClosedLoop, PhaseData};
use crate::model::Moment;

/// Requests of one repetition that are looked at and simulated; a longer run tells no more about its tail.
pub(super) const MOST_REQUESTS: usize = 10_000;

/// When requests are due.
#[derive(Clone, Debug)]
pub(super) enum Demand {
    /// When those before them end.
    Closed {
        /// Callers.
        callers: usize,
        /// What each of them waits between an answer and its next request, in microseconds.
        think: u64,
    },
    /// At these times, by sequence number, in microseconds.
    Open(Vec<u64>),
}

impl Demand {
    /// As the before phase shows it.
    pub(super) fn of(before: &PhaseData) -> Self {
        if before.is_open() {
            return Demand::Open(dues(before));
        }
        // In the order in which they ended, so that each is due by one before it.
        let rows = &before.rows()[before.places(1)];
        let found = ClosedLoop::of(&rows[..rows.len().min(MOST_REQUESTS)]);
        Demand::Closed { callers: callers(before), think: found.map_or(0, |found| found.think.0) }
    }

    /// The same for a simulation.
    pub(super) fn arriving(&self) -> Arriving<'_> {
        match self {
            Demand::Closed { callers, think } => Arriving::Closed { callers: *callers, think: *think },
            Demand::Open(dues) => Arriving::Open(dues),
        }
    }

    /// The most requests that can be under way at the same time.
    pub(super) fn most(&self) -> usize {
        self.arriving().most().max(1)
    }

    /// The callers of a closed loop.
    pub(super) fn callers(&self) -> Option<usize> {
        match self {
            Demand::Closed { callers, .. } => Some(*callers),
            Demand::Open(_) => None,
        }
    }
}

/// The requests that were due at the start of a repetition.
fn callers(before: &PhaseData) -> usize {
    let mut at_start = BTreeMap::<u32, usize>::new();
    for row in before.rows().iter().filter(|row| row.due() == Some(Moment::START)) {
        *at_start.entry(row.repetition()).or_default() += 1;
    }
    at_start.into_values().max().unwrap_or(1)
}

/// Of the first repetition: all have the same. One whose row is not there is due when the one before it was.
fn dues(before: &PhaseData) -> Vec<u64> {
    let requests = (before.requests() as usize).min(MOST_REQUESTS);
    let mut dues = vec![0; requests];
    for row in before.repetition(1).filter(|row| (row.seq() as usize) < requests) {
        dues[row.seq() as usize] = row.due().unwrap_or_default().as_micros();
    }
    for place in 1..requests {
        dues[place] = dues[place].max(dues[place - 1]);
    }
    dues
}
