//! What the manifest says of an open load: how its requests arrived.

use serde::{Deserialize, Serialize};

use super::{ArrivalProcess, Micros};

/// How the requests of both phases arrive. Analysis asks it what kind of load it was; a closed loop has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrivalRecord {
    /// By which process.
    #[serde(flatten)]
    pub process: ArrivalProcess,
    /// When the last request of a repetition is due.
    pub last_due_us: u64,
    /// Requests due a second, by [`ArrivalRecord::rate`]: what is offered, whatever is achieved.
    pub offered_rps: Option<f64>,
    /// The trace, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<TraceRead>,
}

impl ArrivalRecord {
    /// Requests due a second: the gaps between them ÷ the time from the first that is due to the last; `None` where that is
    /// none. One definition for every process: the plan and the rows of a log know it.
    pub fn rate(gaps: u64, time: Micros) -> Option<f64> {
        (gaps > 0 && time > Micros(0)).then(|| gaps as f64 / time.0 as f64 * 1e6)
    }
}

/// What was read of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRead {
    /// How the file is written, as its content shows.
    pub format: TraceFormat,
    /// Of the whole file.
    pub digest: String,
    /// Different times among the arrivals that were taken.
    pub stamps: u64,
    /// Most arrivals that share one.
    pub largest_group: u64,
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceFormat {
    /// Azure's LLM inference traces: CSV with dates.
    Azure,
    /// BurstGPT: CSV with seconds.
    BurstGpt,
    /// Mooncake: JSON lines with milliseconds.
    Mooncake,
    /// Bailian: JSON lines, or CSV, with seconds.
    Bailian,
    /// Another CSV with a column of times.
    Csv,
    /// One number of seconds a line.
    Seconds,
}

impl TraceRead {
    /// Whether its times are so coarse that arrivals come in groups: half of them or more share one.
    pub fn is_quantised(&self, arrivals: u64) -> bool {
        arrivals > 1 && arrivals >= self.stamps.saturating_mul(2)
    }
}
