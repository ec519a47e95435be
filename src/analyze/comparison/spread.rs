//! The intervals of a phase's figures: over its repetitions, or within the only one.

use super::resampled;
use crate::analyze::observed::{Observation, PhaseData};
use crate::model::Micros;
use crate::model::Phase;
use crate::model::{Metric, Statistic, Subject};
use crate::stats::Distribution;
use crate::stats::bootstrap::{self, Blocks};
use crate::stats::interval::{self, Interval};

/// A phase with what its intervals need.
#[derive(Debug)]
pub(super) struct Spread<'a> {
    phase: &'a PhaseData,
    /// The resamples of the two phases are drawn apart.
    stream: u64,
    repetitions: Vec<&'a Distribution>,
    /// Latencies in microseconds in the order of due, `None` without an answer; only of a single repetition.
    in_order: Vec<Option<u64>>,
    blocks: Blocks,
}

impl<'a> Spread<'a> {
    /// Of a phase; `side` says which it is.
    pub(super) fn new(phase: &'a PhaseData, side: Phase) -> Self {
        let repetitions: Vec<_> = phase.repetition_latencies().collect();
        let in_order = if repetitions.len() == 1 { in_order_of_due(phase) } else { Vec::new() };
        // By ranks, so that a few very slow requests do not hide what neighbours share.
        let blocks = Blocks::of(&ranks(&in_order));
        Spread { phase, stream: crate::model::mix(side as u64), repetitions, in_order, blocks }
    }

    /// The phase.
    pub(super) fn phase(&self) -> &'a PhaseData {
        self.phase
    }

    /// How many repetitions it has.
    pub(super) fn repetitions(&self) -> usize {
        self.repetitions.len()
    }

    /// A figure over the whole phase: in milliseconds, as a share of 1, or a second. `None` where a
    /// request that it needs has no answer.
    pub(super) fn figure(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::ErrorRate => share(self.phase.planned() - self.phase.succeeded(), self.phase.planned()),
            Metric::Throughput => per_second(self.phase.succeeded(), self.phase.busy()),
            Metric::Time(Subject::Latency, statistic) => of_latency(self.phase.latency(), statistic),
        }
    }

    /// The same of each repetition.
    pub(super) fn figures(&self, metric: Metric) -> Vec<Option<f64>> {
        let of_repetition = |(latency, at): (&&Distribution, u32)| match metric {
            Metric::ErrorRate => share(latency.planned() - latency.succeeded(), latency.planned()),
            Metric::Throughput => per_second(latency.succeeded(), self.phase.span(at).unwrap_or_default()),
            Metric::Time(Subject::Latency, statistic) => of_latency(latency, statistic),
        };
        self.repetitions.iter().zip(1..).map(of_repetition).collect()
    }

    /// The interval of a figure, in its unit; `None` where the figure of any repetition is, and where
    /// the requests are too few to bound it.
    pub(super) fn interval(&self, metric: Metric) -> Option<Interval> {
        let pooled = self.figure(metric)?;
        let values: Vec<_> = self.figures(metric).into_iter().collect::<Option<_>>()?;
        let single = values.len() == 1;
        match metric {
            Metric::ErrorRate => self.error_rate(&values, pooled),
            Metric::Time(_, Statistic::Percentile(permille)) if single => {
                bounded(bootstrap::middle(self.resampled(permille)?)?.widened_to(pooled))
            }
            Metric::Time(_, Statistic::Mean) if single => {
                let millis: Vec<_> = self.in_order.iter().flatten().map(|micros| millis(*micros)).collect();
                self.of_mean(&millis, pooled)
            }
            Metric::Throughput if single && pooled > 0.0 => {
                let gap = self.of_mean(&self.gaps(), 1.0 / pooled)?;
                bounded(Interval { lo: 1.0 / gap.hi, hi: 1.0 / gap.lo }.widened_to(pooled))
            }
            // No resample has a slower request than the slowest, nor a faster one than the fastest.
            Metric::Time(_, Statistic::Max | Statistic::Min) if single => None,
            _ => interval::of_repetitions(&values, pooled),
        }
    }

    /// The percentile of each resample in milliseconds; see [`resampled::percentiles`].
    pub(super) fn resampled(&self, permille: u64) -> Option<Vec<f64>> {
        let seed = self.stream.wrapping_add(permille);
        resampled::percentiles(self.phase.latency(), permille, (&self.in_order, 1), self.blocks, seed)
    }

    fn of_mean(&self, series: &[f64], mean: f64) -> Option<Interval> {
        let deviations = bootstrap::deviations(series, Blocks::of(series), self.stream).into_iter();
        bootstrap::middle(deviations.map(|deviation| (mean + deviation).max(0.0)).collect())
    }

    /// What repetitions or blocks show, and at least what chance leaves open.
    fn error_rate(&self, rates: &[f64], pooled: f64) -> Option<Interval> {
        let shown = if rates.len() == 1 {
            let failed = |latency: &Option<u64>| f64::from(latency.is_none());
            self.of_mean(&self.in_order.iter().map(failed).collect::<Vec<_>>(), pooled)?
        } else {
            interval::of_shares(rates, pooled)?
        };
        let failed = self.phase.planned() - self.phase.succeeded();
        let chance = interval::of_counts(failed, self.phase.planned())?;
        Some(shown.widened_to(chance.lo).widened_to(chance.hi))
    }

    /// Seconds between neighbouring ends, for each success: their mean is 1 ÷ throughput.
    fn gaps(&self) -> Vec<f64> {
        let first = self.phase.rows().iter().filter_map(Observation::due).min().unwrap_or_default();
        let mut ends: Vec<_> = self.phase.rows().iter().filter_map(Observation::end).collect();
        ends.sort_unstable();
        let from = std::iter::once(first).chain(ends.iter().copied());
        let scale = ends.len() as f64 / self.phase.succeeded() as f64 / 1e6;
        from.zip(&ends).map(|(from, end)| end.since(from).0 as f64 * scale).collect()
    }
}

