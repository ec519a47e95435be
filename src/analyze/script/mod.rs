//! The given load test by its own log: what it shows, what the server's log adds, what nobody can tell from it.

mod clusters;
mod over_time;
mod server;

use super::document::{LatencyMs, ScriptAnalysis};
use super::observed::{ScriptRows, Truth};

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

/// Of the script's rows, with the server's log where there is one.
pub fn analyse_script(rows: &ScriptRows, truth: Option<&Truth>) -> ScriptAnalysis {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_servers_log_it_says_what_is_not_known() {
        let rows =
            ScriptRows::read("request_id,latency_ms,success\n0,5.0,1\n".as_bytes()).expect("a good log");
        let analysis = analyse_script(&rows, None);
        assert!(analysis.server.is_none() && analysis.over_time.is_empty());
        assert!(analysis.cannot_tell.iter().any(|sentence| sentence.contains("server's handler")));
    }
}
