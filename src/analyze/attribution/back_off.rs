//! Whose caller rested before it: its request before this one had reached nobody.

use std::collections::HashSet;

use super::split::Facts;
use crate::analyze::observed::{ClosedLoop, Observation};
use crate::model::Moment;

/// Marks the rows of a repetition that were due as one ended that reached nobody, or when its caller had thought.
pub(super) fn mark(rows: &[Observation], facts: &mut [Facts]) {
    let in_vain: HashSet<_> =
        rows.iter().filter(|row| reached_nobody(row)).filter_map(Observation::end).collect();
    if in_vain.is_empty() {
        return;
    }
    let think = ClosedLoop::of(rows).map_or(0, |found| found.think.0);
    for (row, facts) in rows.iter().zip(facts) {
        let ended = row.due().and_then(|due| due.as_micros().checked_sub(think)).map(Moment::from_micros);
        facts.rested = ended.is_some_and(|ended| in_vain.contains(&ended));
    }
}

/// As far as a row tells: the engine knows whether it was the third in a row, and whether a byte came.
fn reached_nobody(row: &Observation) -> bool {
    let opened = || row.status().is_none() && row.connection().is_some_and(|used| !used.reused);
    row.error().is_some_and(|word| word.reached_nobody() || word.lost_connection() && opened())
}

#[cfg(test)]
mod tests {
    use super::super::client_health::ClientHealth;
    use super::super::context::Context;
    use super::super::testing::{Row, phase};
    use crate::analyze::document::Cause;
    use crate::model::{ErrorKind, Micros, Stage};

    #[test]
    fn a_rest_is_no_late_start_of_the_client() {
        let refused = Row::new().seq(0).stage(Stage::Connect, 2).failed(None, ErrorKind::ConnectRefused);
        let rested = Row::new().seq(1).due(2).stage(Stage::Queue, 40).stage(Stage::Wait, 9);
        let late = Row::new().seq(2).due(1).stage(Stage::Queue, 40).stage(Stage::Wait, 9);
        let phase = phase(&[refused, rested, late]);
        let context = Context::new(&phase, &ClientHealth::default());
        let of = |seq: u64, cause| {
            let index = context.rows().iter().position(|row| row.seq() == seq).expect("a row");
            context.split(index).get(cause)
        };
        assert_eq!((of(1, Cause::BackOff), of(1, Cause::ClientQueueScheduler)), (Micros(40_000), Micros(0)));
        assert_eq!((of(2, Cause::BackOff), of(2, Cause::ClientQueueScheduler)), (Micros(0), Micros(40_000)));
    }

    #[test]
    fn a_rest_of_a_caller_who_thinks_is_no_late_start_either() {
        let refused = Row::new().stage(Stage::Connect, 2).failed(None, ErrorKind::ConnectRefused);
        let after = |due: u64, queue| Row::new().due(due).stage(Stage::Queue, queue).stage(Stage::Wait, 9);
        let rows = [refused, after(102, 40), after(251, 0), after(360, 0)];
        let phase = phase(&rows);
        let context = Context::new(&phase, &ClientHealth::default());
        let of = |cause| (0..4).map(|index| context.split(index).get(cause).0).sum::<u64>();
        assert_eq!((of(Cause::BackOff), of(Cause::ClientQueueScheduler)), (40_000, 0));
    }
}
