//! Answers that a server's kernel held back until a delayed acknowledgement of the client's.
//!
//! A server that writes head and body apart, without `TCP_NODELAY`, sends the body only when the head was acknowledged
//! (Nagle, RFC 896), and a client that has nothing to send acknowledges after 40 ms (Linux `TCP_DELACK_MIN`). On a new
//! connection Linux acknowledges at once. So the mark is: on kept connections the answers that take a while take 40 ms, and
//! on new ones none does. A body that takes 40 ms for other reasons takes them on new connections, too.

use crate::analyze::observed::Observation;
use crate::model::Micros;
use crate::model::Stage;
use crate::stats::distribution::Distribution;

/// The delay with the grain of the kernel's timer, a little early; on a busy machine the acknowledgement is late.
const DELAY: std::ops::RangeInclusive<Micros> = Micros(38_000)..=Micros(60_000);
/// Most are not: the median of the marked answers is no later than this, or their delay is another one.
const MEDIAN_AT_MOST: Micros = Micros(50_000);
/// Answers that take this long take a while.
const A_WHILE: Micros = Micros(20_000);
/// Of those, so many in the mark make it one.
const LEAST: usize = 3;
const MOSTLY: f64 = 0.8;

/// Whether the rows of a phase bear the mark.
pub(super) fn shows(rows: &[Observation]) -> bool {
    let of = |reused: bool| {
        let used = move |row: &&Observation| row.connection().is_some_and(|used| used.reused == reused);
        rows.iter().filter(|row| row.succeeded()).filter(used).filter_map(|row| row.stage(Stage::Receive))
    };
    let marked: Vec<u64> = of(true).filter(|length| DELAY.contains(length)).map(|length| length.0).collect();
    let (n, marked) = (marked.len(), Distribution::new(marked, 0));
    if n < LEAST {
        return false;
    }
    let long = of(true).filter(|length| *length >= A_WHILE).count();
    let timely = marked.percentile(500).is_some_and(|median| median <= MEDIAN_AT_MOST);
    let contrast = of(false).next().is_some() && of(false).all(|length| length < A_WHILE);
    contrast && timely && n as f64 >= MOSTLY * long as f64
}

/// Whether a row of such a phase was held back.
pub(super) fn is_held_back(row: &Observation) -> bool {
    let kept = row.connection().is_some_and(|used| used.reused);
    kept && row.stage(Stage::Receive).is_some_and(|length| DELAY.contains(&length))
}

/// How many answers were held back, and how long the median one.
pub(super) fn count(rows: &[Observation]) -> (u64, Option<f64>) {
    let held = rows.iter().filter(|row| row.succeeded() && is_held_back(row));
    let lengths: Vec<u64> = held.filter_map(|row| row.stage(Stage::Receive)).map(|length| length.0).collect();
    (lengths.len() as u64, Distribution::new(lengths, 0).percentile(500).map(Micros::as_millis))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Row, phase};
    use super::*;

    /// New connections with one length of the answer, kept ones with others.
    fn shown(fresh: u64, kept: &[u64]) -> bool {
        let row = |length: u64| Row::new().stage(Stage::Wait, 20).stage(Stage::Receive, length);
        let rows: Vec<Row> =
            std::iter::once(row(fresh)).chain(kept.iter().map(|length| row(*length).reused())).collect();
        shows(phase(&rows).rows())
    }

    #[test]
    fn forty_milliseconds_on_kept_connections_alone_are_the_mark() {
        assert!(shown(0, &[0, 0, 40, 41, 44, 0]));
        assert!(shown(0, &[40, 41, 50, 57, 60]), "a busy machine acknowledges late");
        assert!(!shown(0, &[41, 51, 52, 57, 60]), "most of them late: another delay");
        assert!(!shown(0, &[36, 37, 37, 41]), "the kernel is never early");
        assert!(!shown(0, &[0, 0, 40, 41]), "two may be chance");
        assert!(!shown(41, &[40, 41, 44]), "the body takes that long anyhow");
        assert!(!shown(0, &[40, 41, 44, 200, 90, 25]), "slow bodies of any length");
        let no_contrast: Vec<Row> =
            (0..9).map(|_| Row::new().reused().stage(Stage::Wait, 20).stage(Stage::Receive, 40)).collect();
        assert!(!shows(phase(&no_contrast).rows()), "no new connection to compare with");
    }
}
