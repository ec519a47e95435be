//! When requests are due: a pure function of their sequence number, with no clock and no sleep in it.

use std::time::Duration;

use crate::model::Moment;

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
}

/// When a request is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At a time that the plan fixes.
    At(Moment),
    /// So long after the instant at which the next request in flight ends.
    AfterOneEnds(Duration),
}

impl Pacing {
    /// When the n-th request of the callers is due, counted from 0.
    pub fn due(&self, number: u64) -> Due {
        match self {
            Pacing::Closed { workers, .. } if number < *workers => Due::At(Moment::START),
            Pacing::Closed { think, .. } => Due::AfterOneEnds(*think),
        }
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
            let due = Pacing::Closed { workers, think }.due(seq);
            let first = seq < workers;
            prop_assert_eq!(due, if first { Due::At(Moment::START) } else { Due::AfterOneEnds(think) });
        }
    }
}
