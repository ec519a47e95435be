//! Room for the answers to batches while they come: without a copy they could not be taken apart, so that where there is no room
//! their bytes wait in the network.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::model::{ByteBudget, Lease};

/// What the answers to batches that are not complete may hold together, as they are decoded. One at a time may go beyond it, so
/// that they never all wait for each other; each of the others goes beyond it by what it took last, before it knew: one read, or
/// what 256 encoded bytes decode to, which is a quarter of a MiB with gzip, 8 MiB with zstd, and with brotli as much as an answer
/// may have. The windows of decoders are not in here: up to 32 KiB each with gzip, 8 MiB with zstd, 16 MiB with brotli. All
/// threads share it.
#[derive(Debug)]
pub struct BatchRoom {
    budget: Arc<ByteBudget>,
    /// The one place of whoever goes beyond it.
    beyond: Arc<ByteBudget>,
    changed: Arc<Notify>,
}

impl BatchRoom {
    /// Room for so many bytes.
    pub fn new(bytes: u64) -> Arc<Self> {
        let (budget, beyond) = (ByteBudget::new(bytes), ByteBudget::new(1));
        Arc::new(BatchRoom { budget, beyond, changed: Arc::default() })
    }
}

/// What one answer holds; others may go on when it is dropped.
pub struct BatchHold {
    room: Arc<BatchRoom>,
    lease: Lease,
    /// Bytes that came when there was no room.
    owed: u64,
    beyond: Option<Lease>,
    change: Option<Pin<Box<OwnedNotified>>>,
}

impl BatchHold {
    /// Nothing yet.
    pub fn new(room: &Arc<BatchRoom>) -> Self {
        let lease = room.budget.nothing();
        BatchHold { room: Arc::clone(room), lease, owed: 0, beyond: None, change: None }
    }

    /// So many bytes have come.
    pub fn add(&mut self, bytes: u64) {
        if self.owed > 0 || !self.lease.grow(bytes) {
            self.owed += bytes;
        }
    }

    /// Ready once more bytes may come.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.may_go_on() {
            if let Some(change) = &mut self.change {
                ready!(change.as_mut().poll(cx));
                self.change = None;
                continue;
            }
            // It sees all changes from here on, so that the next look misses none.
            self.change = Some(Box::pin(Arc::clone(&self.room.changed).notified_owned()));
        }
        self.change = None;
        Poll::Ready(())
    }

    /// Whether more bytes may come now.
    pub fn may_go_on(&mut self) -> bool {
        if self.owed == 0 || self.beyond.is_some() {
            return true;
        }
        if self.lease.grow(self.owed) {
            self.owed = 0;
            return true;
        }
        self.beyond = self.room.beyond.reserve(1);
        self.beyond.is_some()
    }
}

impl Drop for BatchHold {
    fn drop(&mut self) {
        self.beyond = None;
        self.lease = self.room.budget.nothing();
        self.room.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn holding(room: &Arc<BatchRoom>, bytes: u64) -> BatchHold {
        let mut hold = BatchHold::new(room);
        hold.add(bytes);
        hold
    }

    fn goes_on(hold: &mut BatchHold, woken: &Arc<Woken>) -> bool {
        hold.poll_room(&mut Context::from_waker(&Waker::from(Arc::clone(woken)))).is_ready()
    }

    #[test]
    fn all_but_one_wait_where_there_is_no_room_and_go_on_when_there_is() {
        let (room, woken) = (BatchRoom::new(10), Arc::new(Woken::default()));
        let mut within = holding(&room, 8);
        let mut beyond = holding(&room, 5);
        let mut waiting = holding(&room, 5);
        assert!(goes_on(&mut within, &woken) && goes_on(&mut beyond, &woken));
        assert!(!goes_on(&mut waiting, &woken));
        beyond.add(1_000_000);
        assert!(goes_on(&mut beyond, &woken), "nothing holds up the one that goes beyond");
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        drop(within);
        assert_eq!(woken.0.load(Ordering::SeqCst), 1, "it is told of the room");
        assert!(goes_on(&mut waiting, &woken));
        let mut next = holding(&room, 8);
        assert!(!goes_on(&mut next, &woken));
        drop(beyond);
        assert_eq!(woken.0.load(Ordering::SeqCst), 2);
        assert!(goes_on(&mut next, &woken), "now it goes beyond");
        drop((waiting, next));
        assert_eq!((room.budget.used(), room.beyond.used()), (0, 0));
    }
}
