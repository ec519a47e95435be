//! From samples, one by one, to a phase.

use super::endpoints::EndpointTimes;
use super::observation::Observation;
use super::phase::PhaseData;
use super::ways::Ways;
use crate::model::{ArrivalRecord, HeldRate, Sample};

/// Collects samples into a [`PhaseData`].
#[derive(Debug)]
pub struct PhaseCollector {
    requests: u64,
    repetitions: u32,
    rows: Vec<Observation>,
    seen: Vec<Seen>,
    ways: Ways,
    endpoints: EndpointTimes,
    held: Option<Vec<HeldRate>>,
}

/// Which requests of one repetition have a row, a bit each; it grows as they come.
#[derive(Clone, Debug, Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// Notes one; whether it is the first.
    fn note(&mut self, seq: u64) -> bool {
        let (word, bit) = ((seq / 64) as usize, 1 << (seq % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let first = self.0[word] & bit == 0;
        self.0[word] |= bit;
        first
    }
}

impl PhaseCollector {
    /// Starts to collect a phase of so many repetitions of so many requests.
    pub fn new(requests: u64, repetitions: u32) -> Self {
        PhaseCollector {
            requests,
            repetitions,
            rows: Vec::new(),
            seen: vec![Seen::default(); repetitions as usize],
            ways: Ways::default(),
            endpoints: EndpointTimes::default(),
            held: None,
        }
    }

    /// The same of requests that come at one rate and do not wait for the answers to others; or of such that do.
    pub fn open(self, open: bool) -> Self {
        PhaseCollector { held: open.then(|| vec![HeldRate::THROUGHOUT]), ..self }
    }

    /// The same of requests that came as the manifest says.
    pub fn of_arrivals(self, arrival: Option<&ArrivalRecord>) -> Self {
        PhaseCollector { held: arrival.map(HeldRate::of), ..self }
    }

    /// Takes one sample. Repetitions count from 1.
    pub fn take(&mut self, repetition: u32, sample: &Sample) -> Result<(), String> {
        if !(1..=self.repetitions).contains(&repetition) {
            return Err(format!("repetition {repetition} is not in the manifest"));
        }
        if sample.seq >= self.requests {
            return Err(format!("seq {} is beyond the {} planned requests", sample.seq, self.requests));
        }
        if u32::try_from(sample.seq).is_err() {
            return Err(format!("seq {} is beyond what one repetition can hold", sample.seq));
        }
        if !self.seen[repetition as usize - 1].note(sample.seq) {
            return Err(format!("request {} of repetition {repetition} has two rows", sample.seq));
        }
        self.ways.take(sample);
        self.endpoints.take(sample);
        self.rows.push(Observation::new(repetition, sample));
        Ok(())
    }

    /// The phase.
    pub fn finish(mut self) -> PhaseData {
        if !self.rows.is_sorted_by_key(Observation::repetition) {
            self.rows.sort_by_key(Observation::repetition);
        }
        PhaseData::of(self.requests, self.repetitions, self.rows, self.ways.finish(), self.endpoints)
            .of_load(self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::fixtures::sample;

    #[test]
    fn rows_that_cannot_be_are_refused() {
        let mut collector = PhaseCollector::new(3, 2);
        assert_eq!(collector.take(1, &sample(0, 5)), Ok(()));
        assert_eq!(collector.take(2, &sample(0, 5)), Ok(()), "another repetition");
        for (repetition, seq, problem) in
            [(1, 0, "two rows"), (3, 0, "manifest"), (0, 0, "manifest"), (1, 3, "beyond")]
        {
            let message = collector.take(repetition, &sample(seq, 5)).expect_err(problem);
            assert!(message.contains(problem), "{message}");
        }
        assert_eq!(collector.finish().missing(), 4);
    }

    #[test]
    fn rows_come_by_repetition_whatever_the_log_does() {
        let mut collector = PhaseCollector::new(2, 2);
        for (repetition, seq) in [(2, 0), (1, 1), (2, 1), (1, 0)] {
            collector.take(repetition, &sample(seq, 5)).expect("planned");
        }
        let data = collector.finish();
        let seqs = |repetition| data.repetition(repetition).map(Observation::seq).collect::<Vec<_>>();
        assert_eq!([seqs(1), seqs(2), seqs(3)], [vec![1, 0], vec![0, 1], vec![]]);
    }
}
