//! One phase as analysis sees it.

use std::collections::BTreeMap;

use super::comparison::{LatencyMs, PhaseSummary, RepetitionSummary, ThreeIntervals, rounded};
use super::distribution::Distribution;
use super::observation::Observation;
use crate::clock::{Micros, Moment};
use crate::digest::Digest;
use crate::sample::{ErrorWord, Sample};

/// All rows of a phase, and what is planned beside them.
#[derive(Debug)]
pub struct PhaseData {
    requests: u64,
    repetitions: u32,
    /// By repetition, and within it in the order in which requests ended.
    rows: Vec<Observation>,
    /// Where each repetition begins among the rows, and their end.
    starts: Vec<usize>,
    succeeded: u64,
    latency: Distribution,
    service_latency: Distribution,
}

/// Collects samples into a [`PhaseData`].
#[derive(Debug)]
pub struct Collector {
    requests: u64,
    repetitions: u32,
    rows: Vec<Observation>,
    seen: Vec<Seen>,
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

impl Collector {
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
        self.rows.push(Observation::new(repetition, sample));
        Ok(())
    }

    /// The phase.
    pub fn finish(mut self) -> PhaseData {
        if !self.rows.is_sorted_by_key(Observation::repetition) {
            self.rows.sort_by_key(Observation::repetition);
        }
        let start = |repetition| self.rows.partition_point(|row| row.repetition() < repetition);
        let starts = (1..=self.repetitions + 1).map(start).collect();
        let planned = self.requests * u64::from(self.repetitions);
        let of = |figure: fn(&Observation) -> Micros| {
            let successes = self.rows.iter().filter(|row| row.succeeded());
            Distribution::new(successes.map(|row| figure(row).0).collect(), planned)
        };
        PhaseData {
            latency: of(Observation::latency),
            service_latency: of(Observation::service_latency),
            succeeded: self.rows.iter().filter(|row| row.succeeded()).count() as u64,
            starts,
            requests: self.requests,
            repetitions: self.repetitions,
            rows: self.rows,
        }
    }
}

impl PhaseData {
    /// Starts to collect a phase of so many repetitions of so many requests.
    pub fn collect(requests: u64, repetitions: u32) -> Collector {
        Collector {
            requests,
            repetitions,
            rows: Vec::new(),
            seen: vec![Seen::default(); repetitions as usize],
        }
    }

    /// The rows by repetition, and within it in the order in which requests ended.
    pub fn rows(&self) -> &[Observation] {
        &self.rows
    }

    /// The rows of one repetition, which counts from 1.
    pub fn repetition(&self, repetition: u32) -> impl Iterator<Item = &Observation> {
        let bound = |index: u32| self.starts.get(index as usize).copied().unwrap_or(self.rows.len());
        self.rows[bound(repetition.saturating_sub(1))..bound(repetition)].iter()
    }

    /// Requests of one repetition.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Repetitions.
    pub fn repetitions(&self) -> u32 {
        self.repetitions
    }

    /// Requests × repetitions.
    pub fn planned(&self) -> u64 {
        self.latency.planned()
    }

    /// Requests with a usable answer.
    pub fn succeeded(&self) -> u64 {
        self.succeeded
    }

    /// Planned requests that have no row.
    pub fn missing(&self) -> u64 {
        self.planned() - self.rows.len() as u64
    }

    /// Requests that were sent and have no usable answer.
    pub fn failed(&self) -> u64 {
        self.errors().values().sum()
    }

    /// Requests that were never sent; rows that are missing are among them.
    pub fn unsent(&self) -> u64 {
        self.planned() - self.succeeded() - self.failed()
    }

    /// Latency over all planned requests, pooled over the repetitions.
    pub fn latency(&self) -> &Distribution {
        &self.latency
    }

    /// Latency over the planned requests of one repetition.
    pub fn repetition_latency(&self, repetition: u32) -> Distribution {
        let successes = self.repetition(repetition).filter(|row| row.succeeded());
        Distribution::new(successes.map(|row| row.latency().0).collect(), self.requests)
    }

    /// The answers of one repetition by sequence number; `None` where there is none.
    pub(super) fn answers(&self, repetition: u32) -> Vec<Option<Digest>> {
        let last = self.repetition(repetition).map(Observation::seq).max();
        let mut answers = vec![None; last.map_or(0, |seq| seq as usize + 1)];
        for row in self.repetition(repetition).filter(|row| row.succeeded()) {
            answers[row.seq() as usize] = row.answer();
        }
        answers
    }

    /// Failures by word; unsent requests are no failures.
    fn errors(&self) -> BTreeMap<&'static str, u64> {
        let words = self.rows.iter().filter_map(|row| row.error()).filter(|word| *word != ErrorWord::Unsent);
        words.fold(BTreeMap::new(), |mut errors, word| {
            *errors.entry(word.name()).or_default() += 1;
            errors
        })
    }

    /// The phase in figures, with the intervals of its percentiles.
    pub(super) fn summary(&self, latency_ci95_ms: ThreeIntervals) -> PhaseSummary {
        PhaseSummary {
            planned: self.planned(),
            succeeded: self.succeeded(),
            failed: self.failed(),
            unsent: self.unsent(),
            errors: self.errors(),
            throughput_rps: self.throughput(),
            latency_ms: LatencyMs::of(&self.latency),
            success_latency_ms: LatencyMs::of(&self.latency.of_successes()),
            service_latency_ms: LatencyMs::of(&self.service_latency),
            latency_ci95_ms,
            repetitions: (1..=self.repetitions)
                .map(|repetition| self.repetition_summary(repetition))
                .collect(),
        }
    }

    /// Succeeded ÷ sum over repetitions of (last end − first due), a second.
    pub(super) fn throughput(&self) -> Option<f64> {
        let busy = self.busy();
        (busy > Micros(0)).then(|| rounded(self.succeeded() as f64 / busy.0 as f64 * 1e6, 3))
    }

    /// Sum over repetitions of (last end − first due).
    pub(super) fn busy(&self) -> Micros {
        (1..=self.repetitions).filter_map(|repetition| self.span(repetition)).sum()
    }

    /// Last end − first due of one repetition.
    pub(super) fn span(&self, repetition: u32) -> Option<Micros> {
        let first: Option<Moment> = self.repetition(repetition).filter_map(Observation::due).min();
        let last = self.repetition(repetition).filter_map(Observation::end).max();
        first.zip(last).map(|(first, last)| last.since(first))
    }

    fn repetition_summary(&self, repetition: u32) -> RepetitionSummary {
        let latency = self.repetition_latency(repetition);
        let percentile = |permille| latency.percentile(permille).map(Micros::as_millis);
        RepetitionSummary {
            repetition,
            n: self.requests,
            p50_ms: percentile(500),
            p95_ms: percentile(950),
            p99_ms: percentile(990),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::sample;

    #[test]
    fn rows_that_cannot_be_are_refused() {
        let mut collector = PhaseData::collect(3, 2);
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
        let mut collector = PhaseData::collect(2, 2);
        for (repetition, seq) in [(2, 0), (1, 1), (2, 1), (1, 0)] {
            collector.take(repetition, &sample(seq, 5)).expect("planned");
        }
        let data = collector.finish();
        let seqs = |repetition| data.repetition(repetition).map(Observation::seq).collect::<Vec<_>>();
        assert_eq!([seqs(1), seqs(2), seqs(3)], [vec![1, 0], vec![0, 1], vec![]]);
    }
}