/// In JSON there is no infinity, and an open end is no interval.
pub(super) fn bounded(interval: Interval) -> Option<Interval> {
    Some(interval).filter(|interval| interval.lo.is_finite() && interval.hi.is_finite())
}

/// Empty of a repetition that was cut short: its missing rows are not its slowest requests, and it is no
/// repetition to draw blocks from.
fn in_order_of_due(phase: &PhaseData) -> Vec<Option<u64>> {
    let mut rows: Vec<_> = phase.rows().iter().collect();
    if rows.len() as u64 != phase.planned() {
        return Vec::new();
    }
    rows.sort_unstable_by_key(|row| (row.due().is_none(), row.due(), row.seq()));
    rows.iter().map(|row| row.succeeded().then(|| row.latency().0)).collect()
}

/// Equal values have equal ranks, and no answer the last.
fn ranks(latencies: &[Option<u64>]) -> Vec<f64> {
    let mut sorted: Vec<_> = latencies.iter().map(|latency| latency.unwrap_or(u64::MAX)).collect();
    sorted.sort_unstable();
    let rank = |latency: u64| sorted.partition_point(|other| *other < latency) as f64;
    latencies.iter().map(|latency| rank(latency.unwrap_or(u64::MAX))).collect()
}

fn of_latency(latency: &Distribution, statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Min => latency.min().map(Micros::as_millis),
        Statistic::Mean => latency.mean().map(|micros| micros / 1e3),
        Statistic::Percentile(permille) => latency.percentile(permille).map(Micros::as_millis),
        Statistic::Max => latency.max().map(Micros::as_millis),
    }
}

fn millis(micros: u64) -> f64 {
    Micros(micros).as_millis()
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn per_second(count: u64, busy: Micros) -> Option<f64> {
    (busy > Micros(0)).then(|| count as f64 / busy.0 as f64 * 1e6)
}
