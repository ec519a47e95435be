//! Whether a load was a closed loop, as its rows show it.

use super::Observation;
use crate::model::{Micros, Moment};

/// So many callers, each of whom sends a request so long after its last one has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedLoop {
    /// Requests that are due at once at the start.
    pub callers: u64,
    /// Between an end and what is due because of it.
    pub think: Micros,
}

impl ClosedLoop {
    /// From the rows of one repetition: each request that is not due at the start is so at the very instant at which another one
    /// ended, or always the same time later. `None` where that does not hold.
    pub fn of(rows: &[Observation]) -> Option<Self> {
        let mut ends: Vec<Moment> = rows.iter().filter_map(Observation::end).collect();
        ends.sort_unstable();
        let dues = rows.iter().filter_map(Observation::due);
        let (first, later): (Vec<Moment>, Vec<Moment>) = dues.partition(|due| *due == Moment::START);
        // The first end makes the first of the later requests due.
        let thought = later.iter().min().zip(ends.first()).map(|(due, end)| due.since(*end));
        let candidates = [Some(Micros(0)), thought];
        let think = candidates.into_iter().flatten().find(|think| follow(&later, &ends, *think))?;
        (!first.is_empty()).then_some(ClosedLoop { callers: first.len() as u64, think })
    }
}

/// Whether requests are due so long after ends; an interrupted log lacks some of the ends.
fn follow(later: &[Moment], ends: &[Moment], think: Micros) -> bool {
    let ended = |due: &&Moment| {
        let end = due.as_micros().checked_sub(think.0).map(Moment::from_micros);
        end.is_some_and(|end| ends.binary_search(&end).is_ok())
    };
    later.iter().filter(ended).count() * 20 >= later.len() * 19
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{phase_of, sample};
    use super::*;
    use crate::model::Sample;

    fn found(rows: &[(u64, u64)]) -> Option<ClosedLoop> {
        let row = |(seq, (due, latency)): (u64, &(u64, u64))| Sample {
            due: Some(Moment::from_micros(*due)),
            ..sample(seq, *latency)
        };
        let phase = phase_of(rows.len() as u64, (0..).zip(rows).map(row));
        ClosedLoop::of(phase.rows())
    }

    #[test]
    fn callers_and_what_they_wait_stand_in_the_log() {
        let think = |think: u64| {
            let rows = [(0, 100), (0, 130), (100 + think, 50), (130 + think, 70), (150 + 2 * think, 10)];
            found(&rows).map(|found| (found.callers, found.think.0))
        };
        assert_eq!([0, 1, 7_000].map(think), [0, 1, 7_000].map(|think| Some((2, think))));
        assert_eq!(found(&[(0, 5), (0, 6)]), Some(ClosedLoop { callers: 2, think: Micros(0) }));
    }

    #[test]
    fn another_load_is_none() {
        assert_eq!(found(&[(0, 100), (17, 100), (34, 100), (51, 100), (68, 100)]), None);
        assert_eq!(found(&[(0, 10), (30, 12), (60, 9), (90, 14), (120, 10)]), None, "at a rate");
        assert_eq!(found(&[(1, 10), (11, 10)]), None, "nobody begins at the start");
    }
}
