//! When a repetition had as many exchanges under way as it ever had: then nothing was free to wait for.

use std::collections::BTreeMap;

use crate::analyze::observed::Observation;
use crate::model::{ErrorKind, Micros, Moment, Stage};
use crate::stats::StepFunction;

/// The times at which every connection was in use.
///
/// How many there may be is taken from the data: the most exchanges that were ever under way at once. A
/// client that opens a connection for each request never waits for one, and indeed whoever waits in it
/// is missing among those under way.
#[derive(Debug)]
pub(super) struct Occupancy {
    /// The most at once.
    most: u32,
    /// Start and end of each full time, and how long it was full before it.
    full: Vec<(Moment, Moment, Micros)>,
}

impl Occupancy {
    /// From the rows of one repetition.
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a Observation>) -> Self {
        let levels = StepFunction::new(exchanges(rows));
        let most = levels.most();
        let mut so_far = Micros(0);
        let full = levels.at_least(most.max(1)).into_iter().map(|(start, end)| {
            let entry = (start, end, so_far);
            so_far = so_far + end.since(start);
            entry
        });
        Occupancy { most, full: full.collect() }
    }

    /// The most exchanges that were under way at once.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// How much of the time from `start` to `end` was full.
    pub(super) fn full_between(&self, start: Moment, end: Moment) -> Micros {
        Micros(self.full_until(end).0 - self.full_until(start).0)
    }

    fn full_until(&self, moment: Moment) -> Micros {
        let after = self.full.partition_point(|(start, _, _)| *start < moment);
        let Some((start, end, before)) = after.checked_sub(1).map(|last| self.full[last]) else {
            return Micros(0);
        };
        before + moment.min(end).since(start)
    }
}

/// When the request was given a connection, or started to open one.
fn taken(row: &Observation) -> Option<Moment> {
    row.due().map(|due| due + row.stage(Stage::Queue).unwrap_or_default())
}

/// Start and end of each exchange; the members of a batch share one, which ends with the last of them.
pub(super) fn exchanges<'a>(
    rows: impl Iterator<Item = &'a Observation>,
) -> impl Iterator<Item = (Moment, Moment)> {
    let mut alone = Vec::new();
    let mut batches: BTreeMap<u64, (Moment, Moment)> = BTreeMap::new();
    for row in rows.filter(|row| row.attempts() > 0 && row.error() != Some(ErrorKind::Unsent)) {
        let Some(span) = taken(row).zip(row.end()) else { continue };
        match row.batch() {
            None => alone.push(span),
            Some(batch) => {
                let whole = batches.entry(batch.id).or_insert(span);
                *whole = (whole.0.min(span.0), whole.1.max(span.1));
            }
        }
    }
    alone.into_iter().chain(batches.into_values())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Row;
    use super::*;
    use crate::model::Stage;

    fn at(millis: u64) -> Moment {
        Moment::from_micros(millis * 1_000)
    }

    #[test]
    fn full_is_when_as_many_are_under_way_as_ever() {
        let row = |due, queue, wait| Row::new().due(due).stage(Stage::Queue, queue).stage(Stage::Wait, wait);
        let rows = [row(0, 0, 100).row(), row(0, 0, 50).row(), row(0, 50, 20).row(), row(80, 0, 40).row()];
        let occupancy = Occupancy::new(rows.iter());
        let full = |start, end| occupancy.full_between(at(start), at(end)).0 / 1_000;
        assert_eq!((full(0, 50), full(0, 200), full(60, 90), full(70, 80)), (50, 90, 20, 0));
    }

    #[test]
    fn members_of_a_batch_are_one_exchange() {
        let member =
            |due| Row::new().due(due).stage(Stage::Queue, 30 - due).stage(Stage::Wait, 100).batch(1, 2);
        let rows = [member(0).row(), member(10).row()];
        assert_eq!(exchanges(rows.iter()).collect::<Vec<_>>(), [(at(30), at(130))]);
        assert_eq!(exchanges([Row::new().unsent()].iter()).count(), 0);
    }
}
