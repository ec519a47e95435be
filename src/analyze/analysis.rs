//! `analysis.json`, schema 1. Times are in milliseconds, shares are fractions of 1.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::attribution::{Cause, ClientHealth, Outlook, attribute_with};
use super::calibration::Calibration;
use super::ladder::LadderRung;
use super::phase::PhaseData;
use super::prediction::Prediction;
use super::script::ScriptAnalysis;
use crate::host::both;
use crate::model::Caveat;

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Analysis {
    /// Version of this format.
    pub schema: u32,
    /// Names the run.
    pub run_id: String,
    /// Phase by phase.
    pub phases: AnalysisPhases,
    /// What the given load test's own log shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_script: Option<ScriptAnalysis>,
    /// What a call and an item cost the idle server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// What other ways to send would bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// What each optimisation brought, one added at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Vec<LadderRung>>,
    /// Why rungs and phases are not to be held against each other, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder_note: Option<String>,
    /// What limits the trust in this analysis.
    pub caveats: Vec<Caveat>,
}

impl Analysis {
    /// Analyses both phases; what others add later is absent.
    ///
    /// What is predicted from the before phase tells saturation and remedies how many exchanges the server computes at a
    /// time, and what other ways to send would bring.
    pub fn of(
        run_id: &str,
        before: (&PhaseData, &ClientHealth),
        after: (&PhaseData, &ClientHealth),
        prediction: Option<Prediction>,
        caveats: Vec<Caveat>,
    ) -> Self {
        let outlook = prediction.as_ref().map(Outlook::of).unwrap_or_default();
        // Both at once: on a long run this is most of the work after the logs are read.
        let (before, after) = both(
            || attribute_with(before.0, before.1, &outlook),
            || attribute_with(after.0, after.1, &outlook),
        );
        Analysis {
            schema: 1,
            run_id: run_id.to_string(),
            phases: AnalysisPhases { before, after },
            baseline_script: None,
            calibration: None,
            prediction,
            ladder: None,
            ladder_note: None,
            caveats,
        }
    }
}

/// Both phases.
#[derive(Clone, Debug, Serialize)]
pub struct AnalysisPhases {
    /// As it is sent today.
    pub before: PhaseAnalysis,
    /// With the optimisation.
    pub after: PhaseAnalysis,
}

/// Where the time of one phase went, and why. Over its successes, if not said otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseAnalysis {
    /// Requests × repetitions.
    pub planned: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Mean latency.
    pub mean_ms: Option<f64>,
    /// Each stage that occurs.
    pub stages: Table<StageFigures>,
    /// Each cause of all latency.
    pub causes_of_all: Table<Part>,
    /// The slowest requests.
    pub tail: Tail,
    /// Why the slowest requests are slow, the weightiest cause first.
    pub causes: Vec<CauseFinding>,
    /// Failures by word.
    pub failures: Table<FailureFigures>,
    /// Whether the server had all the work it can do; `null` where the load has no fixed number of callers.
    pub saturation: Option<Saturation>,
    /// What keeping connections would buy; `null` where they are kept.
    pub reuse: Option<Reuse>,
}

/// A stage over all requests.
#[derive(Clone, Debug, Serialize)]
pub struct StageFigures {
    /// Requests that had it.
    pub n: u64,
    /// Mean over these.
    pub mean_ms: f64,
    /// Median over these.
    pub p50_ms: f64,
    /// 95th percentile over these.
    pub p95_ms: f64,
    /// 99th percentile over these.
    pub p99_ms: f64,
    /// Its sum ÷ the sum of all latencies.
    pub share_of_total: Option<f64>,
}

/// A part of a mean latency; absent times count as none, so that the parts add up.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Over all requests in question.
    pub mean_ms: f64,
    /// Of their latency; negative in an excess where the tail has less of it. `null` if there is no latency.
    pub share: Option<f64>,
}

/// The requests from the 95th percentile on, and what they have more than those from the 45th to the 55th.
#[derive(Clone, Debug, Serialize)]
pub struct Tail {
    /// The 95th percentile of the successes by nearest rank.
    pub threshold_ms: Option<f64>,
    /// Requests at or above it.
    pub n: u64,
    /// Their mean latency.
    pub mean_ms: Option<f64>,
    /// Requests from the 45th to the 55th percentile.
    pub middle_n: u64,
    /// Their mean latency.
    pub middle_mean_ms: Option<f64>,
    /// Planned requests without a usable answer: they rank above all of these.
    pub failed_above: u64,
    /// The tail by stage.
    pub stages: Table<Part>,
    /// The tail by cause.
    pub causes: Table<Part>,
    /// Tail − middle by stage.
    pub excess: Table<Part>,
    /// Tail − middle by cause.
    pub excess_causes: Table<Part>,
}

/// A cause of slow requests.
#[derive(Clone, Debug, Serialize)]
pub struct CauseFinding {
    /// Its name.
    pub cause: Cause,
    /// Of the time that the tail has more than the middle; signed; `null` if it has none.
    pub share_of_tail_excess: Option<f64>,
    /// Of the slowest 5 % of all planned requests: those that failed of this cause and rank above all successes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_of_slowest_lost: Option<f64>,
    /// The numbers behind it.
    pub evidence: Table<Value>,
    /// What it means.
    pub explanation: String,
    /// What a client can do about it.
    pub remedy: String,
}

/// Failures of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct FailureFigures {
    /// Requests.
    pub n: u64,
    /// Their mean time until they failed.
    pub mean_ms: f64,
    /// What took most of that time.
    pub mostly: Cause,
}

/// Little's law, callers = throughput × latency, while all callers are at work: from the first request due to the last.
#[derive(Clone, Debug, Serialize)]
pub struct Saturation {
    /// Whether the server had all the work it can do; `null` where the data cannot tell.
    pub saturated: Option<bool>,
    /// Callers of the closed loop, from the log.
    pub callers: u64,
    /// Answers a second meanwhile.
    pub throughput_rps: f64,
    /// Callers ÷ throughput.
    pub callers_over_throughput_ms: f64,
    /// Mean latency of the successes.
    pub mean_latency_ms: f64,
    /// Share of the time during which a request waited at the server; `null` where it does not say.
    pub somebody_waits: Option<f64>,
    /// Exchanges that the server computes at a time, by the before phase; `null` where that does not show.
    pub replicas: Option<u64>,
    /// Share of their time during which these compute; `null` where their number or the server's times are not known.
    pub replicas_busy: Option<f64>,
    /// Share of the time during which as many exchanges were under way as ever: all connections of the client.
    pub connections_in_use: f64,
    /// What that means.
    pub explanation: String,
}

/// What keeping connections would buy.
#[derive(Clone, Debug, Serialize)]
pub struct Reuse {
    /// In a word.
    pub buys: ReuseBuys,
    /// Of all latency: what comes with new connections and would be gone.
    pub share_of_all: f64,
    /// The same of the tail's excess.
    pub share_of_tail_excess: f64,
    /// Of all latency: waiting in the accept queue.
    pub accept_queue_share_of_all: f64,
    /// Why.
    pub explanation: String,
}

/// What keeping connections would buy, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReuseBuys {
    /// No latency.
    Nothing,
    /// A shorter tail; the mean stays, for the server is saturated.
    Tail,
    /// Less latency.
    Latency,
}

/// A JSON object whose entries stay in their order.
#[derive(Clone, Debug)]
pub struct Table<T>(pub Vec<(&'static str, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> Table<T> {
    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find_map(|(key, value)| (*key == name).then_some(value))
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
