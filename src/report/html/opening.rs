//! How much of the slowness is the opening burst: in a closed loop every caller sends its first request at once.

use maud::{Markup, html};

use super::figure::grouped;
use crate::analyze::{Observation, PhaseData};
use crate::model::Micros;

/// What is due so soon after the start of its repetition belongs to the opening.
const OPENING: Micros = Micros(1_000_000);
/// From this share of the tail's time on the opening is worth a word …
const WORTH_SAYING: f64 = 0.5;
/// … where it is at least so many times the opening's share of the requests.
const OUT_OF_PROPORTION: f64 = 2.0;

/// The first second of each repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opening {
    /// Its share of the time that the slowest 5 % took.
    pub of_tail: f64,
    /// Its share of all requests.
    pub of_requests: f64,
}

impl Opening {
    /// Of the successes; `None` where there are none.
    pub fn of(phase: &PhaseData) -> Option<Opening> {
        let threshold = phase.latency().of_successes().percentile(950)?;
        let rows: Vec<&Observation> =
            phase.rows().iter().filter(|row| row.succeeded() && row.due().is_some()).collect();
        let opens = |row: &&&Observation| row.due().is_some_and(|due| due.as_micros() < OPENING.0);
        let time = |rows: &[&Observation]| {
            rows.iter().filter(|row| row.latency() >= threshold).map(|row| row.latency().0).sum::<u64>()
        };
        let opening: Vec<&Observation> = rows.iter().filter(opens).copied().collect();
        let (all, of_all) = (time(&rows), rows.len());
        (all > 0).then(|| Opening {
            of_tail: time(&opening) as f64 / all as f64,
            of_requests: opening.len() as f64 / of_all as f64,
        })
    }

    fn stands_out(&self) -> bool {
        self.of_tail >= WORTH_SAYING && self.of_tail >= self.of_requests * OUT_OF_PROPORTION
    }
}

/// Where the opening is most of the tail: that it is.
pub fn note(opening: Option<Opening>, callers: usize) -> Markup {
    let Some(found) = opening.filter(Opening::stands_out) else { return html! {} };
    let percent = |share: f64| grouped(share * 100.0, 0, false);
    html! {
        p {
            "Much of that is the start: " (percent(found.of_tail)) " % of the time of the slowest belongs to requests due in the first second of a repetition ("
            (percent(found.of_requests)) " % of all), when " (callers) " callers begin at once. Where load rises more slowly, the tail may be shorter."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::phase;

    #[test]
    fn the_opening_stands_out_only_where_it_is_more_than_its_share() {
        let found = Opening { of_tail: 0.77, of_requests: 0.19 };
        assert!(found.stands_out());
        assert!(!Opening { of_requests: 0.6, ..found }.stands_out(), "a short run is all opening");
        assert!(!Opening { of_tail: 0.3, ..found }.stands_out());
    }

    #[test]
    fn time_is_counted_within_the_tail() {
        let mut latencies = vec![100_000; 100];
        latencies[..5].fill(900_000);
        let found = Opening::of(&phase(&[&latencies])).expect("successes");
        assert!(found.of_tail > 0.0 && found.of_tail <= 1.0 && found.of_requests <= 1.0, "{found:?}");
        assert_eq!(Opening::of(&phase(&[&[]])), None);
    }
}
