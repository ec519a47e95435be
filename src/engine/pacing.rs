//! When requests are due: by the plan, or as others end. No clock and no sleep is in it.

use std::time::Duration;

use crate::model::Moment;
use crate::plan::{DueTimes, Plan, PlannedArrivals, Slice};

/// The rule by which requests become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// So many callers, each of whom sends its next request so long after its last one has ended.
    Closed {
        /// Callers, at least 1.
        workers: u64,
        /// What a caller does between an answer and its next request; no part of any latency.
        think: Duration,
    },
    /// At the times of the plan, whatever the answers do.
    Open {
        /// Most connections at the same time where each request opens its own, at least 1.
        connections: usize,
    },
}

/// When a request is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At a time that the plan fixes.
    At(Moment),
    /// So long after the instant at which the next request in flight ends.
    AfterOneEnds(Duration),
    /// The trace that would say it is not what it was. No further request is due.
    Lost,
}

impl Pacing {
    /// Whether the plan says when requests are due.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Pacing::Open { .. })
    }

    /// The most connections that it can use at the same time.
    pub(super) fn connections(&self) -> usize {
        match self {
            Pacing::Closed { workers, .. } => usize::try_from(*workers).unwrap_or(usize::MAX),
            Pacing::Open { connections } => *connections,
        }
    }

    /// That of a thread, whose part of a number `share` knows.
    pub(super) fn share(&self, share: impl Fn(u64) -> u64) -> Self {
        match *self {
            Pacing::Closed { workers, think } => Pacing::Closed { workers: share(workers), think },
            Pacing::Open { connections } => Pacing::Open { connections: share(connections as u64) as usize },
        }
    }
}

/// The due times of a thread's requests, one after the other.
#[derive(Debug)]
pub(super) enum Dues {
    Closed { workers: u64, think: Duration },
    Open(OpenDues),
}

/// Those of an open load: the walk through all of the plan, of which the thread takes its share.
#[derive(Debug)]
pub(super) struct OpenDues {
    times: DueTimes,
    slice: Slice,
    /// Arrivals that the walk has passed.
    passed: u64,
    last: Option<Moment>,
}

impl Dues {
    pub(super) fn of(pacing: Pacing, plan: &Plan, slice: Slice) -> Self {
        match pacing {
            Pacing::Closed { workers, think } => Dues::Closed { workers, think },
            Pacing::Open { .. } => Dues::Open(OpenDues {
                times: plan.arrivals().map(PlannedArrivals::times).unwrap_or_default(),
                slice,
                passed: 0,
                last: None,
            }),
        }
    }

    /// When the n-th request of the thread is due, counted from 0. To be asked in order, as often as one likes.
    pub(super) fn due(&mut self, number: u64) -> Due {
        match self {
            Dues::Closed { workers, .. } if number < *workers => Due::At(Moment::START),
            Dues::Closed { think, .. } => Due::AfterOneEnds(*think),
            Dues::Open(open) => open.at(number).map_or(Due::Lost, Due::At),
        }
    }
}

impl OpenDues {
    /// `None` where a trace has become shorter than it was.
    fn at(&mut self, number: u64) -> Option<Moment> {
        let seq = self.slice.nth(number);
        while self.passed <= seq {
            self.passed += 1;
            self.last = self.times.next();
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_closed_loop_starts_with_one_request_a_worker(workers in 1_u64..1_000, seq in 0_u64..10_000) {
            let think = Duration::from_millis(seq % 3);
            let due = Dues::Closed { workers, think }.due(seq);
            let first = seq < workers;
            prop_assert_eq!(due, if first { Due::At(Moment::START) } else { Due::AfterOneEnds(think) });
        }
    }
}
