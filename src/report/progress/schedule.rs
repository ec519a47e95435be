//! How long a run will go on, from how long its parts took so far: an estimate that says what it does not know.

use crate::model::Part;

/// The loads of a run in the order in which they come, and how long the finished ones took.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    loads: Vec<ScheduledLoad>,
    /// The load that is on, or comes next.
    at: usize,
}

#[derive(Debug)]
struct ScheduledLoad {
    /// Loads of one part take about as long.
    part: Part,
    requests: u64,
    /// In seconds, from the end of the load before.
    took: Option<f64>,
}

/// Seconds until a run ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Left {
    /// Nothing has been seen that could tell.
    Unknown,
    /// Some part that is to come has not been seen yet.
    AtLeast(f64),
    /// Every part has.
    About(f64),
}

impl Schedule {
    pub(super) fn new(loads: impl IntoIterator<Item = (Part, u64)>) -> Self {
        let loads = loads.into_iter().map(|(part, requests)| ScheduledLoad { part, requests, took: None });
        Schedule { loads: loads.collect(), at: 0 }
    }

    /// The load that is on has ended after so many seconds.
    pub(super) fn finish(&mut self, seconds: f64) {
        if let Some(load) = self.loads.get_mut(self.at) {
            load.took = Some(seconds);
        }
        self.at += 1;
    }

    /// From a load that has been on for `elapsed` seconds and of whose requests so many have ended.
    pub(super) fn left(&self, elapsed: f64, ended: u64) -> Left {
        let Some(load) = self.loads.get(self.at) else { return Left::Unknown };
        let current = self.length(load, elapsed, ended);
        let coming = self.loads.iter().skip(self.at + 1).map(|other| {
            let like_this = other.part == load.part && other.requests == load.requests;
            self.seen(other).or(current.filter(|_| like_this))
        });
        let rest = current.map(|length| (length - elapsed).max(0.0));
        let all: Vec<Option<f64>> = std::iter::once(rest).chain(coming).collect();
        let known: f64 = all.iter().flatten().sum();
        match all.iter().flatten().count() {
            0 => Left::Unknown,
            some if some < all.len() => Left::AtLeast(known),
            _ => Left::About(known),
        }
    }

    /// How long a load takes in all: as long as those of its part, until it has taken longer; then by its progress.
    fn length(&self, load: &ScheduledLoad, elapsed: f64, ended: u64) -> Option<f64> {
        let by_progress = || (ended > 0).then(|| elapsed * load.requests.max(ended) as f64 / ended as f64);
        self.seen(load).filter(|length| *length >= elapsed).or_else(by_progress)
    }

    /// The mean length of the finished loads of its part.
    fn seen(&self, load: &ScheduledLoad) -> Option<f64> {
        let alike = |other: &&ScheduledLoad| other.part == load.part && other.requests == load.requests;
        let took: Vec<f64> = self.loads.iter().filter(alike).filter_map(|other| other.took).collect();
        (!took.is_empty()).then(|| took.iter().sum::<f64>() / took.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;

    fn schedule() -> Schedule {
        Schedule::new(Phase::interleaved(3).map(|(phase, _)| (phase.into(), 100)))
    }

    #[test]
    fn what_has_not_been_seen_is_said() {
        let mut schedule = schedule();
        assert_eq!(schedule.left(1.0, 0), Left::Unknown, "no request has ended");
        // Half of this one is left, and two like it; nobody knows how long the others take.
        assert_eq!(schedule.left(5.0, 50), Left::AtLeast(25.0));
        schedule.finish(12.0);
        assert_eq!(schedule.left(1.0, 0), Left::AtLeast(24.0), "two of the kind that was seen");
    }

    #[test]
    fn once_each_kind_was_seen_the_sum_is_known() {
        let mut schedule = schedule();
        [12.0, 4.0, 6.0].into_iter().for_each(|seconds| schedule.finish(seconds));
        // 12 − 2 of this one, 12 of the next, 5 of the last.
        assert_eq!(schedule.left(2.0, 90), Left::About(27.0));
        // It takes longer than those before it: its progress counts.
        assert_eq!(schedule.left(15.0, 75), Left::About(22.0));
        [12.0, 12.0, 5.0].into_iter().for_each(|seconds| schedule.finish(seconds));
        assert_eq!(schedule.left(1.0, 1), Left::Unknown, "beyond the end");
    }
}
