//! Whether the client may be why a rate does not hold.
//!
//! A client that lets requests go late by some time at most makes the answers of a server that takes them in turn late by that
//! time at most. What is missed by more is missed whoever sends. A client that cannot keep up falls ever further behind, so that
//! its lateness is as large as the latencies that it makes.

use crate::analyze::document::OfferedLoad;
use crate::analyze::observed::{PhaseData, meets};
use crate::model::{Limit, Metric, Releases, SlaLine, Statistic};

/// Of a measurement that does not hold: whether the client's lateness can be the reason for all that is wrong.
pub(super) fn may_be_to_blame(
    data: &PhaseData,
    sla: &[SlaLine],
    load: Option<&OfferedLoad>,
    releases: Releases,
) -> bool {
    if releases.are_punctual() || data.succeeded() == 0 {
        return false;
    }
    let late_us = releases.lag_max_us as f64;
    // Failures are its doing only where nothing is left of the time that an answer has.
    let shortest = sla.iter().filter_map(time_limit).fold(f64::INFINITY, f64::min);
    let fails_all = shortest.is_infinite() || late_us >= shortest;
    let explained = |line: &SlaLine| match (time_limit(line), latency_us(line, data)) {
        (Some(limit), Some(latency)) => latency - late_us <= limit,
        _ => fails_all,
    };
    let growth = load.filter(|load| load.overloaded == Some(true)).map_or(0.0, |load| behind_us(load, data));
    let missed = sla.iter().filter(|line| !meets(line, data));
    growth <= late_us && (data.unsent() == 0 || fails_all) && missed.into_iter().all(explained)
}

fn time_limit(line: &SlaLine) -> Option<f64> {
    let Limit::Time(limit) = line.limit() else { return None };
    Some(limit as f64)
}

/// What a line judges, in microseconds.
fn latency_us(line: &SlaLine, data: &PhaseData) -> Option<f64> {
    let (Metric::Time(_, statistic), latency) = (line.metric(), data.latency()) else { return None };
    let found = match statistic {
        Statistic::Min => latency.min(),
        Statistic::Mean => return latency.mean(),
        Statistic::Percentile(permille) => latency.percentile(permille),
        Statistic::Max => latency.max(),
    };
    found.map(|found| found.0 as f64)
}

/// By how much later than in the beginning requests are answered in the end, where the backlog grows.
fn behind_us(load: &OfferedLoad, data: &PhaseData) -> f64 {
    load.backlog_growth_rps.map_or(0.0, |growth| growth / load.offered_rps * data.busy().0 as f64)
}
