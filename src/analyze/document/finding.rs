//! A cause of slow requests, with what shows it and what can be done.

use serde::Serialize;
use serde_json::Value;

use super::cause::Cause;
use super::table::Table;

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
    pub evidence: Table<&'static str, Value>,
    /// What it means.
    pub explanation: String,
    /// What a client can do about it.
    pub remedy: String,
}

impl CauseFinding {
    /// What its requests were lost to, in words: of those without a known cause only who ran out of time has one.
    pub const fn lost_to(&self) -> &'static str {
        match self.cause {
            Cause::Unexplained => "timeouts",
            cause => cause.words(),
        }
    }
}
