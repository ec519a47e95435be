//! The numbers behind each cause.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::context::Context;
use super::groups::{Groups, millis};
use super::held_back;
use super::split::{Split, is_shed, tells_all};
use crate::analyze::document::{Cause, Table};
use crate::analyze::observed::Observation;
use crate::model::{ErrorKind, Micros};
use crate::stats::distribution::Distribution;

/// What the rows of a phase show beside the sums by cause.
#[derive(Debug, Default)]
pub(super) struct RowCounts {
    /// Connections opened.
    pub connections: u64,
    /// Connections with a SYN retransmission.
    pub syn_connections: u64,
    /// SYN retransmissions.
    pub syn_retransmits: u64,
    /// Time that these added, one entry a connection.
    syn_added: Vec<u64>,
    /// Successes whose request was sent again on a new connection.
    pub not_accepted: u64,
    /// Data retransmissions of these.
    data_retransmits: u64,
    /// The time until the last retransmission of these, by the kernel's backoff, as far as they waited for so long.
    in_retransmission: u64,
    /// Successes whose request was sent again on a kept connection.
    kept_retransmitted: u64,
    /// Successes with more than one attempt.
    pub retried: u64,
    /// Successes on which the server says both its times.
    pub told: u64,
    /// Successes on which the kernel says its retransmissions.
    pub kernel_told: u64,
    /// Answers 429 and 503.
    pub shed: u64,
    /// Other failures that were not too slow, by word.
    pub broken: BTreeMap<ErrorKind, u64>,
    /// Connections of batches that are counted already, by repetition.
    seen: BTreeSet<(u32, u64)>,
}

impl RowCounts {
    /// Adds a row with the causes of its latency.
    pub(super) fn take(&mut self, row: &Observation, split: &Split) {
        self.shed += u64::from(is_shed(row));
        self.failure(row);
        let opened = row.connection().filter(|used| !used.reused);
        // The members of a batch share its connection.
        if let Some(used) = opened
            && (row.batch().is_none() || self.seen.insert((row.repetition(), used.id)))
        {
            self.connection(used.syn_retransmits.unwrap_or(0), split.get(Cause::SynRetransmission));
        }
        if row.succeeded() {
            self.success(row, split.get(Cause::NotYetAccepted));
        }
    }

    fn failure(&mut self, row: &Observation) {
        let slow = [ErrorKind::Timeout, ErrorKind::Unsent, ErrorKind::Interrupted];
        if let Some(word) = row.error().filter(|word| !slow.contains(word) && !is_shed(row)) {
            *self.broken.entry(word).or_default() += 1;
        }
    }

    fn mean_in_retransmission(&self) -> f64 {
        millis(self.in_retransmission as f64 / self.not_accepted.max(1) as f64)
    }

    fn connection(&mut self, syn_retransmits: u32, added: Micros) {
        self.connections += 1;
        if syn_retransmits > 0 {
            self.syn_connections += 1;
            self.syn_retransmits += u64::from(syn_retransmits);
            self.syn_added.push(added.0);
        }
    }

    fn success(&mut self, row: &Observation, not_accepted: Micros) {
        let times = row.retransmits().unwrap_or(0);
        if not_accepted > Micros(0) {
            self.not_accepted += 1;
            self.data_retransmits += u64::from(times);
            self.in_retransmission += not_accepted.0;
        } else if times > 0 && row.connection().is_some_and(|used| used.reused) {
            self.kept_retransmitted += 1;
        }
        self.retried += u64::from(row.attempts() > 1);
        self.told += u64::from(tells_all(row));
        self.kernel_told += u64::from(row.retransmits().is_some());
    }
}

/// How many of how many, how much time; then what is particular to the cause.
pub(super) fn evidence(
    cause: Cause,
    groups: &Groups,
    counts: &RowCounts,
    context: &Context<'_>,
) -> Table<&'static str, Value> {
    let at = cause as usize;
    let mut table = Table(vec![
        ("requests", json!(groups.all.with_cause[at])),
        ("of_requests", json!(groups.all.n)),
        ("tail_requests", json!(groups.tail.with_cause[at])),
        ("of_tail_requests", json!(groups.tail.n)),
        ("tail_mean_ms", json!(millis(groups.tail.mean(groups.tail.causes[at])))),
        ("middle_mean_ms", json!(millis(groups.middle.mean(groups.middle.causes[at])))),
        ("total_ms", json!(millis(groups.all.causes[at] as f64))),
    ]);
    table.0.extend(particular(cause, groups, counts, context));
    table
}

fn particular(
    cause: Cause,
    groups: &Groups,
    counts: &RowCounts,
    context: &Context<'_>,
) -> Vec<(&'static str, Value)> {
    match cause {
        Cause::SynRetransmission => vec![
            ("connections", json!(counts.syn_connections)),
            ("of_connections", json!(counts.connections)),
            ("retransmissions", json!(counts.syn_retransmits)),
            ("median_added_ms", json!(median(&counts.syn_added))),
        ],
        Cause::NotYetAccepted => vec![
            ("retransmissions", json!(counts.data_retransmits)),
            ("mean_of_the_retransmitted_ms", json!(counts.mean_in_retransmission())),
            (
                "backoff",
                json!(
                    "the kernel's: 200 ms until the first, as long until the next, then twice as long each time, and a sixteenth for its timer"
                ),
            ),
        ],
        Cause::ConnectionSetup => vec![
            ("of_connections", json!(counts.connections)),
            ("handshake_ms", json!(context.network().handshake.as_millis())),
        ],
        Cause::NetworkRoundTrip => vec![
            ("round_trip_ms", json!(context.network().round_trip.as_millis())),
            ("retransmitted_on_kept_connections", json!(counts.kept_retransmitted)),
        ],
        Cause::DelayedAck => {
            let (held_back, median_ms) = held_back::count(context.rows());
            vec![("held_back", json!(held_back)), ("median_ms", json!(median_ms))]
        }
        Cause::Retries => vec![("retried", json!(counts.retried))],
        Cause::Shedding => vec![("refused", json!(counts.shed))],
        Cause::Failure => counts.broken.iter().map(|(word, n)| (word.name(), json!(n))).collect(),
        Cause::Unexplained => vec![
            ("server_times_missing", json!(groups.all.n - counts.told)),
            ("kernel_evidence_missing", json!(groups.all.n - counts.kernel_told)),
        ],
        _ => Vec::new(),
    }
}

fn median(lengths: &[u64]) -> Option<f64> {
    Distribution::new(lengths.to_vec(), 0).percentile(500).map(Micros::as_millis)
}
