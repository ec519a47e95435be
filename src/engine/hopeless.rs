//! When a repetition goes on no longer: for so long nothing but failures has ended in it, on all its threads together.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::model::{ErrorKind, Micros, Moment, Sample};

/// Fewer failures in a row are chance.
const LEAST: u64 = 3;
/// So many requests of a repetition that found no port or descriptor left on this machine, whatever became of the others, are a
/// load that is no longer the planned one.
pub const LOCAL_MOST: u64 = 16;
/// Nothing has failed since the last success.
const NEVER: u64 = u64::MAX;

/// How much failure is enough: both of these, since the last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the end of the first failure to that of the last.
    pub lasting: Duration,
    /// So many failures.
    pub failures: u64,
}

impl Patience {
    /// For a load of so many callers, each of whom fails.
    pub fn of_load(lasting: Duration, workers: u64) -> Self {
        Patience { lasting, failures: workers.max(LEAST) }
    }

    /// For single calls to an idle server, or calls with `batch` requests in each.
    pub fn of_calls(batch: u64) -> Self {
        Patience { lasting: Duration::ZERO, failures: LEAST * batch }
    }
}

/// Watches all threads of a repetition. They do not wait for each other: a failure that is counted as another thread succeeds may
/// be forgotten.
#[derive(Debug)]
pub(super) struct Hopeless {
    patience: Option<Patience>,
    since: AtomicU64,
    failures: AtomicU64,
    /// Requests that this machine had no room for.
    local: AtomicU64,
    gave_up: OnceLock<Moment>,
}

impl Hopeless {
    /// With no patience nothing is ever hopeless.
    pub(super) fn new(patience: Option<Patience>) -> Self {
        let (since, failures, local) = (AtomicU64::new(NEVER), AtomicU64::new(0), AtomicU64::new(0));
        Hopeless { patience, since, failures, local, gave_up: OnceLock::new() }
    }

    /// Takes a request that has ended; whether that is enough.
    pub(super) fn take(&self, sample: &Sample) -> bool {
        let Some((patience, end)) = self.patience.zip(sample.end()) else { return false };
        match sample.error {
            None => {
                // As good as always there is nothing to forget.
                if self.since.load(Ordering::Relaxed) != NEVER {
                    self.since.store(NEVER, Ordering::Relaxed);
                    self.failures.store(0, Ordering::Relaxed);
                }
                return false;
            }
            Some(ErrorKind::Interrupted | ErrorKind::Unsent) => return false,
            Some(_) => {}
        }
        let now = end.as_micros();
        let since = self.since.fetch_min(now, Ordering::Relaxed).min(now);
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let local = sample.error == Some(ErrorKind::LocalLimit)
            && self.local.fetch_add(1, Ordering::Relaxed) + 1 >= LOCAL_MOST;
        let enough =
            local || failures >= patience.failures && now - since >= Micros::from(patience.lasting).0;
        if enough {
            self.gave_up.get_or_init(|| end);
        }
        enough
    }

    /// When it was enough.
    pub(super) fn gave_up(&self) -> Option<Moment> {
        self.gave_up.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Stage, Stages, TraceId};

    fn ended(ms: u64, error: Option<ErrorKind>) -> Sample {
        let mut lengths = [None; Stage::ALL.len()];
        lengths[0] = Some(Micros(ms * 1_000));
        let stages = Stages::from_lengths(lengths);
        Sample { stages, error, ..Sample::unsent(0, TraceId(1), Some(Moment::START)) }
    }

    fn enough(hopeless: &Hopeless, failures: &[u64]) -> Vec<bool> {
        failures.iter().map(|ms| hopeless.take(&ended(*ms, Some(ErrorKind::Http5xx)))).collect()
    }

    #[test]
    fn it_takes_both_the_time_and_the_number() {
        let of = |lasting, failures| {
            Hopeless::new(Some(Patience { lasting: Duration::from_millis(lasting), failures }))
        };
        assert_eq!(enough(&of(10, 3), &[5, 6, 14, 15, 16]), [false, false, false, true, true]);
        assert_eq!(enough(&of(10, 3), &[5, 50, 500]), [false, false, true]);
        assert_eq!(enough(&of(0, 3), &[5, 5, 5]), [false, false, true]);
        let hopeless = of(10, 2);
        enough(&hopeless, &[1, 20, 30]);
        assert_eq!(hopeless.gave_up(), Some(Moment::from_micros(20_000)), "when it was enough first");
        assert_eq!(enough(&Hopeless::new(None), &[1, 1_000_000]), [false, false]);
    }

    #[test]
    fn one_success_is_hope_and_what_was_stopped_is_no_failure() {
        let hopeless = Hopeless::new(Some(Patience::of_calls(1)));
        assert_eq!(enough(&hopeless, &[1, 2]), [false, false]);
        assert!(!hopeless.take(&ended(3, None)));
        assert_eq!(enough(&hopeless, &[4, 5]), [false, false]);
        assert!(!hopeless.take(&ended(6, Some(ErrorKind::Interrupted))));
        assert_eq!((enough(&hopeless, &[7]), hopeless.gave_up().is_some()), (vec![true], true));
    }

    #[test]
    fn a_machine_without_room_is_enough_whatever_succeeds() {
        let hopeless = Hopeless::new(Some(Patience::of_load(Duration::from_secs(10), 64)));
        let mut enough = (1..).map(|ms| {
            hopeless.take(&ended(ms, None));
            hopeless.take(&ended(ms, Some(ErrorKind::LocalLimit)))
        });
        assert_eq!(enough.position(|enough| enough), Some(LOCAL_MOST as usize - 1));
        let never = Hopeless::new(None);
        assert!(
            (1..100).all(|ms| !never.take(&ended(ms, Some(ErrorKind::LocalLimit)))),
            "all of it is wanted"
        );
    }

    #[test]
    fn each_caller_of_a_load_has_failed() {
        assert_eq!(Patience::of_load(Duration::from_secs(10), 64).failures, 64);
        assert_eq!(Patience::of_load(Duration::from_secs(10), 1).failures, LEAST);
    }
}
