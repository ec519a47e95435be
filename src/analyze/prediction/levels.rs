//! How many exchanges a server worked on at the same time, and for how long.

use std::collections::BTreeMap;

/// When one exchange was in the server, in microseconds of its repetition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sojourn {
    pub repetition: u32,
    /// It asked for a replica.
    pub entered: u64,
    /// It got one.
    pub start: u64,
    /// It gave it back.
    pub end: u64,
}

/// Of all the time at work, so much must have passed while exchanges waited for a replica before the number
/// of replicas counts as known.
const QUEUED: f64 = 0.05;
/// Of what was at work on average, a number of replicas may be short by this part: clocks of two machines.
const SHORT: f64 = 0.1;
/// A level that was held for less than this share of the time is an accident of the client's clock readings.
const HELD: f64 = 0.01;

/// Time by the number of exchanges that were computed.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// Microseconds at each level.
    all: BTreeMap<usize, u64>,
    /// Of these, the ones in which at least one exchange waited for a replica.
    queued: BTreeMap<usize, u64>,
    /// Microseconds by the number of exchanges in the server, computed or waiting.
    inside: BTreeMap<usize, u64>,
}

impl Levels {
    /// Adds up the intervals of all repetitions, which count from 1.
    pub(super) fn of(intervals: impl Iterator<Item = Sojourn>, repetitions: u32) -> Self {
        let mut events = vec![Vec::new(); repetitions as usize];
        for Sojourn { repetition, entered, start, end } in intervals {
            // (when, change in waiting, change in computing)
            events[repetition as usize - 1].extend([(entered, 1_i64, 0_i64), (start, -1, 1), (end, 0, -1)]);
        }
        let mut levels = Levels::default();
        events.into_iter().for_each(|events| levels.sweep(events));
        levels
    }

    fn sweep(&mut self, mut events: Vec<(u64, i64, i64)>) {
        events.sort_unstable();
        let (mut reached, mut waiting, mut computing) = (0, 0_i64, 0_i64);
        for (time, waits, computes) in events {
            let passed = time - reached;
            let (level, line) = (computing.max(0) as usize, waiting.max(0) as usize);
            if passed > 0 && level + line > 0 {
                *self.all.entry(level).or_default() += passed;
                *self.inside.entry(level + line).or_default() += passed;
                if line > 0 {
                    *self.queued.entry(level).or_default() += passed;
                }
            }
            (reached, waiting, computing) = (time, waiting + waits, computing + computes);
        }
    }

    /// How many exchanges are computed at the same time, and whether there are no more replicas than these.
    ///
    /// While an exchange waits for a replica, all of them are busy: the median level of that time is their
    /// number, and the odd answer that the client noticed late does not move it. Where none waited, the
    /// highest level that was held for a while is what the server can do at least. So it is where more were at work on average
    /// (throughput × compute): then what the server calls its queue is no line for a replica.
    pub(super) fn replicas(&self) -> Option<(usize, bool)> {
        let (total, queued) = (self.all.values().sum::<u64>(), self.queued.values().sum::<u64>());
        let at_work: f64 = self.all.iter().map(|(level, time)| *level as f64 * *time as f64).sum();
        let known = median(&self.queued).filter(|level| {
            let mean = at_work / total.max(1) as f64;
            queued as f64 > QUEUED * total as f64 && mean <= *level as f64 * (1.0 + SHORT)
        });
        known.map(|level| (level, true)).or_else(|| Some((held(&self.all)?, false)))
    }

    /// The most exchanges that were computed at the same time for a while.
    pub(super) fn held(&self) -> usize {
        held(&self.all).unwrap_or_default()
    }

    /// Most exchanges in the server at the same time, computed or waiting for a replica.
    pub(super) fn most_inside(&self) -> usize {
        held(&self.inside).unwrap_or_default()
    }
}

fn median(times: &BTreeMap<usize, u64>) -> Option<usize> {
    let half = times.values().sum::<u64>() / 2;
    let mut passed = 0;
    times.iter().find_map(|(level, time)| {
        passed += time;
        (passed > half).then_some(*level)
    })
}

/// The highest level at or above which at least [`HELD`] of the time passed.
fn held(times: &BTreeMap<usize, u64>) -> Option<usize> {
    let least = times.values().sum::<u64>() as f64 * HELD;
    let mut passed = 0;
    times.iter().rev().find_map(|(level, time)| {
        passed += time;
        (passed as f64 >= least).then_some(*level)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(of: &[(u64, u64, u64)]) -> Levels {
        let interval = |&(entered, start, end): &_| Sojourn { repetition: 1, entered, start, end };
        Levels::of(of.iter().map(interval), 1)
    }

    #[test]
    fn who_waits_shows_that_all_replicas_are_busy() {
        // two replicas, four exchanges at once
        let levels = intervals(&[(0, 0, 100), (0, 0, 110), (0, 100, 200), (0, 110, 210)]);
        assert_eq!(levels.replicas(), Some((2, true)));
        assert_eq!(levels.most_inside(), 4);
    }

    #[test]
    fn an_answer_that_was_noticed_late_adds_no_replica() {
        let levels = intervals(&[(0, 0, 103), (0, 0, 110), (0, 100, 200), (0, 110, 210)]);
        assert_eq!(levels.replicas(), Some((2, true)));
    }

    #[test]
    fn a_queue_beside_which_more_is_computed_than_replicas_is_no_line_for_one() {
        // four callers in step: while one is in what the server calls its queue, nothing is computed
        let calls: Vec<_> = (0..40).map(|n| n / 4 * 100).map(|at| (at, at + 30, at + 100)).collect();
        assert_eq!(intervals(&calls).replicas(), Some((4, false)));
    }

    #[test]
    fn without_a_line_the_level_is_a_lower_bound() {
        let levels = intervals(&[(0, 0, 100), (50, 50, 150), (120, 120, 220)]);
        assert_eq!(levels.replicas(), Some((2, false)));
        assert_eq!(intervals(&[]).replicas(), None);
    }
}
