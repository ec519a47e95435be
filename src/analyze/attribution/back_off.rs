//! Whose caller rested before it: its request before this one had reached nobody.

use std::collections::HashSet;

use super::split::Facts;
use crate::analyze::observed::Observation;
use crate::model::ErrorKind;

/// Marks the rows of a repetition that were due as one ended that reached nobody.
pub(super) fn mark(rows: &[Observation], facts: &mut [Facts]) {
    let in_vain: HashSet<_> =
        rows.iter().filter(|row| reached_nobody(row)).filter_map(Observation::end).collect();
    if in_vain.is_empty() {
        return;
    }
    for (row, facts) in rows.iter().zip(facts) {
        facts.rested = row.due().is_some_and(|due| in_vain.contains(&due));
    }
}

/// As far as a row tells: the engine knows whether it was the third in a row, and whether a byte came.
fn reached_nobody(row: &Observation) -> bool {
    match row.error() {
        Some(
            ErrorKind::Dns
            | ErrorKind::ConnectRefused
            | ErrorKind::ConnectFailed
            | ErrorKind::LocalLimit
            | ErrorKind::Tls,
        ) => true,
        Some(ErrorKind::Reset | ErrorKind::Closed) => {
            row.status().is_none() && row.connection().is_some_and(|used| !used.reused)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::client_health::ClientHealth;
    use super::super::context::Context;
    use super::super::testing::{Row, phase};
    use super::*;
    use crate::analyze::document::Cause;
    use crate::model::{Micros, Stage};

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
}
