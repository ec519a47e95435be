//! The tap on finished samples: it can lose, it counts what it loses, and it never waits.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use super::collector::Message;
use super::leaders::Leaders;
use super::origin::Origin;
use super::registry::Counter;
use crate::model::Completed;

/// Chunks between recorder and collector; the memory of a stuck collector is bounded by them.
pub(super) const CHUNKS: usize = 128;

/// Where the recorder hands its chunks to once they are written.
pub(super) struct SampleTap {
    pub origin: Arc<Origin>,
    pub sender: SyncSender<Message>,
    pub dropped: Counter,
    /// Of chunks that were lost since the last one that was not.
    pub lost: Leaders,
}

impl SampleTap {
    pub(super) fn hand_on(&mut self, chunk: Vec<Completed>) {
        let lost = std::mem::take(&mut self.lost);
        let message = Message::Chunk { origin: Arc::clone(&self.origin), chunk, lost };
        let refused = match self.sender.try_send(message) {
            Ok(()) => return,
            Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => message,
        };
        if let Message::Chunk { chunk, lost, .. } = refused {
            self.dropped.inc_by(chunk.len() as u64);
            self.lost = lost;
            for completed in &chunk {
                self.lost.of(&completed.sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::model::manifest::Destination;
    use crate::model::{BatchUse, Phase, Sample, TraceId};

    fn chunk(traces: &[u128]) -> Vec<Completed> {
        let batch = Some(BatchUse { id: 1, size: 9 });
        let sample = |trace: &u128| Sample { batch, ..Sample::unsent(0, TraceId(*trace), None) };
        traces.iter().map(|trace| Completed { sample: sample(trace), answer: None }).collect()
    }

    #[test]
    fn a_full_channel_costs_samples_which_are_counted_and_never_time() {
        let (sender, receiver) = sync_channel(1);
        let origin = Arc::new(Origin::new("run", Phase::Before.into(), 1, Destination::default()));
        let mut tap = SampleTap { origin, sender, dropped: Counter::default(), lost: Leaders::default() };
        tap.hand_on(chunk(&[]));
        tap.hand_on(chunk(&[1, 2]));
        tap.hand_on(chunk(&[3]));
        assert_eq!(tap.dropped.get(), 3);
        assert!(receiver.recv().is_ok());
        tap.hand_on(chunk(&[4]));
        let Ok(Message::Chunk { mut lost, chunk, .. }) = receiver.recv() else { panic!("a chunk") };
        assert_eq!(lost.of(&chunk[0].sample), TraceId(1), "the leader was lost, its name was not");
        drop(receiver);
        tap.hand_on(self::chunk(&[5]));
        assert_eq!(tap.dropped.get(), 4, "nobody listens any more");
    }
}
