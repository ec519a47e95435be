//! What a strategy will bring, told from the before log and the calibration alone, and what it brought.
//!
//! The server is inferred from what the before phase shows, client and server are simulated, and the figures
//! of the after phase stand beside afterwards. `docs/prediction.md` explains the model.

mod assumptions;
mod candidates;
mod fit;
mod infer;
mod inferred;
mod levels;
mod load;
mod simulate;
mod unreported;

pub use super::document::{Candidate, Method, Range, ServerFigures};

use super::document::{Calibration, Prediction};
use super::observed::PhaseData;
use crate::model::Micros;
use crate::model::Strategy;
use crate::stats::rounded;
use inferred::Inferred;

/// Predicts each candidate strategy from the before phase and the calibration.
///
/// Nothing of the after phase and nothing of the scenario goes in: `after` is only how it was planned to send.
pub fn predict(before: &PhaseData, calibration: Option<&Calibration>, after: Option<Strategy>) -> Prediction {
    let strategy = after.map(|after| after.to_string());
    let mut prediction = Prediction { strategy, ..Prediction::default() };
    let known = infer::infer(before, calibration).filter(|_| !before.mostly_failed());
    let Some(inferred) = known else {
        prediction.assumptions.push(assumptions::NOTHING_KNOWN.to_string());
        return prediction;
    };
    let strategies = candidates::strategies(inferred.replicas, after);
    let kept = strategies.iter().filter(|strategy| strategy.keeps());
    prediction.candidates =
        kept.map(|strategy| candidates::predict(&inferred, calibration, *strategy)).collect();
    prediction.assumptions = assumptions::list(&inferred, before, calibration, after);
    prediction.server = Some(server_figures(&inferred));
    pick(&mut prediction);
    prediction
}

/// Puts the figures of the after phase's own strategy in front.
fn pick(prediction: &mut Prediction) {
    let name = prediction.strategy.as_ref();
    let Some(found) = prediction.candidates.iter().find(|one| Some(&one.strategy) == name).cloned() else {
        return;
    };
    (prediction.p50_ms, prediction.p95_ms, prediction.p99_ms) = (found.p50_ms, found.p95_ms, found.p99_ms);
    prediction.throughput_rps = found.throughput_rps;
    prediction.range = found.range;
    prediction.method = found.method;
}

/// The strategies that are tried whatever the after phase does.
pub(super) fn always_tried(prediction: &Prediction) -> impl Iterator<Item = &Candidate> {
    let tried = prediction.server.as_ref().map(|server| candidates::strategies(server.replicas, None));
    let tried: Vec<String> = tried.into_iter().flatten().map(|one| one.to_string()).collect();
    prediction.candidates.iter().filter(move |one| tried.contains(&one.strategy))
}

/// Puts what the after phase brought beside the prediction. Changes nothing of the prediction itself.
pub fn beside(mut prediction: Prediction, after: &PhaseData) -> Prediction {
    prediction.measured_p95_ms = after.latency().percentile(950).map(Micros::as_millis);
    let both = prediction.p95_ms.zip(prediction.measured_p95_ms).filter(|(_, measured)| *measured > 0.0);
    prediction.error = both.map(|(predicted, measured)| rounded((predicted - measured) / measured, 4));
    prediction
}

fn server_figures(inferred: &Inferred) -> ServerFigures {
    let calls = &inferred.calls;
    let mean = calls.iter().sum::<u64>() as f64 / calls.len().max(1) as f64;
    ServerFigures {
        replicas: inferred.replicas,
        saturated: inferred.saturated,
        callers: inferred.load.callers(),
        call_ms: rounded(mean / 1e3, 3),
        round_trip_ms: Micros(inferred.round_trip).as_millis(),
    }
}

#[cfg(test)]
mod tests;
