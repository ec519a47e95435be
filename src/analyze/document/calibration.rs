//! What a call to the idle server costs, and what an item of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The costs of the idle server. Times are in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// What an exchange pays once; `null` where all calls carried equally many items.
    pub fixed_ms: Option<f64>,
    /// What an item pays, on average; `null` as above.
    pub item_ms: Option<f64>,
    /// Exchanges that were counted, each once.
    pub n: u64,
    /// 95 % interval of the fixed part: estimate ± Student's t with n − 2 degrees × standard error.
    pub fixed_ci95_ms: Option<[f64; 2]>,
    /// 95 % interval of the mean item, likewise.
    pub item_ci95_ms: Option<[f64; 2]>,
    /// Standard deviation of the cost from item to item.
    pub item_deviation_ms: f64,
    /// Standard deviation of an exchange beside that; `null` where it cannot be told from the items'.
    pub noise_ms: Option<f64>,
    /// A call with one item: fixed + item, or the mean of the single calls where only that is known.
    pub call_ms: f64,
    /// Median of the time of a warm call outside the server: latency − connection set-up − service time.
    pub round_trip_ms: f64,
    /// What was taken for service time.
    pub service: Service,
    /// How many calls there were of each size.
    pub sizes: BTreeMap<u32, u64>,
    /// What to know about these figures.
    pub notes: Vec<String>,
}

/// What stands for the time that the server works on an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// What the server reports as compute.
    ServerCompute,
    /// The wait of calls on a warm connection, network included.
    WarmWait,
}
