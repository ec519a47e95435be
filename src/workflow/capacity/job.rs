//! What a search over rates is asked for.

use std::path::PathBuf;
use std::time::Duration;

use crate::scenario::Settings;

/// What is looked for, and where it goes.
#[derive(Clone, Debug)]
pub struct CapacityJob {
    /// The resolved scenario, an open load with a rate to begin with.
    pub settings: Settings,
    /// The folder of all runs.
    pub out: PathBuf,
    /// How long requests arrive in each measurement.
    pub each: Duration,
    /// Patterns of arrivals, at least 1: each is a search of its own.
    pub patterns: u32,
    /// A search ends when the rate that fails ÷ the rate that holds is at most this, which is above 1.
    pub precision: f64,
    /// No measurement begins later than this after the first one.
    pub time: Duration,
    /// What the after phase must hold, in requests a second.
    pub least: Option<f64>,
    /// Print no progress.
    pub quiet: bool,
    /// The command line for the manifest.
    pub command: Vec<String>,
}
