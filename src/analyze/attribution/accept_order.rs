//! By when the server must have accepted a connection: a kernel hands connections over in the order
//! in which they were established, so once the server works on a later one it has the earlier ones.
//!
//! This tells a wait in the accept queue from a server that has the request and keeps silent. The client's kernel cannot:
//! to it both are a connection whose data was acknowledged. So a wait counts as one in the accept queue only while another
//! connection waits too, as in a queue, and nobody who came later was served: who waits alone may as well have been
//! accepted. Where several processes accept on one port the order says less than it could, never more.

use super::split::{tells_all, waits_for_accept};
use crate::analyze::observed::Observation;
use crate::model::Stage;
use crate::model::{Micros, Moment};

/// Connections that the client saw established within this time may stand in the queue in another order.
const SIMULTANEOUS: Micros = Micros(2_000);

/// A request on a new connection.
struct Entry {
    index: usize,
    established: Moment,
    sent: Moment,
    /// When the server began with it, by its own durations.
    begun: Moment,
}

/// For each request of one repetition to which this applies: how much of its wait passed before its connection
/// was accepted, as far as the other connections bear it out.
pub(super) fn bounds(rows: &[Observation]) -> Vec<(usize, Micros)> {
    let mut entries: Vec<Entry> =
        rows.iter().enumerate().filter_map(|(index, row)| Entry::of(index, row)).collect();
    entries.sort_unstable_by_key(|entry| (entry.established, entry.index));
    let earliest_from = earliest_from(&entries);
    let mut later = 0;
    let latest: Vec<Moment> = entries
        .iter()
        .map(|entry| {
            while later < entries.len() && entries[later].established <= entry.established + SIMULTANEOUS {
                later += 1;
            }
            earliest_from.get(later).map_or(entry.begun, |begun| entry.begun.min(*begun))
        })
        .collect();
    let waited = |(entry, until): (&Entry, &Moment)| (entry.sent, *until);
    let borne_out = accompanied(&entries.iter().zip(&latest).map(waited).collect::<Vec<_>>());
    let bound = |((entry, until), borne_out): ((&Entry, Moment), bool)| {
        let bound = until.since(entry.sent);
        // To be accepted takes a moment in an empty queue, too.
        (entry.index, if borne_out { bound } else { bound.min(SIMULTANEOUS) })
    };
    entries.iter().zip(latest).zip(borne_out).map(bound).collect()
}

/// Whether each span shares more than a moment with another one.
fn accompanied(spans: &[(Moment, Moment)]) -> Vec<bool> {
    let mut in_order: Vec<_> =
        spans.iter().zip(0..).map(|((start, end), index)| (*start, *end, index)).collect();
    in_order.sort_unstable();
    let mut found = vec![false; spans.len()];
    // The longest of those that started earlier meets this one, or none of them does.
    let mut longest: Option<(Moment, usize)> = None;
    for (start, end, index) in in_order {
        if let Some((other_end, other)) = longest {
            let shared = other_end.min(end).since(start);
            if shared > SIMULTANEOUS {
                (found[other], found[index]) = (true, true);
            }
        }
        if longest.is_none_or(|(other_end, _)| other_end < end) {
            longest = Some((end, index));
        }
    }
    found
}

/// At each place, when the server first began with an entry from there on.
fn earliest_from(entries: &[Entry]) -> Vec<Moment> {
    let mut earliest: Vec<Moment> = entries.iter().map(|entry| entry.begun).collect();
    for place in (1..earliest.len()).rev() {
        earliest[place - 1] = earliest[place - 1].min(earliest[place]);
    }
    earliest
}

impl Entry {
    /// Nothing where the request was sent again: it came into the queue later than it seems.
    fn of(index: usize, row: &Observation) -> Option<Self> {
        let applies = row.succeeded() && tells_all(row) && waits_for_accept(row);
        if !applies || row.retransmits() != Some(0) {
            return None;
        }
        let set_up = [Stage::Queue, Stage::Retry, Stage::Dns, Stage::Connect];
        let set_up: Micros = set_up.into_iter().filter_map(|stage| row.stage(stage)).sum();
        let established = row.due()? + set_up;
        let sent = established + row.stage(Stage::Send).unwrap_or_default();
        let told = row.server_queue()? + row.server_compute()?;
        let silent = row.stage(Stage::Wait)?.0.saturating_sub(told.0);
        Some(Entry { index, established, sent, begun: sent + Micros(silent) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Row;
    use super::*;

    /// Established at, then silent for so many milliseconds.
    fn bounds_of(requests: &[(u64, u64)]) -> Vec<u64> {
        let rows: Vec<Observation> = requests
            .iter()
            .map(|(due, silent)| Row::new().due(*due).stage(Stage::Wait, silent + 100).server(0, 100).row())
            .collect();
        let mut bounds = super::bounds(&rows);
        bounds.sort_by_key(|(index, _)| *index);
        bounds.into_iter().map(|(_, bound)| bound.0 / 1_000).collect()
    }

    #[test]
    fn who_was_established_later_and_begun_earlier_bounds_the_wait() {
        assert_eq!(bounds_of(&[(0, 500), (100, 50)]), [150, 50], "the first had been accepted at 150 ms");
        assert_eq!(bounds_of(&[(0, 500), (100, 500)]), [500, 500], "in order: nothing is contradicted");
        assert_eq!(bounds_of(&[(0, 900), (100, 700), (200, 10)]), [210, 110, 10]);
    }

    #[test]
    fn who_waits_alone_may_have_been_accepted() {
        assert_eq!(bounds_of(&[(0, 500)]), [2], "nobody else");
        assert_eq!(bounds_of(&[(0, 500), (600, 400)]), [2, 2], "one after the other");
        assert_eq!(
            bounds_of(&[(0, 500), (2, 0)]),
            [2, 0],
            "the other one does not wait, and who was first is not known"
        );
        assert_eq!(bounds_of(&[(0, 500), (100, 0)]), [2, 0], "the other one is served at once");
    }

    #[test]
    fn spans_are_accompanied_by_whoever_overlaps_them() {
        let spans = |ends: &[(u64, u64)]| {
            let at = |millis: u64| Moment::from_micros(millis * 1_000);
            accompanied(&ends.iter().map(|(start, end)| (at(*start), at(*end))).collect::<Vec<_>>())
        };
        assert_eq!(spans(&[(0, 100), (10, 20), (30, 40), (100, 120)]), [true, true, true, false]);
        assert_eq!(spans(&[(50, 60), (0, 10), (9, 51)]), [false, false, false], "for a moment only");
        assert_eq!(spans(&[]), [false; 0]);
    }

    #[test]
    fn kept_connections_and_requests_sent_again_say_nothing() {
        let kept = Row::new().due(100).reused().stage(Stage::Wait, 150).server(0, 100).row();
        let again = Row::new().due(100).retransmits(1).stage(Stage::Wait, 150).server(0, 100).row();
        let untold = Row::new().due(100).stage(Stage::Wait, 150).row();
        let first = Row::new().stage(Stage::Wait, 600).server(0, 100).row();
        let rows = [first, kept, again, untold];
        assert_eq!(super::bounds(&rows), [(0, SIMULTANEOUS)]);
    }
}
