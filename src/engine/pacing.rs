//! When requests are due: a pure function of their sequence number, with no clock and no sleep in it.

use crate::model::Moment;

/// The rule by which requests become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// So many callers, each of whom sends its next request when its last one has ended.
    Closed {
        /// Callers, at least 1.
        workers: u64,
    },
}

/// When a request is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At a time that the plan fixes.
    At(Moment),
    /// At the instant at which the next request in flight ends.
    WhenOneEnds,
}

impl Pacing {
    /// When the n-th request of the callers is due, counted from 0.
    pub fn due(&self, number: u64) -> Due {
        match self {
            Pacing::Closed { workers } if number < *workers => Due::At(Moment::START),
            Pacing::Closed { .. } => Due::WhenOneEnds,
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
            let due = Pacing::Closed { workers }.due(seq);
            let first = seq < workers;
            prop_assert_eq!(due, if first { Due::At(Moment::START) } else { Due::WhenOneEnds });
        }
    }
}
