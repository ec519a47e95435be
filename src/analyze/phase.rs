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
    rows: Vec<Observation>,
    latency: Distribution,
    service_latency: Distribution,
}

/// Collects samples into a [`PhaseData`].
#[derive(Debug)]
pub struct Collector {
    requests: u64,
    repetitions: u32,
    rows: Vec<Observation>,
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
        self.rows.push(Observation::new(repetition, sample));
        Ok(())
    }

    /// The phase.
    pub fn finish(self) -> PhaseData {
        let planned = self.requests * u64::from(self.repetitions);
        let of = |figure: fn(&Observation) -> Micros| {
            let successes = self.rows.iter().filter(|row| row.succeeded());
            Distribution::new(successes.map(|row| figure(row).0).collect(), planned)
        };
        PhaseData {
            latency: of(Observation::latency),
            service_latency: of(Observation::service_latency),
            requests: self.requests,
            repetitions: self.repetitions,
            rows: self.rows,
        }
    }
}

impl PhaseData {
    /// Starts to collect a phase of so many repetitions of so many requests.
    pub fn collect(requests: u64, repetitions: u32) -> Collector {
        Collector { requests, repetitions, rows: Vec::new() }
    }

    /// The rows, in the order in which requests ended within each repetition.
    pub fn rows(&self) -> &[Observation] {
        &self.rows
    }

    /// The rows of one repetition, which counts from 1.
    pub fn repetition(&self, repetition: u32) -> impl Iterator<Item = &Observation> {
        self.rows.iter().filter(move |row| row.repetition() == repetition)
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
        self.rows.iter().filter(|row| row.succeeded()).count() as u64
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
        let mut answers = vec![None; self.requests as usize];
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
    fn throughput(&self) -> Option<f64> {
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
