//! The given load test by its own log: what it shows, what the server's log adds, what nobody can tell from it.

mod clusters;
mod over_time;
mod server;

use super::document::{LatencyMs, ScriptAnalysis};
use super::observed::{ScriptRows, Truth};
use crate::model::{Equivalence, LatencyStart, Stage};

/// What a log of one number a request cannot tell.
const WHOLE: &str = "which part of a request was name lookup, connecting, sending or waiting: the script times the whole and \
    connects inside; the before phase, its replica, splits it";
/// What no log of a tool can tell.
const RETRANSMITTED: &str = "whether a packet was retransmitted: a cluster at whole seconds fits it, only the kernel's counters \
    show it; syn_retransmits and retransmits of the before phase have them";
const WAITED: &str = "how long a request waited in the script for a free thread: its clock starts when a thread takes the request up";
const ANSWERS: &str = "whether the answers were right: the script reads them and lets them go";

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
        cannot_tell: cannot_tell(rows.contains()).chain(unjoined.map(String::from)).collect(),
    }
}

/// By what its latency contains.
fn cannot_tell(contains: Option<&Equivalence>) -> impl Iterator<Item = String> {
    let from = contains.map_or(LatencyStart::Start, |contains| contains.from);
    let waited = match from {
        LatencyStart::Due => None,
        LatencyStart::Start => Some(WAITED.to_string()),
        LatencyStart::Connection => Some(format!(
            "how long a request waited before that, and what its connection took: its clock starts with {}",
            from.words()
        )),
    };
    let parts = contains.map_or(Some(WHOLE.to_string()), parts);
    parts.into_iter().chain([RETRANSMITTED.to_string()]).chain(waited).chain([ANSWERS.to_string()])
}

/// Which stages its log does not tell apart.
fn parts(contains: &Equivalence) -> Option<String> {
    if contains.merged.iter().any(|merged| merged.stage == Stage::Connect) {
        return Some(WHOLE.to_string());
    }
    let merged = contains.merged.iter().map(|one| format!("{} from {}", one.stage.name(), one.into.name()));
    let merged = merged.collect::<Vec<_>>().join(", ");
    (!merged.is_empty())
        .then(|| format!("what its log does not tell apart: {merged}; the before phase splits it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::script_rows;

    #[test]
    fn without_a_servers_log_it_says_what_is_not_known() {
        let rows = script_rows("request_id,latency_ms,success\n0,5.0,1\n");
        let analysis = analyse_script(&rows, None);
        assert!(analysis.server.is_none() && analysis.over_time.is_empty());
        assert!(analysis.cannot_tell.iter().any(|sentence| sentence.contains("server's handler")));
    }
}
