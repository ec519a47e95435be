//! How many bytes may be held at a time: whoever wants to keep some asks first, is never made to wait, and gives
//! them back by dropping its lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A limit that several threads share. Only the sum matters, so no order between threads is needed.
#[derive(Debug)]
pub struct ByteBudget {
    limit: u64,
    used: AtomicU64,
}

/// A place in the budget; it is free again when this is dropped.
#[derive(Debug)]
pub struct Lease {
    budget: Arc<ByteBudget>,
    bytes: u64,
}

impl ByteBudget {
    /// A budget of so many bytes.
    pub fn new(limit: u64) -> Arc<ByteBudget> {
        Arc::new(ByteBudget { limit, used: AtomicU64::new(0) })
    }

    /// A place of no bytes, which may grow.
    pub fn nothing(self: &Arc<Self>) -> Lease {
        Lease { budget: Arc::clone(self), bytes: 0 }
    }

    /// A place for so many bytes; `None`, at once, where there is none.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Option<Lease> {
        self.take(bytes).then(|| Lease { budget: Arc::clone(self), bytes })
    }

    /// The bytes that are held.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let within = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).is_ok()
    }
}

impl Lease {
    /// Makes the place larger; `false`, and as it was, where there is no room for that.
    pub fn grow(&mut self, more: u64) -> bool {
        let grown = self.budget.take(more);
        if grown {
            self.bytes += more;
        }
        grown
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_never_exceeds_the_limit_and_comes_back() {
        let budget = ByteBudget::new(10);
        let mut first = budget.reserve(6).expect("there is room");
        assert!(budget.reserve(5).is_none());
        assert!(first.grow(4) && !first.grow(1));
        assert_eq!(budget.used(), 10);
        assert!(budget.reserve(u64::MAX).is_none(), "no sum that wraps around");
        assert!(budget.reserve(0).is_some(), "nothing has always room");
        drop(first);
        assert_eq!(budget.used(), 0);
        assert!(budget.reserve(10).is_some());
    }

    #[test]
    fn threads_share_one_limit() {
        let budget = ByteBudget::new(100);
        let most = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let lease = budget.reserve(30);
                        most.fetch_max(budget.used(), Ordering::Relaxed);
                        drop(lease);
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
        assert!((30..=100).contains(&most.into_inner()));
    }
}
