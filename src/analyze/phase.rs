//! One phase as analysis sees it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::comparison::{LatencyMs, PhaseSummary, RepetitionSummary, ThreeIntervals};
use super::observation::Observation;
use crate::model::{ErrorKind, Sample};
use crate::model::{Micros, Moment};
use crate::stats::Distribution;
use crate::stats::rounded;

/// All rows of a phase, and what is planned beside them.
#[derive(Debug)]
pub struct PhaseData {
    requests: u64,
    repetitions: u32,
    /// By repetition, and within it in the order in which requests ended.
    rows: Vec<Observation>,
    /// Where each repetition begins among the rows, and their end.
    starts: Vec<usize>,
    /// What each repetition comes to.
    sums: Vec<Sums>,
    latency: Distribution,
    service_latency: Distribution,
}

/// What one pass over the rows of a repetition tells.
#[derive(Debug)]
struct Sums {
    latency: Distribution,
    /// Failures by word; unsent requests are no failures.
    errors: BTreeMap<&'static str, u64>,
    /// Last end − first due.
    span: Option<Micros>,
    /// The greatest place in the plan, and one more.
    seq_end: usize,
}

impl Sums {
    /// Of the rows of a repetition; the service latencies of its successes are added to those of the others.
    fn of(rows: &[Observation], requests: u64, service_latencies: &mut Vec<u64>) -> Self {
        let (mut latencies, mut errors) = (Vec::with_capacity(rows.len()), BTreeMap::new());
        let (mut first, mut last, mut seq_end): (Option<Moment>, Option<Moment>, _) = (None, None, 0);
        for row in rows {
            first = row.due().into_iter().chain(first).min();
            last = last.max(row.end());
            seq_end = seq_end.max(row.seq() as usize + 1);
            match row.error() {
                None => {
                    latencies.push(row.latency().0);
                    service_latencies.push(row.service_latency().0);
                }
                Some(ErrorKind::Unsent) => {}
                Some(word) => *errors.entry(word.name()).or_default() += 1,
            }
        }
        let span = first.zip(last).map(|(first, last)| last.since(first));
        Sums { latency: Distribution::new(latencies, requests), errors, span, seq_end }
    }
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
        let starts: Vec<usize> = (1..=self.repetitions + 1).map(start).collect();
        let mut service = Vec::with_capacity(self.rows.len());
        let mut sums = |ends: &[usize]| Sums::of(&self.rows[ends[0]..ends[1]], self.requests, &mut service);
        let sums: Vec<Sums> = starts.windows(2).map(&mut sums).collect();
        let latency = Distribution::pooled(sums.iter().map(|sums| &sums.latency));
        PhaseData {
            service_latency: Distribution::new(service, latency.planned()),
            latency,
            sums,
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
        self.rows[self.places(repetition)].iter()
    }

    /// The places of these among all rows.
    pub(super) fn places(&self, repetition: u32) -> Range<usize> {
        let bound = |index: u32| self.starts.get(index as usize).copied().unwrap_or(self.rows.len());
        bound(repetition.saturating_sub(1))..bound(repetition)
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
        self.latency.succeeded()
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

    /// Latency over the planned requests of each repetition.
    pub(super) fn repetition_latencies(&self) -> impl Iterator<Item = &Distribution> {
        self.sums.iter().map(|sums| &sums.latency)
    }

    /// Something of the successes of one repetition by sequence number; `None` where there is none.
    pub(super) fn by_seq<T: Clone>(
        &self,
        repetition: u32,
        of: impl Fn(&Observation) -> Option<T>,
    ) -> Vec<Option<T>> {
        let mut found = vec![None; self.sums_of(repetition).map_or(0, |sums| sums.seq_end)];
        for row in self.repetition(repetition).filter(|row| row.succeeded()) {
            found[row.seq() as usize] = of(row);
        }
        found
    }

    fn sums_of(&self, repetition: u32) -> Option<&Sums> {
        self.sums.get((repetition as usize).checked_sub(1)?)
    }

    /// Failures by word; unsent requests are no failures.
    fn errors(&self) -> BTreeMap<&'static str, u64> {
        let words = self.sums.iter().flat_map(|sums| &sums.errors);
        words.fold(BTreeMap::new(), |mut errors, (word, n)| {
            *errors.entry(*word).or_default() += n;
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
            repetitions: (1..)
                .zip(self.repetition_latencies())
                .map(|one| self.repetition_summary(one))
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
        self.sums_of(repetition)?.span
    }

    fn repetition_summary(&self, (repetition, latency): (u32, &Distribution)) -> RepetitionSummary {
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
