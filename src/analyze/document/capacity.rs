//! `capacity.json`, schema 1: the highest rate at which the SLA holds, before and after.

use serde::Serialize;

use crate::model::{Exit, Phase, SlaLine};
use crate::stats::Interval;

/// The whole document. Rates are in requests a second.
#[derive(Clone, Debug, Serialize)]
pub struct Capacity {
    /// Version of this format.
    pub schema: u32,
    /// Names the run.
    pub run_id: String,
    /// What had to hold.
    pub sla: Vec<SlaLine>,
    /// By which process requests arrived: `poisson`, `constant` or `gamma`.
    pub arrival: String,
    /// How long requests arrived in each measurement.
    pub each_ms: f64,
    /// A pattern's search ends when the rate that fails ÷ the rate that holds is at most this.
    pub precision: f64,
    /// How many patterns of arrivals were to be searched in each phase.
    pub patterns: u32,
    /// What ended the search.
    pub ended_by: CapacityEnd,
    /// As it is sent today.
    pub before: HighestRate,
    /// With the optimisation.
    pub after: HighestRate,
    /// After ÷ before, over the patterns of both; `null` unless each of them has a bracket as narrow as was asked for.
    pub ratio: Option<f64>,
    /// Of that, 95 %; `null` of one pattern.
    pub ratio_ci95: Option<Interval>,
    /// It is at least this; `null` where a bracket that it needs is open.
    pub ratio_at_least: Option<f64>,
    /// It is below this, likewise.
    pub ratio_below: Option<f64>,
    /// What the after phase had to hold at least, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_rps: Option<f64>,
    /// What the command exits with.
    #[serde(rename = "exit_code")]
    pub exit: Exit,
    /// Every measurement, in the order in which they were made.
    pub measurements: Vec<RateMeasured>,
}

/// What ended the whole search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CapacityEnd {
    /// Every pattern was searched to its end, which its bracket names.
    Precision,
    /// The time that it was given.
    Time,
    /// A signal.
    Interrupted,
}

/// The highest rate at which a phase keeps the SLA.
#[derive(Clone, Debug, Serialize)]
pub struct HighestRate {
    /// How the phase sends, in words.
    pub strategy: String,
    /// `null` unless each pattern that was searched has a bracket as narrow as was asked for.
    pub rate_rps: Option<f64>,
    /// 95 %: Student's t over the patterns, widened by half a bracket; `null` of one pattern.
    pub ci95_rps: Option<Interval>,
    /// It is at least the mean of the rates that hold; `null` where a pattern has none.
    pub at_least_rps: Option<f64>,
    /// It is below the mean of the rates that do not hold; `null` where a pattern has none.
    pub below_rps: Option<f64>,
    /// The rate with the most answers in time, where a higher one was measured and brought less.
    pub knee_rps: Option<f64>,
    /// Pattern by pattern.
    pub brackets: Vec<RateBracket>,
}

/// What one pattern of arrivals showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateBracket {
    /// Counted from 1.
    pub pattern: u32,
    /// The highest rate that holds below every one that does not.
    pub holds_rps: Option<f64>,
    /// The lowest rate that does not hold.
    pub fails_rps: Option<f64>,
    /// The measurements that showed the one, as repetitions of the phase's log.
    pub holds_repetitions: Vec<u32>,
    /// And the other.
    pub fails_repetitions: Vec<u32>,
    /// The rate at which the SLA was missed while the client was late, and above which nothing is known for that.
    pub client_late_rps: Option<f64>,
    /// Why its search went no further.
    pub ended_by: BracketEnd,
}

/// What ended the search of one pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BracketEnd {
    /// The bracket is as narrow as was asked for, and both of its ends were measured again.
    Precision,
    /// The bracket is as narrow, but the client was late whenever one of its ends was measured again.
    Unconfirmed,
    /// Even the lowest rate that can be tried does not hold.
    Lowest,
    /// Even the highest rate that can be tried holds.
    Highest,
    /// The client cannot send more.
    ClientLate,
    /// Measurements of one rate went on to disagree.
    Unsettled,
    /// The time of the whole search.
    Time,
    /// A signal.
    Interrupted,
}

/// One measurement at one rate.
#[derive(Clone, Debug, Serialize)]
pub struct RateMeasured {
    /// Which phase.
    pub phase: Phase,
    /// Its repetition in the phase's log.
    pub repetition: u32,
    /// The pattern of its arrivals, from 1.
    pub pattern: u32,
    /// The rate that was asked for.
    pub rate_rps: f64,
    /// Requests that arrived.
    pub requests: u64,
    /// With a usable answer.
    pub succeeded: u64,
    /// Median; `null` where that rank has no answer.
    pub p50_ms: Option<f64>,
    /// 95th percentile, likewise.
    pub p95_ms: Option<f64>,
    /// 99th percentile, likewise.
    pub p99_ms: Option<f64>,
    /// Successes a second.
    pub achieved_rps: Option<f64>,
    /// Successes a second that are within the limit of the highest percentile that the SLA judges.
    pub goodput_rps: Option<f64>,
    /// Whether the backlog grew for as long as requests came.
    pub overloaded: bool,
    /// Whether the client let more than 1 % of the requests go later than 1 ms after due.
    pub client_late: bool,
    /// Whether every line of the SLA held and it was not overloaded.
    pub holds: bool,
    /// Whether it says something of the server: not where it does not hold and the client's lateness can be the reason.
    pub valid: bool,
    /// Whether a server that is not started afresh was as fast as in the beginning before this began; `null` of a fresh one,
    /// and before the first one.
    pub server_idle: Option<bool>,
}
