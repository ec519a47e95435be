//! The queue in front of the exporter: bounded, never waits, and accounts for every span:
//! created = exported + failed + dropped.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::registry::Counter;

/// Batches that fail one after another until a patient export gives up.
const PATIENCE: u32 = 3;

/// What became of the spans so far.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub(super) created: Counter,
    pub(super) exported: Counter,
    pub(super) failed: Counter,
    pub(super) dropped: Counter,
}

/// Makes spans and adds them.
type Make = Box<dyn FnOnce(&mut Vec<SpanData>) + Send>;

/// Spans that are made only when their turn comes.
struct Pending {
    spans: usize,
    make: Make,
}

/// A batch on its way.
pub(super) struct SpanBatch(Vec<Pending>);

impl SpanBatch {
    /// Makes the spans, at last.
    pub(super) fn make(self) -> Vec<SpanData> {
        let mut spans = Vec::with_capacity(self.0.iter().map(|pending| pending.spans).sum());
        self.0.into_iter().for_each(|pending| (pending.make)(&mut spans));
        spans
    }
}

/// Between those who make spans and the one thread that exports them.
pub struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    capacity: usize,
    counts: Counts,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Pending>,
    spans: usize,
    under_way: usize,
    closing: bool,
    /// Batches that failed since one was exported.
    failed_in_a_row: u32,
    /// Whoever offers waits for room, so there must be an end of it.
    patient: bool,
    /// Nobody waits for the exporter any more: what it still brings is counted already.
    given_up: bool,
}

