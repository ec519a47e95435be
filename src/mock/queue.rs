//! The replicas that compute, and the bounded first-in-first-out line in front of them.
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) struct Replicas {
    free: Semaphore,
    total: usize,
    waiting: AtomicUsize,
    limit: usize,
}

/// As many exchanges wait as may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// A place in the line, given up when dropped: a caller that goes away must not be counted forever.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Replicas {
    pub(super) fn new(total: usize, limit: usize) -> Self {
        Self { free: Semaphore::new(total), total, waiting: AtomicUsize::new(0), limit }
    }

    /// Takes a replica, after those that asked before; refused when the line is full.
    pub(super) async fn take(&self) -> Result<SemaphorePermit<'_>, Full> {
        // never overtakes: a replica that comes free goes to the first in the line before it counts as free
        if let Ok(replica) = self.free.try_acquire() {
            return Ok(replica);
        }
        if self.waiting() >= self.limit {
            return Err(Full);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.waiting);
        Ok(self.free.acquire().await.expect("the semaphore is never closed"))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn busy(&self) -> usize {
        self.total - self.free.available_permits().min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_line_is_bounded_and_in_order() {
        let replicas = Replicas::new(1, 2);
        let Poll::Ready(Ok(replica)) = poll(pin!(replicas.take())) else { panic!("a free replica") };
        let mut second = pin!(replicas.take());
        let mut third = pin!(replicas.take());
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        assert!(matches!(poll(pin!(replicas.take())), Poll::Ready(Err(Full))));
        assert_eq!((replicas.waiting(), replicas.busy()), (2, 1));
        drop(replica);
        assert!(poll(third.as_mut()).is_pending(), "the second asked first");
        assert!(poll(second.as_mut()).is_ready());
    }

    #[test]
    fn who_leaves_the_line_frees_the_place() {
        let replicas = Replicas::new(1, 1);
        let _replica = poll(pin!(replicas.take()));
        {
            let mut leaver = Box::pin(replicas.take());
            assert!(poll(leaver.as_mut()).is_pending());
        }
        assert_eq!(replicas.waiting(), 0);
        assert!(poll(pin!(replicas.take())).is_pending());
    }
}
