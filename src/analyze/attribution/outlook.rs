//! What the prediction says of the server and of other ways to send, for a remedy that must not make things worse.

use crate::analyze::document::{Candidate, Prediction, ServerFigures};
use crate::analyze::prediction::always_tried;

/// A way to send is faster than another where its P95 is below this part of the other's.
const FASTER: f64 = 0.95;

/// The prediction as far as it does not hang on how the after phase sends: a pure function of the before log and of
/// the calibration.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    server: Option<ServerFigures>,
    ways: Vec<Candidate>,
}

impl Outlook {
    /// Of a prediction, whatever after phase it was made for.
    pub fn of(prediction: &Prediction) -> Self {
        Outlook { server: prediction.server.clone(), ways: always_tried(prediction).cloned().collect() }
    }

    /// How many exchanges the server computes at a time, where requests waited so that there are no more.
    pub(super) fn replicas(&self) -> Option<usize> {
        self.server.as_ref().filter(|server| server.saturated).map(|server| server.replicas)
    }

    /// Kept connections and nothing else, as many as the server has replicas.
    pub(super) fn reuse_alone(&self) -> Option<&Candidate> {
        self.on_replicas().find(|way| way.batch == 1 && way.p95_ms.is_some())
    }

    /// The fastest way with larger batches than these, and how it compares with batches of this size and with the P95
    /// of now, in milliseconds.
    pub(super) fn batches(&self, than: u32, now_ms: Option<f64>) -> Batches<'_> {
        let larger = || self.on_replicas().filter(|way| way.batch > than as usize);
        let p95 = |way: &Candidate| way.p95_ms.unwrap_or(f64::INFINITY);
        let best = larger().min_by(|one, other| p95(one).total_cmp(&p95(other)));
        let now = self.on_replicas().find(|way| way.batch == than as usize);
        match best.zip(now) {
            Some((best, now)) => match (best.p95_ms, now.p95_ms) {
                (Some(then), Some(p95)) if then < p95.min(now_ms.unwrap_or(p95)) * FASTER => {
                    Batches::Faster(best, then)
                }
                (Some(_), Some(_)) => Batches::NoFaster,
                _ => Batches::Unknown,
            },
            None => Batches::Unknown,
        }
    }

    /// More connections than so many, without batches: what they would bring, in words.
    pub(super) fn more_connections(&self, than: u32) -> Option<More> {
        let alone = || self.ways.iter().filter(|way| way.batch == 1);
        let p95 = |way: &Candidate| Some((way.connections, way.p95_ms?));
        let more =
            alone().filter(|way| way.connections > than as usize).filter_map(p95).min_by_key(|way| way.0)?;
        let now =
            alone().filter(|way| way.connections <= than as usize).filter_map(p95).max_by_key(|way| way.0)?;
        Some(More { connections: more.0, p95_ms: more.1, of: now, faster: more.1 < now.1 * FASTER })
    }

    fn on_replicas(&self) -> impl Iterator<Item = &Candidate> {
        let replicas = self.server.as_ref().map(|server| server.replicas);
        self.ways.iter().filter(move |way| Some(way.connections) == replicas)
    }
}

/// What larger batches are predicted to bring.
pub(super) enum Batches<'a> {
    /// This way is faster: its P95 in milliseconds.
    Faster(&'a Candidate, f64),
    /// None of them is faster.
    NoFaster,
    /// Nothing is predicted, or a range only.
    Unknown,
}

/// What more connections are predicted to bring.
pub(super) struct More {
    /// So many.
    pub connections: usize,
    /// P95 with these, in milliseconds.
    pub p95_ms: f64,
    /// The number to compare with, and its P95.
    pub of: (usize, f64),
    /// Whether that is worth having.
    pub faster: bool,
}
