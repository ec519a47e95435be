//! How many bytes of answers may be in memory at the same time, between the engine and the recorder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A budget that its users share. Nobody waits for it: what does not fit is refused, and counted.
#[derive(Debug)]
pub struct ByteBudget {
    limit: u64,
    used: AtomicU64,
    refused: AtomicU64,
}

/// A part of the budget that is given back when it is dropped.
#[derive(Debug)]
pub struct Lease {
    budget: Arc<ByteBudget>,
    bytes: u64,
}

impl ByteBudget {
    /// A budget of so many bytes.
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(ByteBudget { limit, used: AtomicU64::new(0), refused: AtomicU64::new(0) })
    }

    /// Takes so many bytes, if they are left.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Lease> {
        let mut lease = Lease { budget: Arc::clone(self), bytes: 0 };
        lease.grow(bytes).then_some(lease)
    }

    /// How often something was refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Lease {
    /// Takes more bytes, if they are left.
    pub fn grow(&mut self, more: usize) -> bool {
        let more = more as u64;
        let used = self.budget.used.fetch_add(more, Ordering::Relaxed);
        let fits = used.saturating_add(more) <= self.budget.limit;
        if fits {
            self.bytes += more;
        } else {
            self.budget.used.fetch_sub(more, Ordering::Relaxed);
            self.budget.refused.fetch_add(1, Ordering::Relaxed);
        }
        fits
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
    fn what_is_dropped_can_be_had_again_and_what_does_not_fit_is_counted() {
        let budget = ByteBudget::new(10);
        let mut first = budget.reserve(6).expect("there is room");
        assert!(budget.reserve(5).is_none() && !first.grow(5) && first.grow(4));
        assert_eq!(budget.refused(), 2);
        drop(first);
        assert!(budget.reserve(10).is_some());
    }
}
