//! What the client knows of its own lateness, where it was measured.

use crate::analyze::observed::Observation;
use crate::model::Stage;
use crate::model::{Micros, Moment};

/// After a standstill the client reads all that has come within this time.
const AT_ONCE: Micros = Micros(5_000);

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
        self.overlapping(row.repetition(), due, end)
            .iter()
            .map(|stall| (stall.from + stall.length).min(end).since(stall.from.max(due)))
            .sum()
    }

    /// How long the client had stood still, since the request was sent, when it came to read the first byte of the answer.
    pub(super) fn read_late(&self, row: &Observation) -> Micros {
        let length = |stage| row.stage(stage).unwrap_or_default().0;
        let Some(end) = row.end() else { return Micros(0) };
        let first = Moment::from_micros(end.as_micros().saturating_sub(length(Stage::Receive)));
        let sent = Moment::from_micros(first.as_micros().saturating_sub(length(Stage::Wait)));
        // A standstill may have been broken for an instant in which nothing had come yet.
        let (mut late, mut until) = (Micros(0), first);
        for stall in self.overlapping(row.repetition(), sent, first).iter().rev() {
            let end = stall.from + stall.length;
            if end + AT_ONCE < until {
                break;
            }
            late = late + end.min(until).since(stall.from.max(sent));
            until = stall.from;
        }
        late
    }

    fn overlapping(&self, repetition: u32, from: Moment, to: Moment) -> &[ClientStall] {
        let ended = |stall: &ClientStall| (stall.repetition, stall.from + stall.length) <= (repetition, from);
        let first = self.stalls.partition_point(ended);
        let begun = |stall: &ClientStall| stall.repetition == repetition && stall.from < to;
        let overlapping = self.stalls[first..].partition_point(begun);
        &self.stalls[first..first + overlapping]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Row;
    use super::*;

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

    #[test]
    fn standstills_in_a_row_that_end_in_the_read_count_together() {
        let stall = |from: u64, length: u64| ClientStall {
            repetition: 1,
            from: Moment::from_micros(from * 1_000),
            length: Micros(length * 1_000),
        };
        let late = |stalls: &[ClientStall]| {
            let row =
                Row::new().stage(Stage::Connect, 50).stage(Stage::Wait, 250).stage(Stage::Receive, 9).row();
            ClientHealth::new(stalls.to_vec()).read_late(&row).0 / 1_000
        };
        assert_eq!(
            late(&[stall(20, 200), stall(222, 76)]),
            170 + 76,
            "from 50 to 300, with a breath between"
        );
        assert_eq!(late(&[stall(20, 200), stall(240, 60)]), 60, "it had looked in vain for 20 ms");
        assert_eq!(late(&[stall(20, 200)]), 0, "it had been awake for 80 ms before it read");
        assert_eq!(late(&[stall(290, 200)]), 10, "no longer than until it read");
    }
}
