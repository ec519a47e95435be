//! The script's requests joined to the server's own log by payload: where the server was, and where it was not yet.

use std::collections::HashMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use super::Truth;
use super::rows::ScriptRows;
use crate::model::Digest;
use crate::model::Micros;
use crate::model::TraceId;
use crate::stats::distribution::Distribution;
use crate::stats::rounded;

/// What the server noted of one item. Instants are microseconds since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TruthRow {
    /// Of the exchange, where the client sent one.
    pub trace: Option<TraceId>,
    /// Of the payload.
    pub payload: Digest,
    /// Items in the exchange.
    pub batch_size: u32,
    /// The request's head was there.
    pub received_us: u64,
    /// A replica took it; `None` if none did.
    pub dequeued_us: Option<u64>,
    /// The answer was handed over.
    pub done_us: u64,
}

/// The server's view of the script's run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerView {
    /// Successes that a replica served and whose payload only they had.
    pub joined: u64,
    /// The script's requests.
    pub of: u64,
    /// Latency of the slowest 5 % of the joined begins here.
    pub slowest_from_ms: f64,
    /// Latency − (received → done): connecting, waiting to be accepted, packets sent again, and the way back.
    pub before_handler: ServerPart,
    /// Received → taken by a replica.
    pub queue: ServerPart,
    /// Taken by a replica → done.
    pub compute: ServerPart,
}

/// One part of the latency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerPart {
    /// Over all joined requests.
    pub mean_ms: f64,
    /// Its own 95th percentile.
    pub p95_ms: Option<f64>,
    /// Of the summed latency of the slowest 5 %; the three shares sum to 1.
    pub share_of_slowest: f64,
}

#[derive(Deserialize)]
struct Written {
    trace_id: String,
    payload_digest: String,
    batch_size: u32,
    received_us: u64,
    dequeued_us: Option<u64>,
    done_us: u64,
}

/// Reads a truth log. A last row that a kill cut off is an error, as is anything that is no truth log.
pub fn truth_rows(source: impl Read) -> Result<Vec<TruthRow>, String> {
    let rows = csv::Reader::from_reader(source).into_deserialize();
    rows.map(|row| row.map_err(|error| error.to_string()).and_then(|row: Written| row.row())).collect()
}

impl Written {
    fn row(&self) -> Result<TruthRow, String> {
        let payload = self.payload_digest.parse();
        Ok(TruthRow {
            trace: self.trace_id.parse().ok(),
            payload: payload.map_err(|_| format!("`{}` is no digest", self.payload_digest))?,
            batch_size: self.batch_size,
            received_us: self.received_us,
            dequeued_us: self.dequeued_us,
            done_us: self.done_us,
        })
    }
}

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
            let payload = truth.payloads.get(usize::try_from(row.request?).ok()?).copied().flatten()?;
            parts(row.latency?, served.get(&payload).copied().flatten()?)
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
            truth.payloads.push(Some(payload(index)));
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
        (ScriptRows::read(log.as_bytes()).expect("a good log"), truth)
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
        truth.payloads[3] = None;
        assert_eq!(join(&rows, &truth).expect("the others can").joined, 36);
        assert_eq!(join(&rows, &Truth::default()), None);
    }

    #[test]
    fn a_truth_log_is_read_as_the_mock_writes_it() {
        let log = "trace_id,exchange_id,payload_digest,item_ms,batch_size,status,received_us,dequeued_us,done_us\n\
            ,1,a6f00875839642d9a416d485740e561b,10.870,1,200,161394,161802,283537\n\
            d746e2cad84e84839d3bd53089a82685,2,ee2f7ce956d1e8bf99d7efe2e673c827,16.877,1,503,5,,9\n";
        let rows = truth_rows(log.as_bytes()).expect("a good log");
        assert_eq!((rows[0].trace, rows[0].dequeued_us), (None, Some(161_802)));
        assert_eq!((rows[1].trace.is_some(), rows[1].dequeued_us, rows[1].done_us), (true, None, 9));
        assert!(truth_rows("a,b\n1,2\n".as_bytes()).is_err());
    }
}
