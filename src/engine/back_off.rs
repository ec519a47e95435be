//! How long a caller rests after requests that reached nobody: a closed loop against a dead server would use up its whole plan
//! within a second.

use std::time::Duration;

use crate::model::{Micros, Sample, Stage, mix};

/// The rest after the first request in vain; each further one in a row doubles it.
const BASE: Micros = Micros(50_000);
/// No rest is longer.
const LONGEST: Micros = Micros(1_000_000);
/// A connection that ends before an answer begins may be chance, as where a server sheds load by a reset: so many in a row are
/// not.
const BY_CHANCE: u32 = 2;

/// Requests of one caller in a row that reached nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct InVain(u32);

impl InVain {
    /// With the caller's request that has just ended.
    pub(super) fn with(self, ended: &Sample) -> Self {
        match ended.error {
            Some(word) if word.reached_nobody() => InVain(self.0.max(BY_CHANCE).saturating_add(1)),
            Some(word) if word.lost_connection() && came_to_nothing(ended) => {
                InVain(self.0.saturating_add(1))
            }
            _ => InVain(0),
        }
    }

    /// How long the caller rests before its next request, which is `seq`: 50 ms, doubled up to a second, of which the number of
    /// the request takes up to a half away, so that callers do not come back all at once and a repetition is always the same.
    /// At most half of the time that a request has.
    pub(super) fn rest(self, seq: u64, timeout: Duration) -> Option<Micros> {
        let doubled = self.0.checked_sub(BY_CHANCE + 1)?;
        let most = LONGEST.0.min(Micros::from(timeout).0 / 2);
        let rest = (BASE.0 << doubled.min(10)).min(most);
        Some(Micros(rest - rest * (mix(seq) % 1_024) / 2_048))
    }
}

/// Whether a connection that was opened for the request, or the stream on it, ended before an answer began.
fn came_to_nothing(ended: &Sample) -> bool {
    ended.stages.get(Stage::Receive).is_none()
        && ended.connection.is_some_and(|connection| !connection.reused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionUse, ErrorKind, Moment, Timeline, TraceId};

    const TIMEOUT: Duration = Duration::from_secs(60);

    fn ended(error: Option<ErrorKind>) -> Sample {
        let connection =
            Some(ConnectionUse { id: 1, reused: false, syn_retransmits: None, ..ConnectionUse::default() });
        Sample { error, connection, ..Sample::unsent(0, TraceId(1), None) }
    }

    fn after(errors: &[Option<ErrorKind>]) -> InVain {
        errors.iter().fold(InVain::default(), |so_far, error| so_far.with(&ended(*error)))
    }

    #[test]
    fn a_rest_doubles_up_to_a_second_and_is_the_same_each_time() {
        for (failures, most) in [(1, 50_000), (2, 100_000), (5, 800_000), (6, 1_000_000), (500, 1_000_000)] {
            let so_far = after(&vec![Some(ErrorKind::ConnectRefused); failures]);
            let rests: Vec<u64> =
                (0..1_000).map(|seq| so_far.rest(seq, TIMEOUT).expect("a rest").0).collect();
            assert!(rests.iter().all(|rest| (most / 2..=most).contains(rest)), "{failures}");
            assert!(
                rests.iter().any(|rest| *rest > most * 9 / 10)
                    && rests.iter().any(|rest| *rest < most * 6 / 10)
            );
            assert_eq!(so_far.rest(7, TIMEOUT), so_far.rest(7, TIMEOUT));
        }
        let refused = after(&[Some(ErrorKind::ConnectRefused); 6]);
        assert!(refused.rest(7, Duration::from_millis(200)).expect("a rest") <= Micros(100_000));
    }

    #[test]
    fn an_answer_ends_it_also_one_that_is_no_success() {
        let refused = Some(ErrorKind::ConnectRefused);
        for answered in [None, Some(ErrorKind::Http5xx), Some(ErrorKind::Timeout)] {
            assert_eq!(after(&[refused, refused, answered]).rest(1, TIMEOUT), None);
        }
        assert!(after(&[refused, None, refused]).rest(1, TIMEOUT).expect("a rest") <= BASE);
    }

    #[test]
    fn a_connection_that_ends_by_chance_is_no_dead_server() {
        let reset = Some(ErrorKind::Reset);
        assert_eq!(after(&[reset; 2]).rest(1, TIMEOUT), None);
        assert!(after(&[reset; 3]).rest(1, TIMEOUT).is_some());
        let mut begun = ended(reset);
        let mut timeline = Timeline::from_due(Moment::START);
        timeline.end(Stage::Receive, Moment::START);
        begun.stages = timeline.finish();
        assert_eq!(after(&[reset; 9]).with(&begun), InVain(0), "somebody is there");
        let mut kept = ended(reset);
        kept.connection =
            Some(ConnectionUse { id: 1, reused: true, syn_retransmits: None, ..ConnectionUse::default() });
        assert_eq!(InVain::default().with(&kept), InVain(0));
    }
}
