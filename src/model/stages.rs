//! The stages of a request: disjoint, in order, summing to its latency by construction.

use serde::{Deserialize, Serialize};

use super::{Micros, Moment};

/// A disjoint part of a request's time. The order of the variants is the order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Due → the request may use a connection, or starts to open one.
    Queue,
    /// Start of the first attempt → start of the last.
    Retry,
    /// Name lookup.
    Dns,
    /// TCP connect start → established; SYN retransmissions are in here.
    Connect,
    /// TLS handshake.
    Tls,
    /// Connection ready → last request byte handed to the kernel (the start of the call that took it),
    /// or first response byte if earlier.
    Send,
    /// Last request byte handed over → first response byte.
    Wait,
    /// First → last response byte.
    Receive,
}

impl Stage {
    /// All stages in the order in time.
    pub const ALL: [Stage; 8] = [
        Stage::Queue,
        Stage::Retry,
        Stage::Dns,
        Stage::Connect,
        Stage::Tls,
        Stage::Send,
        Stage::Wait,
        Stage::Receive,
    ];

    /// The name in files, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Queue => "queue",
            Stage::Retry => "retry",
            Stage::Dns => "dns",
            Stage::Connect => "connect",
            Stage::Tls => "tls",
            Stage::Send => "send",
            Stage::Wait => "wait",
            Stage::Receive => "receive",
        }
    }
}

/// The lengths of the stages a request reached. Absent stages are `None`, never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    lengths: [Option<Micros>; Stage::ALL.len()],
}

impl Stages {
    /// Puts stages together from their lengths, as read from a log; in the order of [`Stage::ALL`].
    pub fn from_lengths(lengths: [Option<Micros>; Stage::ALL.len()]) -> Self {
        Stages { lengths }
    }

    /// The length of one stage, if the request had it.
    pub fn get(&self, stage: Stage) -> Option<Micros> {
        self.lengths[stage as usize]
    }

    /// Last response byte − due: the sum of all stages, exactly.
    pub fn latency(&self) -> Micros {
        self.lengths.iter().flatten().copied().sum()
    }

    /// First response byte − due, if a response began.
    pub fn ttfb(&self) -> Option<Micros> {
        self.get(Stage::Receive).map(|receive| Micros(self.latency().0 - receive.0))
    }

    /// Latency without the queue stage: what a tool that ignores waiting would report.
    pub fn service_latency(&self) -> Micros {
        let queue = self.get(Stage::Queue).unwrap_or_default();
        Micros(self.latency().0 - queue.0)
    }
}

/// Builds [`Stages`] from the instants at which they ended, in order.
///
/// Each stage starts where the one before it ended, so the lengths add up by construction and
/// none can be negative.
#[derive(Clone, Debug)]
pub struct Timeline {
    reached: Moment,
    last: Option<Stage>,
    stages: Stages,
}

impl Timeline {
    /// Starts at the instant the request was due.
    pub fn from_due(due: Moment) -> Self {
        Timeline { reached: due, last: None, stages: Stages::default() }
    }

    /// Ends `stage` at `end`. Stages must be ended in their order; a stage that is skipped is absent.
    pub fn end(&mut self, stage: Stage, end: Moment) {
        debug_assert!(self.last < Some(stage), "{stage:?} after {:?}", self.last);
        self.last = Some(stage);
        self.stages.lengths[stage as usize] = Some(end.since(self.reached));
        self.reached = self.reached.max(end);
    }

    /// The stages so far.
    pub fn finish(self) -> Stages {
        self.stages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_the_same_in_files() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).expect("a name"), stage.name());
        }
    }

    proptest! {
        #[test]
        fn stages_sum_to_the_span_from_due_to_the_last_end(
            due in 0_u64..1_000_000_000,
            steps in prop::collection::vec(prop::option::of(0_u64..10_000_000), 8),
        ) {
            let mut timeline = Timeline::from_due(Moment::from_micros(due));
            let mut end = due;
            for (stage, step) in Stage::ALL.into_iter().zip(&steps) {
                if let Some(step) = step {
                    end += step;
                    timeline.end(stage, Moment::from_micros(end));
                }
            }
            let stages = timeline.finish();
            prop_assert_eq!(stages.latency(), Micros(end - due));
            for (stage, step) in Stage::ALL.into_iter().zip(steps) {
                prop_assert_eq!(stages.get(stage), step.map(Micros));
            }
        }

        #[test]
        fn a_mark_from_the_past_cannot_make_a_stage_negative(ends in prop::collection::vec(0_u64..1_000, 8)) {
            let mut timeline = Timeline::from_due(Moment::from_micros(500));
            for (stage, end) in Stage::ALL.into_iter().zip(&ends) {
                timeline.end(stage, Moment::from_micros(*end));
            }
            let last = ends.iter().copied().max().unwrap_or(0).max(500);
            prop_assert_eq!(timeline.finish().latency(), Micros(last - 500));
        }
    }
}
