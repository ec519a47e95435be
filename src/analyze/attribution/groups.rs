//! All successes, the slow ones among them and the middle ones, summed by stage and by cause.

use std::ops::RangeInclusive;

use super::split::Split;
use crate::analyze::document::{Cause, Contribution, Key, Table, Tail};
use crate::analyze::observed::Observation;
use crate::analyze::observed::PhaseData;
use crate::model::Micros;
use crate::model::Stage;
use crate::stats::rounded;

/// Sums over some requests, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupSums {
    pub n: u64,
    pub stages: [u64; Stage::ALL.len()],
    pub causes: [u64; Cause::ALL.len()],
    /// Requests with any time of the cause.
    pub with_cause: [u64; Cause::ALL.len()],
}

/// The three groups that are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    pub all: GroupSums,
    pub tail: GroupSums,
    pub middle: GroupSums,
    pub threshold: Option<Micros>,
    /// Latencies of the middle ones.
    middle_range: Option<RangeInclusive<Micros>>,
}

impl Groups {
    /// Empty ones of a phase.
    pub(super) fn new(phase: &PhaseData) -> Self {
        let latency = phase.latency().of_successes();
        let middle = latency.percentile(450).zip(latency.percentile(550));
        Groups {
            threshold: latency.percentile(950),
            middle_range: middle.map(|(from, to)| from..=to),
            ..Groups::default()
        }
    }

    /// Adds a success with the causes of its latency.
    pub(super) fn take(&mut self, row: &Observation, split: &Split) {
        let latency = row.latency();
        self.all.take(row, split);
        if self.threshold.is_some_and(|threshold| latency >= threshold) {
            self.tail.take(row, split);
        }
        if self.middle_range.as_ref().is_some_and(|range| range.contains(&latency)) {
            self.middle.take(row, split);
        }
    }

    pub(super) fn tail(&self, phase: &PhaseData) -> Tail {
        Tail {
            threshold_ms: self.threshold.map(Micros::as_millis),
            n: self.tail.n,
            mean_ms: self.tail.mean_ms(),
            middle_n: self.middle.n,
            middle_mean_ms: self.middle.mean_ms(),
            failed_above: phase.planned() - phase.succeeded(),
            stages: parts(self.occurring_stages(), |stage| self.tail.mean(self.tail.stages[stage as usize])),
            causes: self.tail.by_cause(),
            excess: parts(self.occurring_stages(), |stage| {
                self.tail.mean(self.tail.stages[stage as usize])
                    - self.middle.mean(self.middle.stages[stage as usize])
            }),
            excess_causes: parts(self.causes_of_slowness(), |cause| self.excess(cause)),
        }
    }

    /// What the tail has more of a cause than the middle, a request, in microseconds.
    pub(super) fn excess(&self, cause: Cause) -> f64 {
        let at = cause as usize;
        self.tail.mean(self.tail.causes[at]) - self.middle.mean(self.middle.causes[at])
    }

    /// The share of a cause in the tail's excess.
    pub(super) fn share_of_excess(&self, cause: Cause) -> Option<f64> {
        let total = self.tail.mean(self.tail.total()) - self.middle.mean(self.middle.total());
        share(self.excess(cause), total)
    }

    /// Causes that take any time in the tail or in the middle.
    pub(super) fn causes_of_slowness(&self) -> impl Iterator<Item = Cause> + Clone {
        let any = |cause: &Cause| self.tail.causes[*cause as usize] + self.middle.causes[*cause as usize] > 0;
        Cause::ALL.into_iter().filter(move |cause| any(cause))
    }

    fn occurring_stages(&self) -> impl Iterator<Item = Stage> + Clone {
        Stage::ALL.into_iter().filter(|stage| self.all.stages[*stage as usize] > 0)
    }
}

impl GroupSums {
    fn take(&mut self, row: &Observation, split: &Split) {
        self.n += 1;
        for stage in Stage::ALL {
            self.stages[stage as usize] += row.stage(stage).unwrap_or_default().0;
        }
        for (cause, length) in split.parts() {
            self.causes[cause as usize] += length.0;
            self.with_cause[cause as usize] += u64::from(length > Micros(0));
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.stages.iter().sum()
    }

    /// A sum over these requests as a mean.
    pub(super) fn mean(&self, sum: u64) -> f64 {
        if self.n == 0 { 0.0 } else { sum as f64 / self.n as f64 }
    }

    pub(super) fn mean_ms(&self) -> Option<f64> {
        (self.n > 0).then(|| millis(self.mean(self.total())))
    }

    pub(super) fn by_cause(&self) -> Table<Cause, Contribution> {
        let occurring = Cause::ALL.into_iter().filter(|cause| self.causes[*cause as usize] > 0);
        parts(occurring, |cause| self.mean(self.causes[cause as usize]))
    }

    /// The share of a cause in all latency of these requests.
    pub(super) fn share(&self, cause: Cause) -> f64 {
        share(self.causes[cause as usize] as f64, self.total() as f64).unwrap_or(0.0)
    }
}

/// Means in microseconds as a table of milliseconds and shares of their sum.
fn parts<K: Key>(keys: impl Iterator<Item = K> + Clone, mean: impl Fn(K) -> f64) -> Table<K, Contribution> {
    let total: f64 = keys.clone().map(&mean).sum();
    let part = |key: K| Contribution { mean_ms: millis(mean(key)), share: share(mean(key), total) };
    Table(keys.map(|key| (key, part(key))).collect())
}

/// `None` where the whole is less than a microsecond: there is nothing to have a share of.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole.abs() >= 1.0).then(|| rounded(part / whole, 6) + 0.0)
}

/// Microseconds as milliseconds for JSON; never a negative zero.
pub(super) fn millis(micros: f64) -> f64 {
    rounded(micros / 1e3, 3) + 0.0
}

/// The lengths of each stage, in microseconds, over the successes that had it.
pub(super) fn stage_lengths(rows: &[Observation]) -> [Vec<u64>; Stage::ALL.len()] {
    let mut lengths = Stage::ALL.map(|_| Vec::new());
    for row in rows.iter().filter(|row| row.succeeded()) {
        for stage in Stage::ALL {
            lengths[stage as usize].extend(row.stage(stage).map(|length| length.0));
        }
    }
    lengths
}