impl QueueState {
    /// Whether what waits can still be sent.
    fn has_hope(&self) -> bool {
        !self.closing && self.failed_in_a_row < PATIENCE
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl Queue {
    /// A queue for so many spans.
    pub(super) fn new(capacity: usize, counts: Counts) -> Self {
        Queue { state: Mutex::default(), changed: Condvar::new(), capacity, counts }
    }

    /// Offers `spans` spans, which `make` makes later. They are dropped, and counted, if there is no room.
    pub fn offer(&self, spans: usize, make: impl FnOnce(&mut Vec<SpanData>) + Send + 'static) {
        self.counts.created.inc_by(spans as u64);
        let mut state = self.lock();
        if state.closing || state.spans + spans > self.capacity {
            self.counts.dropped.inc_by(spans as u64);
            return;
        }
        self.put(&mut state, spans, Box::new(make));
    }

    /// The same, but waits for room: for a finished run, which nothing can disturb any more. A collector that has
    /// taken no batch for [`PATIENCE`] will take no other: the rest is dropped, or the export of a large run would
    /// wait for hours.
    pub(super) fn offer_patiently(
        &self,
        spans: usize,
        make: impl FnOnce(&mut Vec<SpanData>) + Send + 'static,
    ) {
        self.counts.created.inc_by(spans as u64);
        let mut state = self.lock();
        state.patient = true;
        while state.spans > 0 && state.spans + spans > self.capacity && state.has_hope() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.has_hope() {
            self.drop_waiting(&mut state);
            self.counts.dropped.inc_by(spans as u64);
            return;
        }
        self.put(&mut state, spans, Box::new(make));
    }

    fn put(&self, state: &mut QueueState, spans: usize, make: Make) {
        state.waiting.push_back(Pending { spans, make });
        state.spans += spans;
        self.changed.notify_all();
    }

    /// Takes the next batch: when `most` spans wait, after `delay`, or at the end. `None` is the end.
    pub(super) fn take(&self, most: usize, delay: Duration) -> Option<SpanBatch> {
        let state = self.lock();
        let not_yet = |state: &mut QueueState| state.spans < most && !state.closing;
        let (mut state, _) =
            self.changed.wait_timeout_while(state, delay, not_yet).unwrap_or_else(PoisonError::into_inner);
        if state.closing && state.waiting.is_empty() {
            return None;
        }
        let (mut batch, mut spans) = (Vec::new(), 0);
        while let Some(next) = state.waiting.front() {
            if spans > 0 && spans + next.spans > most {
                break;
            }
            spans += next.spans;
            batch.extend(state.waiting.pop_front());
        }
        state.spans -= spans;
        state.under_way = spans;
        self.changed.notify_all();
        Some(SpanBatch(batch))
    }

    /// What became of the batch that was taken last.
    pub(super) fn done(&self, exported: bool) {
        let mut state = self.lock();
        let spans = std::mem::take(&mut state.under_way) as u64;
        state.failed_in_a_row = if exported { 0 } else { state.failed_in_a_row + 1 };
        if !state.given_up {
            let outcome = if exported { &self.counts.exported } else { &self.counts.failed };
            outcome.inc_by(spans);
        }
        // Here, and not when the next span is offered: the exporter would take one more batch meanwhile.
        if state.patient && state.failed_in_a_row >= PATIENCE {
            self.drop_waiting(&mut state);
        }
        self.changed.notify_all();
    }

    /// No span is taken any more; what waits goes out at once.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    /// Nobody waits any longer: what is left is dropped, what is under way has failed.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        state.given_up = true;
        self.counts.failed.inc_by(state.under_way as u64);
        self.drop_waiting(&mut state);
    }

    fn drop_waiting(&self, state: &mut QueueState) {
        state.closing = true;
        self.counts.dropped.inc_by(std::mem::take(&mut state.spans) as u64);
        state.waiting.clear();
        self.changed.notify_all();
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn figures(counts: &Counts) -> [u64; 4] {
        [&counts.created, &counts.exported, &counts.failed, &counts.dropped].map(Counter::get)
    }

    proptest! {
        #[test]
        fn every_span_is_accounted_for(steps in prop::collection::vec((0_u8..4, 1_usize..9), 0..60)) {
            let queue = Queue::new(20, Counts::default());
            for (step, spans) in steps {
                match step {
                    0 | 1 => queue.offer(spans, |_| {}),
                    step => {
                        if queue.take(spans, Duration::ZERO).is_some() {
                            queue.done(step == 2);
                        }
                    }
                }
            }
            queue.give_up();
            let [created, exported, failed, dropped] = figures(queue.counts());
            prop_assert_eq!(created, exported + failed + dropped);
            queue.offer(3, |_| {});
            prop_assert_eq!(figures(queue.counts()), [created + 3, exported, failed, dropped + 3]);
        }
    }

    #[test]
    fn patience_ends_after_three_batches_in_a_row_and_accounts_for_the_rest() {
        let queue = Queue::new(4, Counts::default());
        for exported in [false, false, true, false, false] {
            queue.offer_patiently(4, |_| {});
            assert!(queue.take(4, Duration::ZERO).is_some());
            queue.done(exported);
        }
        queue.offer_patiently(4, |_| {});
        queue.offer(1, |_| {});
        std::thread::scope(|scope| {
            // Waits for room until the batch that is under way has failed.
            scope.spawn(|| queue.offer_patiently(4, |_| {}));
            assert!(queue.take(4, Duration::ZERO).is_some());
            queue.done(false);
        });
        queue.offer_patiently(4, |_| {});
        assert!(queue.take(4, Duration::ZERO).is_none(), "the end");
        let [created, exported, failed, dropped] = figures(queue.counts());
        assert_eq!((exported, failed), (4, 20));
        assert_eq!(created, exported + failed + dropped);
    }

    #[test]
    fn what_waits_when_all_is_offered_still_goes_out() {
        let queue = Queue::new(20, Counts::default());
        (0..3).for_each(|_| queue.offer_patiently(4, |_| {}));
        assert!(queue.take(4, Duration::ZERO).is_some());
        queue.close();
        for _ in 0..2 {
            queue.done(true);
            assert!(queue.take(4, Duration::ZERO).is_some());
        }
        queue.done(true);
        assert_eq!(figures(queue.counts()), [12, 12, 0, 0]);
    }

    #[test]
    fn without_hope_no_batch_more_is_taken() {
        let queue = Queue::new(20, Counts::default());
        (0..4).for_each(|_| queue.offer_patiently(4, |_| {}));
        for _ in 0..PATIENCE {
            assert!(queue.take(4, Duration::ZERO).is_some());
            queue.done(false);
        }
        assert!(queue.take(4, Duration::ZERO).is_none(), "the end");
        assert_eq!(figures(queue.counts()), [16, 0, 12, 4]);
    }

    #[test]
    fn what_comes_back_after_giving_up_is_not_counted_twice() {
        let queue = Queue::new(20, Counts::default());
        queue.offer(5, |_| {});
        let batch = queue.take(5, Duration::ZERO);
        assert!(batch.is_some());
        queue.offer(2, |_| {});
        queue.give_up();
        queue.done(true);
        assert_eq!(figures(queue.counts()), [7, 0, 5, 2]);
        assert!(queue.take(5, Duration::ZERO).is_none(), "the end");
    }

    #[test]
    fn a_batch_waits_until_it_is_full_and_does_not_split_a_request() {
        let queue = Queue::new(20, Counts::default());
        [4, 4].into_iter().for_each(|spans| queue.offer(spans, |_| {}));
        let batch = queue.take(6, Duration::from_secs(60)).expect("enough for a batch");
        assert_eq!(batch.0.len(), 1);
        queue.done(true);
        queue.close();
        assert_eq!(
            queue.take(6, Duration::from_secs(60)).map(|batch| batch.0.len()),
            Some(1),
            "the rest, at once"
        );
    }
}
