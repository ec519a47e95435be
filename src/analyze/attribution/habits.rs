//! What the client of a phase does already, as its log shows: a remedy must not be what is done.

use super::context::Context;

/// Habits of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Habits {
    /// Whether most of its requests went over connections that had been used before.
    pub keeps: bool,
    /// The most exchanges that it had under way at once: its connections, where it keeps them.
    pub connections: u32,
    /// The largest batch that it sent; 1 where it sends none.
    pub batch: u32,
}

impl Habits {
    /// From the successes of a phase.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let (mut kept, mut used, mut batch) = (0_u64, 0_u64, 1);
        for row in context.rows().iter().filter(|row| row.succeeded()) {
            if let Some(connection) = row.connection() {
                used += 1;
                kept += u64::from(connection.reused);
            }
            batch = batch.max(row.batch().map_or(1, |batch| batch.size));
        }
        Habits { keeps: kept * 2 > used, connections: context.most_at_once(), batch }
    }
}

#[cfg(test)]
mod tests {
    use super::super::client_health::ClientHealth;
    use super::super::testing::{Row, phase};
    use super::*;
    use crate::model::Stage;

    #[test]
    fn what_most_requests_do_is_the_habit() {
        let habits = |rows: &[Row]| Habits::of(&Context::new(&phase(rows), &ClientHealth::default()));
        let fresh = Row::new().stage(Stage::Wait, 9);
        let kept = fresh.clone().reused();
        let of = |keeps, connections, batch| Habits { keeps, connections, batch };
        assert_eq!(habits(&[fresh.clone(), fresh.clone(), kept.clone()]), of(false, 3, 1));
        assert_eq!(habits(&[fresh.clone(), kept.clone(), kept.batch(1, 4)]), of(true, 3, 4));
        assert_eq!(habits(&[]), of(false, 0, 1));
    }
}
