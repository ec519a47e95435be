//! A phase in figures, with the intervals of its percentiles.

use super::spread::Spread;
use crate::analyze::document::{LatencyMs, OfferedLoad, PhaseSummary, RepetitionSummary, ThreeIntervals};
use crate::analyze::observed::PhaseData;
use crate::model::{Metric, Micros};
use crate::stats::Distribution;

/// The figures of a phase.
pub(super) fn summary(spread: &Spread, load: Option<OfferedLoad>) -> PhaseSummary {
    let phase = spread.phase();
    let steady = load.is_none_or(|load| load.overloaded != Some(true));
    let repetitions = (1..).zip(phase.repetition_latencies()).map(|one| of_repetition(phase, one)).collect();
    PhaseSummary {
        planned: phase.planned(),
        succeeded: phase.succeeded(),
        failed: phase.failed(),
        unsent: phase.unsent(),
        errors: phase.errors(),
        throughput_rps: phase.throughput(),
        latency_ms: LatencyMs::of(phase.latency()),
        success_latency_ms: LatencyMs::of(&phase.latency().of_successes()),
        service_latency_ms: LatencyMs::of(phase.service_latency()),
        ttfb_ms: LatencyMs::of(phase.ttfb()),
        latency_ci95_ms: intervals(spread, steady),
        load,
        repetitions,
    }
}

fn intervals(spread: &Spread, steady: bool) -> ThreeIntervals {
    let at =
        |permille| Some(spread.interval(Metric::latency_percentile(permille)).filter(|_| steady)?.rounded(3));
    ThreeIntervals { p50: at(500), p95: at(950), p99: at(990) }
}

fn of_repetition(phase: &PhaseData, (repetition, latency): (u32, &Distribution)) -> RepetitionSummary {
    let percentile = |permille| latency.percentile(permille).map(Micros::as_millis);
    RepetitionSummary {
        repetition,
        n: phase.requests(),
        p50_ms: percentile(500),
        p95_ms: percentile(950),
        p99_ms: percentile(990),
    }
}
