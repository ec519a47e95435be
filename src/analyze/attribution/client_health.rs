//! What the client knows of its own lateness, where it was measured.

use crate::analyze::observation::Observation;
use crate::clock::{Micros, Moment};

/// A time during which the client's engine served nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientStall {
    /// Counted from 1.
    pub repetition: u32,
    /// From the start of the repetition.
    pub from: Moment,
    /// How long.
    pub length: Micros,
}

/// The client's health in one phase; empty where it was not measured.
#[derive(Clone, Debug, Default)]
pub struct ClientHealth {
    stalls: Vec<ClientStall>,
}

impl ClientHealth {
    /// From stalls that do not overlap each other, in any order.
    pub fn new(mut stalls: Vec<ClientStall>) -> Self {
        stalls.sort_by_key(|stall| (stall.repetition, stall.from));
        ClientHealth { stalls }
    }

    /// How long the client stood still while the request was due and not ended.
    pub(super) fn stalled_during(&self, row: &Observation) -> Micros {
        let Some((due, end)) = row.due().zip(row.end()) else { return Micros(0) };
        let first = self.stalls.partition_point(|stall| {
            (stall.repetition, stall.from + stall.length) <= (row.repetition(), due)
        });
        let overlapping = self.stalls[first..]
            .iter()
            .take_while(|stall| stall.repetition == row.repetition() && stall.from < end);
        overlapping.map(|stall| (stall.from + stall.length).min(end).since(stall.from.max(due))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Row;
    use super::*;
    use crate::sample::Stage;

    #[test]
    fn only_the_overlap_with_the_request_counts() {
        let stall = |repetition, from: u64, length: u64| ClientStall {
            repetition,
            from: Moment::from_micros(from * 1_000),
            length: Micros(length * 1_000),
        };
        let health =
            ClientHealth::new(vec![stall(2, 0, 900), stall(1, 190, 50), stall(1, 50, 60), stall(1, 130, 10)]);
        let row = Row::new().due(100).stage(Stage::Wait, 100).row();
        assert_eq!(health.stalled_during(&row), Micros(30_000), "10 of the first, 10, 10 of the last");
        assert_eq!(ClientHealth::default().stalled_during(&row), Micros(0));
    }
}
