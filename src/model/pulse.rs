//! What the engine says of itself while it runs, for whoever watches: never waits, never grows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::Micros;

/// Latenesses that nobody has taken yet; more are not kept.
const LAGS_MOST: usize = 4_096;

/// How one thread of the engine stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requests that have become due so far.
    pub due: u64,
    /// Of these, the ones that have not ended.
    pub active: u64,
    /// Connections that are open or being opened.
    pub connections: u64,
}

/// Written by the engine, read by telemetry and by the progress.
#[derive(Debug, Default)]
pub struct Pulse {
    due: AtomicU64,
    active: AtomicU64,
    connections: AtomicU64,
    lags: Mutex<Vec<Micros>>,
}

impl Pulse {
    /// What one thread told before, and what it tells now. Threads add up.
    pub fn change(&self, before: Standing, now: Standing) {
        let add = |sum: &AtomicU64, before: u64, now: u64| {
            sum.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
        };
        add(&self.due, before.due, now.due);
        add(&self.active, before.active, now.active);
        add(&self.connections, before.connections, now.connections);
    }

    /// Nothing is under way any more.
    pub fn rest(&self) {
        self.active.store(0, Ordering::Relaxed);
        self.connections.store(0, Ordering::Relaxed);
    }

    /// The loop woke so late.
    pub fn late(&self, lag: Micros) {
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        if lags.len() < LAGS_MOST {
            lags.push(lag);
        }
    }

    /// Requests that have become due so far.
    pub fn due(&self) -> u64 {
        self.due.load(Ordering::Relaxed)
    }

    /// Requests that are due and have not ended.
    pub fn active(&self) -> u64 {
        self.active.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Takes the latenesses since the last call.
    pub fn take_lags(&self) -> Vec<Micros> {
        std::mem::take(&mut self.lags.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_does_not_pile_up() {
        let pulse = Pulse::default();
        (0..10_000).for_each(|lag| pulse.late(Micros(lag)));
        assert_eq!(pulse.take_lags().len(), LAGS_MOST);
        assert!(pulse.take_lags().is_empty());
        let standing = |due, active, connections| Standing { due, active, connections };
        pulse.change(Standing::default(), standing(3, 3, 2));
        pulse.change(Standing::default(), standing(4, 4, 4));
        pulse.change(standing(3, 3, 2), standing(6, 1, 1));
        assert_eq!((pulse.due(), pulse.active(), pulse.connections()), (10, 5, 5));
        pulse.rest();
        assert_eq!((pulse.due(), pulse.active(), pulse.connections()), (10, 0, 0), "what was due was");
    }
}
