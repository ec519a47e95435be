//! One phase as analysis sees it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::endpoints::EndpointTimes;
use super::failure_group::FailureGroup;
use super::observation::Observation;
use super::repetition::{PooledTimes, RepetitionSums};
use super::ways::Ways;
use crate::analyze::document::{Table, mostly_failed};
use crate::model::{ErrorKind, HeldRate, Micros};
use crate::stats::{Distribution, rounded};

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
    sums: Vec<RepetitionSums>,
    latency: Distribution,
    service_latency: Distribution,
    ttfb: Distribution,
    ways: Ways,
    endpoints: EndpointTimes,
    held: Option<Vec<HeldRate>>,
}

impl PhaseData {
    /// Of rows by repetition, which are of so many repetitions of so many requests.
    pub(super) fn of(
        requests: u64,
        repetitions: u32,
        rows: Vec<Observation>,
        ways: Ways,
        endpoints: EndpointTimes,
    ) -> Self {
        let start = |repetition| rows.partition_point(|row| row.repetition() < repetition);
        let starts: Vec<usize> = (1..=repetitions + 1).map(start).collect();
        let mut pooled = PooledTimes::default();
        let mut sums = |ends: &[usize]| RepetitionSums::of(&rows[ends[0]..ends[1]], requests, &mut pooled);
        let sums: Vec<RepetitionSums> = starts.windows(2).map(&mut sums).collect();
        let latency = Distribution::pooled(sums.iter().map(|sums| &sums.latency));
        let [service_latency, ttfb] =
            [pooled.service_latency, pooled.ttfb].map(|times| Distribution::new(times, latency.planned()));
        PhaseData {
            requests,
            repetitions,
            rows,
            starts,
            sums,
            latency,
            service_latency,
            ttfb,
            ways,
            endpoints,
            held: None,
        }
    }

    pub(super) fn of_load(self, held: Option<Vec<HeldRate>>) -> Self {
        PhaseData { held, ..self }
    }

    /// Whether its requests were due whatever became of others; else callers waited for answers.
    pub fn is_open(&self) -> bool {
        self.held.is_some()
    }

    /// When such requests came at one rate; `None` where callers waited for answers.
    pub(in crate::analyze) fn held_rates(&self) -> Option<&[HeldRate]> {
        self.held.as_deref()
    }

    /// Whether every planned request was sent, and went on until it ended by itself.
    pub(in crate::analyze) fn is_whole(&self) -> bool {
        self.unsent() == 0 && self.rows.iter().all(|row| row.error() != Some(ErrorKind::Interrupted))
    }

    /// The rows by repetition, and within it in the order in which requests ended.
    pub fn rows(&self) -> &[Observation] {
        &self.rows
    }

    /// Takes the server for one that says nothing of itself.
    pub fn forget_server_times(&mut self) {
        self.rows.iter_mut().for_each(Observation::forget_server_times);
    }

    /// The rows of one repetition, which counts from 1.
    pub fn repetition(&self, repetition: u32) -> impl Iterator<Item = &Observation> {
        self.rows[self.places(repetition)].iter()
    }

    /// The places of these among all rows.
    pub(in crate::analyze) fn places(&self, repetition: u32) -> Range<usize> {
        let bound = |index: u32| self.starts.get(index as usize).copied().unwrap_or(self.rows.len());
        bound(repetition.saturating_sub(1))..bound(repetition)
    }

    /// Where connections led, and how.
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Its endpoints, where there are several.
    pub fn endpoints(&self) -> &EndpointTimes {
        &self.endpoints
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
        self.sums.iter().flat_map(|sums| sums.errors.values()).sum()
    }

    /// Of the requests that were sent the share that failed, 0 to 1; 0 where none was.
    pub(in crate::analyze) fn failed_share(&self) -> f64 {
        self.failed() as f64 / (self.failed() + self.succeeded()).max(1) as f64
    }

    /// Requests that were never sent; rows that are missing are among them.
    pub fn unsent(&self) -> u64 {
        self.planned() - self.succeeded() - self.failed()
    }

    /// Latency over all planned requests, pooled over the repetitions.
    pub fn latency(&self) -> &Distribution {
        &self.latency
    }

    /// Latency without the queue stage, over all planned requests: what a tool that ignores waiting would report.
    pub(in crate::analyze) fn service_latency(&self) -> &Distribution {
        &self.service_latency
    }

    /// From due to the first response byte, over all planned requests.
    pub(in crate::analyze) fn ttfb(&self) -> &Distribution {
        &self.ttfb
    }

    /// Latency over the planned requests of each repetition.
    pub(in crate::analyze) fn repetition_latencies(&self) -> impl Iterator<Item = &Distribution> {
        self.sums.iter().map(|sums| &sums.latency)
    }

    /// Something of the successes of one repetition by sequence number; `None` where there is none.
    pub(in crate::analyze) fn by_seq<T: Clone>(
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

    fn sums_of(&self, repetition: u32) -> Option<&RepetitionSums> {
        self.sums.get((repetition as usize).checked_sub(1)?)
    }

    /// Failures by kind, in the order of their words; unsent requests are no failures.
    pub(in crate::analyze) fn errors(&self) -> Table<ErrorKind, u64> {
        let kinds = self.sums.iter().flat_map(|sums| &sums.errors);
        let mut errors: BTreeMap<&str, (ErrorKind, u64)> = BTreeMap::new();
        for (kind, n) in kinds {
            errors.entry(kind.name()).or_insert((*kind, 0)).1 += n;
        }
        Table(errors.into_values().collect())
    }

    /// Requests that this machine had no room for.
    pub(in crate::analyze) fn local_limits(&self) -> u64 {
        self.sums.iter().filter_map(|sums| sums.errors.get(&ErrorKind::LocalLimit)).sum()
    }

    /// Failures by kind and status, the largest group first.
    pub fn failure_groups(&self) -> Vec<FailureGroup> {
        let kinds = self.rows.iter().filter_map(|row| Some(((row.error()?, row.status()), 1)));
        if self.failed() == 0 { Vec::new() } else { FailureGroup::of(kinds) }
    }

    /// Whether so few of the requests that were sent succeeded that their times say nothing of the phase.
    pub(in crate::analyze) fn mostly_failed(&self) -> bool {
        mostly_failed(self.succeeded(), self.failed())
    }

    /// Succeeded ÷ sum over repetitions of (last end − first due), a second.
    pub(in crate::analyze) fn throughput(&self) -> Option<f64> {
        let busy = self.busy();
        (busy > Micros(0)).then(|| rounded(self.succeeded() as f64 / busy.0 as f64 * 1e6, 3))
    }

    /// Sum over repetitions of (last end − first due).
    pub(in crate::analyze) fn busy(&self) -> Micros {
        (1..=self.repetitions).filter_map(|repetition| self.span(repetition)).sum()
    }

    /// Last end − first due of one repetition.
    pub(in crate::analyze) fn span(&self, repetition: u32) -> Option<Micros> {
        self.sums_of(repetition)?.span
    }
}
