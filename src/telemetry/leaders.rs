//! Which request leads an exchange: the one whose trace context it carried.
//!
//! The engine puts requests into an exchange in the order of due, lets the first one lead and ends their
//! stories in that order, so the first record of a batch is its leader's, in the stream as in the log.

use std::collections::HashMap;

use crate::model::{Sample, TraceId};

/// The batches of one repetition of which a record is still to come.
#[derive(Debug, Default)]
pub(super) struct Leaders(HashMap<u64, Open>);

#[derive(Clone, Copy, Debug)]
struct Open {
    leader: TraceId,
    seen: u32,
}

impl Leaders {
    /// The trace of the request that leads the exchange of this one. To be asked for every record, in order.
    pub(super) fn of(&mut self, sample: &Sample) -> TraceId {
        let Some(batch) = sample.batch.filter(|batch| batch.size > 1) else { return sample.trace_id };
        let open = self.0.entry(batch.id).or_insert(Open { leader: sample.trace_id, seen: 0 });
        open.seen += 1;
        let leader = open.leader;
        if open.seen == batch.size {
            self.0.remove(&batch.id);
        }
        leader
    }

    /// Learns what was seen of records that were lost on the way here.
    pub(super) fn learn(&mut self, lost: Leaders) {
        for (batch, theirs) in lost.0 {
            let open = self.0.entry(batch).or_insert(Open { leader: theirs.leader, seen: 0 });
            open.seen += theirs.seen;
        }
    }

    /// Whether nothing is remembered.
    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BatchUse;

    fn record(trace: u128, id: u64) -> Sample {
        let batch = Some(BatchUse { id, size: 3 });
        Sample { batch, ..Sample::unsent(0, TraceId(trace), None) }
    }

    #[test]
    fn the_first_record_of_a_batch_leads_it() {
        let mut leaders = Leaders::default();
        let stream = [(1, 7), (2, 8), (3, 7), (4, 7), (5, 8), (6, 8)];
        let led: Vec<_> = stream.iter().map(|(trace, id)| leaders.of(&record(*trace, *id)).0).collect();
        assert_eq!(led, [1, 2, 1, 1, 2, 2]);
        assert!(leaders.is_empty(), "complete batches are forgotten");
        assert_eq!(leaders.of(&Sample::unsent(0, TraceId(9), None)).0, 9, "alone it leads itself");
    }

    #[test]
    fn a_leader_whose_record_was_lost_still_leads() {
        let (mut seen, mut lost) = (Leaders::default(), Leaders::default());
        lost.of(&record(1, 7));
        seen.learn(lost);
        assert_eq!([seen.of(&record(2, 7)).0, seen.of(&record(3, 7)).0], [1, 1]);
        assert!(seen.is_empty());
    }
}
