//! The script's requests joined to the server's own log by payload: where the server was, and where it was not yet.

use std::collections::HashMap;

use crate::analyze::document::{ServerPart, ServerView};
use crate::analyze::observed::{ScriptRows, Truth, TruthRow};
use crate::model::{Digest, Micros};
use crate::stats::distribution::Distribution;
use crate::stats::rounded;

/// Latency and its three parts, in microseconds.
struct Joined {
    latency: u64,
    parts: [i64; 3],
}

/// `None` if not one request can be joined.
pub(super) fn join(rows: &ScriptRows, truth: &Truth) -> Option<ServerView> {
    let served = unique(&truth.served);
    let mut joined: Vec<Joined> = rows
        .rows()
        .iter()
        .filter_map(|row| {
            let payload = truth.payloads.get(&row.request?)?;
            parts(row.latency?, served.get(payload).copied().flatten()?)
        })
        .collect();
    // The order of the rows must not matter where latencies are equal.
    joined.sort_by_key(|joined| (joined.latency, joined.parts));
    let first_slow = (joined.len() * 95).div_ceil(100).saturating_sub(1);
    let slowest_from_ms = Micros(joined.get(first_slow)?.latency).as_millis();
    let part = |index| part(&joined, first_slow, index);
    Some(ServerView {
        joined: joined.len() as u64,
        of: rows.requests(),
        slowest_from_ms,
        before_handler: part(0),
        queue: part(1),
        compute: part(2),
    })
}

/// By payload; `None` where two requests had the same one, for nobody can tell which is which.
fn unique(served: &[TruthRow]) -> HashMap<Digest, Option<&TruthRow>> {
    let mut by_payload = HashMap::with_capacity(served.len());
    for row in served {
        by_payload.entry(row.payload).and_modify(|one| *one = None).or_insert(Some(row));
    }
    by_payload
}

/// The two clocks are only compared by lengths, so that they need not agree on the time.
fn parts(latency: Micros, row: &TruthRow) -> Option<Joined> {
    let signed = |later: u64, earlier: u64| i64::try_from(later).ok()?.checked_sub_unsigned(earlier);
    let dequeued = row.dequeued_us?;
    let handler = signed(row.done_us, row.received_us)?;
    let before = i64::try_from(latency.0).ok()?.checked_sub(handler)?;
    let parts = [before, signed(dequeued, row.received_us)?, signed(row.done_us, dequeued)?];
    Some(Joined { latency: latency.0, parts })
}

fn part(joined: &[Joined], first_slow: usize, index: usize) -> ServerPart {
    let sum = |joined: &[Joined]| joined.iter().map(|joined| joined.parts[index] as f64).sum::<f64>();
    let slow = &joined[first_slow..];
    let slow_latency: f64 = slow.iter().map(|joined| joined.latency as f64).sum();
    let lengths = joined.iter().map(|joined| u64::try_from(joined.parts[index]).unwrap_or_default());
    let p95 = Distribution::new(lengths.collect(), joined.len() as u64).percentile(950);
    ServerPart {
        mean_ms: rounded(sum(joined) / joined.len() as f64 / 1e3, 3),
        p95_ms: p95.map(Micros::as_millis),
        share_of_slowest: rounded(sum(slow) / slow_latency.max(1.0), 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::script_rows;

    fn payload(index: u64) -> Digest {
        Digest::of(&index.to_le_bytes())
    }

    /// 40 requests of 500 ms (100 queue, 300 compute), the last two a second slower before the handler.
    fn case() -> (ScriptRows, Truth) {
        let mut log = "request_id,latency_ms,success\n".to_string();
        let mut truth = Truth::default();
        for index in 0..40 {
            let latency = if index >= 38 { 1_500 } else { 500 };
            log += &format!("{index},{latency}.0,1\n");
            truth.payloads.insert(index, payload(index));
            let start = index * 1_000;
            truth.served.push(TruthRow {
                trace: None,
                payload: payload(index),
                batch_size: 1,
                received_us: start,
                dequeued_us: Some(start + 100_000),
                done_us: start + 400_000,
            });
        }
        truth.served.reverse();
        (script_rows(&log), truth)
    }

    #[test]
    fn the_time_before_the_handler_is_what_the_server_did_not_see() {
        let (rows, truth) = case();
        let view = join(&rows, &truth).expect("all can be joined");
        assert_eq!((view.joined, view.of, view.slowest_from_ms), (40, 40, 500.0));
        assert_eq!((view.queue.mean_ms, view.compute.mean_ms), (100.0, 300.0));
        assert_eq!((view.before_handler.mean_ms, view.before_handler.p95_ms), (150.0, Some(100.0)));
        let shares = [&view.before_handler, &view.queue, &view.compute].map(|part| part.share_of_slowest);
        assert_eq!(shares, [0.6571, 0.0857, 0.2571], "2,300, 300 and 900 of 3,500 ms");
    }

    #[test]
    fn what_cannot_be_joined_is_counted_out() {
        let (rows, mut truth) = case();
        truth.served[1].payload = payload(0);
        truth.served[2].dequeued_us = None;
        truth.payloads.remove(&3);
        assert_eq!(join(&rows, &truth).expect("the others can").joined, 36);
        assert_eq!(join(&rows, &Truth::default()), None);
    }
}
