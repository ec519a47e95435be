//! What a strategy will bring, told from the before log and the calibration alone, and what it brought.
//!
//! The server is inferred from what the before phase shows, client and server are simulated, and the figures
//! of the after phase stand beside afterwards. `docs/prediction.md` explains the model.

mod assumptions;
mod candidates;
mod infer;
mod levels;
mod simulate;
mod unreported;

pub use candidates::{Candidate, Method, Range};

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::phase::PhaseData;
use crate::model::Micros;
use crate::model::{Connections, Strategy};
use crate::stats::rounded;
use infer::Inferred;

/// The prediction for the after phase, and all other strategies that were tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prediction {
    /// How the after phase sends, in words; `null` where the manifest does not say.
    pub strategy: Option<String>,
    /// Median in milliseconds; `null` where nothing or only a range is predicted.
    pub p50_ms: Option<f64>,
    /// 95th percentile, likewise.
    pub p95_ms: Option<f64>,
    /// 99th percentile, likewise.
    pub p99_ms: Option<f64>,
    /// Answers a second, likewise.
    pub throughput_rps: Option<f64>,
    /// Both ends of what is possible, where batches go out.
    pub range: Option<Range>,
    /// How it came about.
    pub method: Method,
    /// What must hold for it to come true.
    pub assumptions: Vec<String>,
    /// The server that was inferred; `null` where nothing tells what a call costs.
    pub server: Option<ServerFigures>,
    /// Every strategy that was tried; batches after reuse, few connections first.
    pub candidates: Vec<Candidate>,
    /// P95 of the after phase; `null` where there is none.
    pub measured_p95_ms: Option<f64>,
    /// (predicted − measured) ÷ measured, of the P95.
    pub error: Option<f64>,
}

/// The server as the before log and the calibration show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerFigures {
    /// Exchanges that it computes at the same time.
    pub replicas: usize,
    /// Whether requests waited for one, so that there are no more; else there may be more.
    pub saturated: bool,
    /// Callers of the closed loop.
    pub callers: usize,
    /// Mean time of a call with one item, in milliseconds.
    pub call_ms: f64,
    /// Time of an exchange outside the server, in milliseconds.
    pub round_trip_ms: f64,
}

/// Predicts each candidate strategy from the before phase and the calibration.
///
/// Nothing of the after phase and nothing of the scenario goes in: `after` is only how it was planned to send.
pub fn predict(before: &PhaseData, calibration: Option<&Calibration>, after: Option<Strategy>) -> Prediction {
    let strategy = after.map(|after| after.to_string());
    let mut prediction = Prediction { strategy, ..Prediction::default() };
    let Some(inferred) = infer::infer(before, calibration) else {
        prediction.assumptions.push(assumptions::NOTHING_KNOWN.to_string());
        return prediction;
    };
    let strategies = candidates::strategies(inferred.replicas, after);
    let candidate = |strategy: &Strategy| match strategy.connections {
        Connections::Pool(size) => Some(candidates::predict(&inferred, calibration, size, strategy.batch)),
        Connections::PerRequest => None,
    };
    prediction.candidates = strategies.iter().filter_map(candidate).collect();
    prediction.assumptions = assumptions::list(&inferred, before, calibration, after);
    prediction.server = Some(ServerFigures::of(&inferred));
    prediction.pick();
    prediction
}

impl Prediction {
    /// Puts the figures of the after phase's own strategy in front.
    fn pick(&mut self) {
        let name = self.strategy.as_ref();
        let Some(found) = self.candidates.iter().find(|one| Some(&one.strategy) == name) else { return };
        (self.p50_ms, self.p95_ms, self.p99_ms) = (found.p50_ms, found.p95_ms, found.p99_ms);
        self.throughput_rps = found.throughput_rps;
        self.range = found.range.clone();
        self.method = found.method;
    }

    /// The strategies that are tried whatever the after phase does.
    pub(super) fn always_tried(&self) -> impl Iterator<Item = &Candidate> {
        let tried = self.server.as_ref().map(|server| candidates::strategies(server.replicas, None));
        let tried: Vec<String> = tried.into_iter().flatten().map(|one| one.to_string()).collect();
        self.candidates.iter().filter(move |one| tried.contains(&one.strategy))
    }

    /// Puts what the after phase brought beside the prediction. Changes nothing of the prediction itself.
    pub fn beside(mut self, after: &PhaseData) -> Self {
        self.measured_p95_ms = after.latency().percentile(950).map(Micros::as_millis);
        let both = self.p95_ms.zip(self.measured_p95_ms).filter(|(_, measured)| *measured > 0.0);
        self.error = both.map(|(predicted, measured)| rounded((predicted - measured) / measured, 4));
        self
    }
}

impl ServerFigures {
    fn of(inferred: &Inferred) -> Self {
        let calls = &inferred.calls;
        let mean = calls.iter().sum::<u64>() as f64 / calls.len().max(1) as f64;
        ServerFigures {
            replicas: inferred.replicas,
            saturated: inferred.saturated,
            callers: inferred.callers,
            call_ms: rounded(mean / 1e3, 3),
            round_trip_ms: Micros(inferred.round_trip).as_millis(),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
