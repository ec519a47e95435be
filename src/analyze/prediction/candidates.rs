//! Which strategies are worth a prediction, and what is predicted for each.

use std::collections::BTreeSet;

use super::inferred::Inferred;
use super::load::MOST_REQUESTS;
use super::simulate::{Client, Economy, SimulatedServer, simulate};
use crate::analyze::document::{Calibration, Candidate, Method, Range, ThreePercentiles};
use crate::model::Micros;
use crate::model::{Connections, Strategy};
use crate::stats::Distribution;
use crate::stats::rounded;

/// Batch sizes that are always tried.
const BATCHES: [usize; 3] = [2, 4, 8];
const FIXED_ENDS: &str = "the ends of the 95 % interval of the fixed cost";
const ITEM_ENDS: &str =
    "the ends of the 95 % interval of an item's cost, and with it of the number of exchanges at a time";
const BOTH_ENDS: &str = "the ends of the 95 % intervals of the fixed cost and of an item's, and with it of the number of \
    exchanges at a time";
const NO_QUEUE: &str =
    "no request waits for a replica … the server computes no more exchanges at a time than were seen";
const NO_QUEUE_AND_FIXED: &str = "the ends of the 95 % interval of the fixed cost, and no request waits for a replica … the server \
    computes no more exchanges at a time than were seen";
const UNKNOWN_SAVING: &str = "a batch costs what its dearest request costs alone … a batch saves nothing";
/// Simulations of one strategy, as long as they have no more than [`MOST_REQUESTS`] together.
const MOST_RUNS: usize = 16;

/// The strategies: reuse with as many connections as the server has replicas, half and twice of that;
/// batches on as many connections as replicas; and the same with the connections and the batch of the after
/// phase.
pub(super) fn strategies(replicas: usize, after: Option<Strategy>) -> Vec<Strategy> {
    let planned = after.filter(Strategy::keeps);
    let reuse = [replicas.div_ceil(2), replicas, replicas * 2].map(|connections| (1, connections));
    let mut pairs: BTreeSet<(usize, usize)> = reuse.into();
    let sizes = BATCHES.into_iter().chain(planned.map(|planned| planned.batch));
    pairs.extend(sizes.map(|batch| (batch, replicas)));
    if let Some(Strategy { connections: Connections::Pool(connections), batch, .. }) = planned {
        pairs.extend([1, batch].into_iter().chain(BATCHES).map(|batch| (batch, connections)));
    }
    let strategy = |(batch, size)| Strategy { batch, ..Strategy::pool(size) };
    let mut strategies: Vec<Strategy> = pairs.into_iter().map(strategy).collect();
    // Where it has more than connections and batches, the same without batches and as it is.
    for strategy in planned.into_iter().flat_map(|planned| [Strategy { batch: 1, ..planned }, planned]) {
        if !strategies.iter().any(|known| known.to_string() == strategy.to_string()) {
            strategies.push(strategy);
        }
    }
    strategies
}

/// Predicts one strategy with kept connections. A stream is as good as a connection here: what sets them apart, that all streams
/// of a connection wait for a packet of it that is lost, is not simulated.
pub(super) fn predict(
    inferred: &Inferred,
    calibration: Option<&Calibration>,
    strategy: Strategy,
) -> Candidate {
    let (connections, batch) = (strategy.connections(), strategy.batch);
    let client = Client { arriving: inferred.load.arriving(), connections: strategy.exchanges(), batch };
    let (point, range) = point_and_range(inferred, calibration, client);
    let percentile = |pick: fn(&ThreePercentiles) -> Option<f64>| pick(&point.as_ref()?.percentiles);
    Candidate {
        strategy: strategy.to_string(),
        connections,
        batch,
        p50_ms: percentile(|figures| figures.p50),
        p95_ms: percentile(|figures| figures.p95),
        p99_ms: percentile(|figures| figures.p99),
        throughput_rps: point.as_ref().map(|figures| figures.throughput_rps),
        method: if point.is_some() { Method::Simulation } else { Method::Range },
        range,
    }
}

