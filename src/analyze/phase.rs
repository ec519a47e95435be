//! One phase as analysis sees it: accumulated sample by sample, so that a log need not fit in memory.

use std::collections::BTreeMap;

use super::comparison::{LatencyMs, PhaseSummary, RepetitionSummary, rounded};
use super::distribution::Distribution;
use crate::clock::{Micros, Moment};
use crate::digest::Digest;
use crate::sample::{ErrorWord, Sample};

/// All that the comparison needs of a phase.
#[derive(Debug)]
pub struct PhaseData {
    requests: u64,
    repetitions: Vec<Repetition>,
    errors: BTreeMap<ErrorWord, u64>,
    latency: Distribution,
    service_latency: Distribution,
}

#[derive(Clone, Debug, Default)]
struct Repetition {
    /// Microseconds, of the successes.
    latencies: Vec<u64>,
    service_latencies: Vec<u64>,
    /// First due and last end.
    span: Option<(Moment, Moment)>,
    /// By sequence number; `None` where there is no answer.
    answers: Vec<Option<Digest>>,
}

/// Collects samples into a [`PhaseData`].
#[derive(Debug)]
pub struct Collector {
    requests: u64,
    repetitions: Vec<Repetition>,
    errors: BTreeMap<ErrorWord, u64>,
}

impl Collector {
    /// For a phase of so many repetitions of so many requests.
    pub fn new(requests: u64, repetitions: u32) -> Self {
        let repetitions = (0..repetitions).map(|_| Repetition::default()).collect();
        Collector { requests, repetitions, errors: BTreeMap::new() }
    }

    /// Takes one sample. Repetitions count from 1.
    pub fn take(&mut self, repetition: u32, sample: &Sample) -> Result<(), String> {
        let place = repetition.checked_sub(1).and_then(|index| self.repetitions.get_mut(index as usize));
        let place = place.ok_or_else(|| format!("repetition {repetition} is not in the manifest"))?;
        if sample.seq >= self.requests {
            return Err(format!("seq {} is beyond the {} planned requests", sample.seq, self.requests));
        }
        place.take(sample);
        if let Some(word) = sample.error {
            *self.errors.entry(word).or_default() += 1;
        }
        Ok(())
    }

    /// The phase.
    pub fn finish(self) -> PhaseData {
        let planned = self.requests * self.repetitions.len() as u64;
        let pooled = |part: fn(&Repetition) -> &Vec<u64>| {
            Distribution::new(self.repetitions.iter().flat_map(part).copied().collect(), planned)
        };
        PhaseData {
            latency: pooled(|repetition| &repetition.latencies),
            service_latency: pooled(|repetition| &repetition.service_latencies),
            requests: self.requests,
            repetitions: self.repetitions,
            errors: self.errors,
        }
    }
}

impl Repetition {
    fn take(&mut self, sample: &Sample) {
        if let (Some(due), Some(end)) = (sample.due, sample.end()) {
            let (first, last) = self.span.unwrap_or((due, end));
            self.span = Some((first.min(due), last.max(end)));
        }
        if !sample.succeeded() {
            return;
        }
        self.latencies.push(sample.stages.latency().0);
        self.service_latencies.push(sample.stages.service_latency().0);
        let seq = sample.seq as usize;
        if self.answers.len() <= seq {
            self.answers.resize(seq + 1, None);
        }
        self.answers[seq] = sample.answer_digest;
    }
}

impl PhaseData {
    /// Starts to collect one.
    pub fn collect(requests: u64, repetitions: u32) -> Collector {
        Collector::new(requests, repetitions)
    }

    /// Requests × repetitions.
    pub fn planned(&self) -> u64 {
        self.latency.planned()
    }

    /// Requests with a usable answer.
    pub fn succeeded(&self) -> u64 {
        self.repetitions.iter().map(|repetition| repetition.latencies.len() as u64).sum()
    }

    /// Requests that were sent and have no usable answer.
    pub fn failed(&self) -> u64 {
        let failures = self.errors.iter().filter(|(word, _)| **word != ErrorWord::Unsent);
        failures.map(|(_, count)| count).sum()
    }

    /// Requests that were never sent; rows that are missing are among them.
    pub fn unsent(&self) -> u64 {
        self.planned() - self.succeeded() - self.failed()
    }

    /// Latency over all planned requests, pooled over the repetitions.
    pub fn latency(&self) -> &Distribution {
        &self.latency
    }

    /// The answers of each repetition by sequence number.
    pub(super) fn answers(&self) -> impl Iterator<Item = &[Option<Digest>]> {
        self.repetitions.iter().map(|repetition| repetition.answers.as_slice())
    }

    /// The phase in figures.
    pub fn summary(&self) -> PhaseSummary {
        let successes = self.latency.of_successes();
        let failures = self.errors.iter().filter(|(word, _)| **word != ErrorWord::Unsent);
        PhaseSummary {
            planned: self.planned(),
            succeeded: self.succeeded(),
            failed: self.failed(),
            unsent: self.unsent(),
            errors: failures.map(|(word, count)| (word.name(), *count)).collect(),
            throughput_rps: self.throughput(),
            latency_ms: LatencyMs::of(&self.latency),
            success_latency_ms: LatencyMs::of(&successes),
            service_latency_ms: LatencyMs::of(&self.service_latency),
            repetitions: self.repetition_summaries(),
        }
    }

    /// Succeeded ÷ sum over repetitions of (last end − first due), a second.
    fn throughput(&self) -> Option<f64> {
        let spans = self.repetitions.iter().filter_map(|repetition| repetition.span);
        let busy: Micros = spans.map(|(first, last)| last.since(first)).sum();
        (busy > Micros(0)).then(|| rounded(self.succeeded() as f64 / busy.0 as f64 * 1e6, 3))
    }

    fn repetition_summaries(&self) -> Vec<RepetitionSummary> {
        let summary = |(index, repetition): (usize, &Repetition)| {
            let latency = Distribution::new(repetition.latencies.clone(), self.requests);
            let percentile = |permille| latency.percentile(permille).map(Micros::as_millis);
            RepetitionSummary {
                repetition: index as u32 + 1,
                n: self.requests,
                p50_ms: percentile(500),
                p95_ms: percentile(950),
                p99_ms: percentile(990),
            }
        };
        self.repetitions.iter().enumerate().map(summary).collect()
    }
}
