//! Goodput: how many requests kept every objective.

use std::time::Duration;

use super::super::{Micros, Moment};
use super::{StreamEnd, StreamRecord};

/// What a good request keeps; each limit is inclusive, and none that is not given is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objectives {
    /// Of the time to first token.
    pub ttft: Option<Micros>,
    /// Of the time per output token.
    pub tpot: Option<Micros>,
    /// Of the whole request, from due to its end.
    pub latency: Option<Micros>,
}

/// Whether a request was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodputVerdict {
    /// It kept all.
    Good,
    /// It failed, or missed one.
    Bad,
    /// It missed none, and one could not be measured.
    Undetermined,
}

impl Objectives {
    /// Of a request that was due at `due` and ended at `end`.
    pub fn judge(&self, due: Moment, end: Moment, record: &StreamRecord) -> GoodputVerdict {
        if record.end != StreamEnd::Complete {
            return GoodputVerdict::Bad;
        }
        // A single token has no time per token, so it keeps any limit of it.
        let single = record.tokens.output == Some(1) && record.tpot().is_none();
        let tpot = self.tpot.filter(|_| !single);
        let measured =
            [(self.ttft, record.ttft(due)), (tpot, record.tpot()), (self.latency, Some(end.since(due)))];
        let asked = measured.iter().filter_map(|(limit, figure)| limit.map(|limit| (limit, *figure)));
        asked.fold(GoodputVerdict::Good, |verdict, (limit, figure)| match (verdict, figure) {
            (GoodputVerdict::Bad, _) => verdict,
            (_, Some(figure)) if figure > limit => GoodputVerdict::Bad,
            (_, None) => GoodputVerdict::Undetermined,
            _ => verdict,
        })
    }
}

/// The requests of a phase by their verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goodput {
    /// Those that kept all.
    pub good: u64,
    /// Those that failed, were never sent, or missed one.
    pub bad: u64,
    /// Those of which it cannot be told.
    pub undetermined: u64,
}

impl Goodput {
    /// Adds a request.
    pub fn add(&mut self, verdict: GoodputVerdict) {
        *match verdict {
            GoodputVerdict::Good => &mut self.good,
            GoodputVerdict::Bad => &mut self.bad,
            GoodputVerdict::Undetermined => &mut self.undetermined,
        } += 1;
    }

    /// The share of the planned requests that was good: at least the first, at most the second, as what is undetermined
    /// may be.
    pub fn share(&self) -> Option<[f64; 2]> {
        let planned = self.good + self.bad + self.undetermined;
        let share = |requests: u64| requests as f64 / planned as f64;
        (planned > 0).then(|| [share(self.good), share(self.good + self.undetermined)])
    }

    /// Good requests a second.
    pub fn per_second(&self, duration: Duration) -> Option<f64> {
        (!duration.is_zero()).then(|| self.good as f64 / duration.as_secs_f64())
    }
}

impl FromIterator<GoodputVerdict> for Goodput {
    fn from_iter<I: IntoIterator<Item = GoodputVerdict>>(verdicts: I) -> Self {
        let mut goodput = Goodput::default();
        verdicts.into_iter().for_each(|verdict| goodput.add(verdict));
        goodput
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Objectives =
        Objectives { ttft: Some(Micros(200)), tpot: Some(Micros(10)), latency: Some(Micros(1_000)) };

    fn judged(record: &StreamRecord, end: u64) -> GoodputVerdict {
        LIMITS.judge(Moment::START, Moment::from_micros(end), record)
    }

    fn answered() -> StreamRecord {
        let mut record =
            StreamRecord { end: StreamEnd::Complete, choices: 1, chunks: 11, ..StreamRecord::default() };
        record.instants = 11;
        record.tokens.output = Some(11);
        record.first_token = Some(Moment::from_micros(200));
        record.last_token = Some(Moment::from_micros(300));
        record
    }

    #[test]
    fn limits_are_inclusive() {
        assert_eq!(judged(&answered(), 1_000), GoodputVerdict::Good);
        assert_eq!(judged(&answered(), 1_001), GoodputVerdict::Bad);
        let late = StreamRecord { first_token: Some(Moment::from_micros(201)), ..answered() };
        assert_eq!(judged(&late, 1_000), GoodputVerdict::Bad);
        let slow = StreamRecord { last_token: Some(Moment::from_micros(310)), ..answered() };
        assert_eq!(judged(&slow, 1_000), GoodputVerdict::Bad);
    }

    #[test]
    fn what_cannot_be_measured_is_undetermined_unless_another_limit_was_missed() {
        let mut unknown = answered();
        unknown.tokens.output = None;
        assert_eq!(judged(&unknown, 1_000), GoodputVerdict::Undetermined);
        assert_eq!(judged(&unknown, 2_000), GoodputVerdict::Bad);
        unknown.first_token = Some(Moment::from_micros(201));
        assert_eq!(judged(&unknown, 1_000), GoodputVerdict::Bad);
        let mut single = answered();
        single.tokens.output = Some(1);
        assert_eq!(judged(&single, 1_000), GoodputVerdict::Good);
    }

    #[test]
    fn a_failure_is_never_good() {
        assert_eq!(
            judged(&StreamRecord { end: StreamEnd::Truncated, ..answered() }, 500),
            GoodputVerdict::Bad
        );
        assert_eq!(
            Objectives::default().judge(Moment::START, Moment::START, &StreamRecord::default()),
            GoodputVerdict::Bad
        );
    }

    #[test]
    fn the_share_is_of_all_planned() {
        use GoodputVerdict::{Bad, Good, Undetermined};
        let goodput: Goodput = [Good, Good, Bad, Undetermined].into_iter().collect();
        assert_eq!(goodput.share(), Some([0.5, 0.75]));
        assert_eq!(goodput.per_second(Duration::from_secs(4)), Some(0.5));
        assert_eq!((Goodput::default().share(), goodput.per_second(Duration::ZERO)), (None, None));
    }
}