/// The figures where it is known what a batch saves, and both ends of what is possible where batches go out.
fn point_and_range(
    inferred: &Inferred,
    calibration: Option<&Calibration>,
    client: Client<'_>,
) -> (Option<Figures>, Option<Range>) {
    let figures = |economy| Figures::of(inferred, client, economy);
    let fixed = |ms: f64| Economy::Fixed((ms.max(0.0) * 1e3).round() as u64);
    let ends = |economies: &[Economy]| -> Vec<Figures> {
        let servers = inferred.with_ends();
        let of = |server: &Inferred| {
            economies.iter().map(|economy| Figures::of(server, client, *economy)).collect()
        };
        servers.iter().flat_map(|server| -> Vec<Figures> { of(server) }).collect()
    };
    if client.batch == 1 {
        // a request alone costs what it costs, however that divides
        let between = if inferred.saturated { ITEM_ENDS } else { NO_QUEUE };
        let range = (!inferred.ends.is_empty()).then(|| range_of(&ends(&[Economy::None]), between));
        return (Some(figures(Economy::None)), range);
    }
    match calibration.and_then(|costs| costs.fixed_ms.zip(costs.fixed_ci95_ms)) {
        Some((point, [low, high])) => {
            let between = match inferred.saturated {
                _ if inferred.ends.is_empty() => FIXED_ENDS,
                true => BOTH_ENDS,
                false => NO_QUEUE_AND_FIXED,
            };
            let ends = ends(&[fixed(high), fixed(low)]);
            (Some(figures(fixed(point))), Some(range_of(&ends, between)))
        }
        None => (None, Some(range_of(&ends(&[Economy::Free, Economy::None]), UNKNOWN_SAVING))),
    }
}

/// What the simulations of one strategy show, pooled.
pub(super) struct Figures {
    pub(super) percentiles: ThreePercentiles,
    throughput_rps: f64,
}

impl Figures {
    pub(super) fn of(inferred: &Inferred, client: Client<'_>, economy: Economy) -> Self {
        let Inferred { calls, limit, .. } = inferred;
        let round_trip = inferred.round_trip + inferred.queued;
        let runs = (MOST_REQUESTS / calls.len().max(1)).clamp(1, MOST_RUNS);
        let (mut latencies, mut busy) = (Vec::with_capacity(runs * calls.len()), 0);
        for run in 0..runs as u64 {
            let spread = (run > 0).then_some(run);
            let calls = &inferred.calls_of(run);
            let server = SimulatedServer { calls, economy, replicas: *limit, round_trip, spread };
            let outcome = simulate(server, client);
            latencies.extend(outcome.latencies);
            busy += outcome.end;
        }
        let requests = latencies.len() as u64;
        let latencies = Distribution::new(latencies, requests);
        let at = |permille| latencies.percentile(permille).map(Micros::as_millis);
        Figures {
            percentiles: ThreePercentiles { p50: at(500), p95: at(950), p99: at(990) },
            throughput_rps: rounded(requests as f64 / (busy as f64).max(1.0) * 1e6, 3),
        }
    }
}

/// From the least to the greatest: a dearer batch is not slower at every rank.
fn range_of(ends: &[Figures], between: &str) -> Range {
    let pair = |pick: fn(&ThreePercentiles) -> Option<f64>| {
        let ends = || ends.iter().map(|end| pick(&end.percentiles).unwrap_or_default());
        [ends().fold(f64::INFINITY, f64::min), ends().fold(0.0, f64::max)]
    };
    Range {
        between: between.to_string(),
        p50_ms: pair(|figures| figures.p50),
        p95_ms: pair(|figures| figures.p95),
        p99_ms: pair(|figures| figures.p99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpChoice;

    #[test]
    fn the_after_strategy_is_among_the_candidates() {
        let after = Strategy { batch: 3, ..Strategy::pool(6) };
        let strategies = strategies(8, Some(after));
        assert!(strategies.contains(&after), "{strategies:?}");
        let reuse = |size| Strategy::pool(size);
        for size in [4, 6, 8, 16] {
            assert!(strategies.contains(&reuse(size)), "{size} {strategies:?}");
        }
        assert!(super::strategies(1, None).len() >= 5);
        let shared = Strategy { streams: 4, http: HttpChoice::Http2, ..after };
        let strategies = super::strategies(8, Some(shared));
        assert!(strategies.contains(&shared) && strategies.contains(&Strategy { batch: 1, ..shared }));
    }
}
