//! The logs that are no longer as the run left them, by the checksums in its manifest.
//!
//! A caveat and no error: who cuts a log knows why, and a row that a damaged byte makes impossible is an error by itself.

use std::io::ErrorKind;

use crate::analyze::Doubt;
use crate::model::manifest::Manifest;
use crate::model::run_files::{self, SCRIPT_LOG};
use crate::runlog::{Results, log_sum};

/// So many are named.
const NAMED: usize = 6;

/// One doubt for all logs that changed, of those that are `wanted`; one each for those that cannot be read and of which `said`
/// does not speak yet. What is gone is told elsewhere.
pub(in crate::workflow) fn doubts(
    results: &Results,
    manifest: &Manifest,
    wanted: impl Fn(&str) -> bool,
    said: &[Doubt],
) -> Vec<Doubt> {
    let (mut changed, mut doubts) = (Vec::new(), Vec::new());
    // A name that no run has may lead anywhere.
    for (name, sum) in manifest.logs.iter().filter(|(name, _)| run_files::is_log(name) && wanted(name)) {
        match log_sum(results, name) {
            Ok(found) if found == *sum => {}
            Ok(_) => changed.push(name.as_str()),
            Err(error) if error.kind() == ErrorKind::NotFound || is_told(said, name) => {}
            Err(error) => {
                doubts.push(Doubt::UnreadLog { problem: format!("{name} cannot be read: {error}") })
            }
        }
    }
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(NAMED);
        let names = changed[..changed.len() - more].join(", ");
        let log = if more == 0 { names } else { format!("{names} and {more} more") };
        doubts.push(Doubt::LogChanged { log });
    }
    doubts
}

fn is_told(said: &[Doubt], name: &str) -> bool {
    said.iter().any(|doubt| match doubt {
        Doubt::UnreadLog { problem } => problem.contains(name),
        Doubt::ScriptLogUnreadable { .. } => name == SCRIPT_LOG,
        _ => false,
    })
}
