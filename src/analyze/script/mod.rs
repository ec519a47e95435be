//! The given load test by its own log: what it shows, what the server's log adds, what nobody can tell from it.

mod clusters;
mod over_time;
mod rows;
mod server;

pub use clusters::{Clump, Cluster, Clusters};
pub use over_time::Window;
pub use rows::{ScriptRow, ScriptRows};
pub use server::{ServerPart, ServerView, TruthRow, truth_rows};

use serde::Serialize;

use super::comparison::LatencyMs;
use crate::model::Digest;

/// What no log of one number a request can tell.
const CANNOT_TELL: [&str; 4] = [
    "which part of a request was name lookup, connecting, sending or waiting: the script times the whole and \
     connects inside; the before phase, its replica, splits it",
    "whether a packet was retransmitted: a cluster at whole seconds fits it, only the kernel's counters show it; \
     syn_retransmits and retransmits of the before phase have them",
    "how long a request waited in the script for a free thread: its clock starts when a thread takes the request up",
    "whether the answers were right: the script reads them and lets them go",
];

/// What it cannot tell either without the server's log.
const NO_JOIN: &str = "how long a request waited before the server's handler, in its queue and for its computing: that \
    needs a server's log with the digest of each payload, as the embedded mock writes it";

/// `baseline_script` of `analysis.json`. Times are in milliseconds, by the script's own clock.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptAnalysis {
    /// Rows of its log.
    pub requests: u64,
    /// Rows that it calls a success.
    pub succeeded: u64,
    /// The others.
    pub failed: u64,
    /// Over all its rows; a failure ranks slower than every success.
    pub latency_ms: LatencyMs,
    /// Slow requests by their distance from the median.
    pub clusters: Option<Clusters>,
    /// Medians by when requests started; empty where the log has no `started_at`.
    pub over_time: Vec<Window>,
    /// Joined to the server's log by payload.
    pub server: Option<ServerView>,
    /// What this log alone cannot tell.
    pub cannot_tell: Vec<String>,
}

/// What the mock's own log has to say of the script's run.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// What it served to the script.
    pub served: Vec<TruthRow>,
    /// Digest of the payload by request number; `None` where it is not known.
    pub payloads: Vec<Option<Digest>>,
}

impl ScriptAnalysis {
    /// Of the script's rows, with the server's log where there is one.
    pub fn of(rows: &ScriptRows, truth: Option<&Truth>) -> Self {
        let latency = rows.latency();
        let server = truth.and_then(|truth| server::join(rows, truth));
        let unjoined = server.is_none().then_some(NO_JOIN);
        ScriptAnalysis {
            requests: rows.requests(),
            succeeded: rows.succeeded(),
            failed: rows.requests() - rows.succeeded(),
            latency_ms: LatencyMs::of(&latency),
            clusters: clusters::of(&latency),
            over_time: over_time::of(rows),
            server,
            cannot_tell: CANNOT_TELL.into_iter().chain(unjoined).map(String::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_servers_log_it_says_what_is_not_known() {
        let rows =
            ScriptRows::read("request_id,latency_ms,success\n0,5.0,1\n".as_bytes()).expect("a good log");
        let analysis = ScriptAnalysis::of(&rows, None);
        assert!(analysis.server.is_none() && analysis.over_time.is_empty());
        assert!(analysis.cannot_tell.iter().any(|sentence| sentence.contains("server's handler")));
    }
}
