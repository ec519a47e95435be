//! What the engine says of itself while it runs, for whoever watches: never waits, never grows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::Micros;

/// Latenesses that nobody has taken yet; more are not kept.
const LAGS_MOST: usize = 4_096;

/// Written by the engine, read by telemetry.
#[derive(Debug, Default)]
pub struct Pulse {
    active: AtomicU64,
    connections: AtomicU64,
    lags: Mutex<Vec<Micros>>,
}

impl Pulse {
    /// One thread's requests that are due and have not ended, and its connections that are open: what it told before, and what
    /// it tells now. Threads add up.
    pub fn change(&self, before: (u64, u64), now: (u64, u64)) {
        self.active.fetch_add(now.0.wrapping_sub(before.0), Ordering::Relaxed);
        self.connections.fetch_add(now.1.wrapping_sub(before.1), Ordering::Relaxed);
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
        pulse.change((0, 0), (3, 2));
        pulse.change((0, 0), (4, 4));
        pulse.change((3, 2), (1, 1));
        assert_eq!((pulse.active(), pulse.connections()), (5, 5));
        pulse.rest();
        assert_eq!((pulse.active(), pulse.connections()), (0, 0));
    }
}
