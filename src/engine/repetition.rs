//! What one repetition is made of, as one thread runs it.

use std::sync::Arc;
use std::time::Duration;

use super::hopeless::Patience;
use super::pacing::Pacing;
use crate::client::{AnswerLimits, BatchFormat};
use crate::model::{AnswerChecks, Connections, Strategy};
use crate::plan::{Plan, Slice, TraceIds};
use crate::transport::{Endpoint, Routes};

/// One repetition, or the share of it that one thread runs.
#[derive(Clone, Debug)]
pub struct Repetition {
    /// The workload.
    pub plan: Arc<Plan>,
    /// Which of its requests.
    pub slice: Slice,
    /// The trace ids of this repetition.
    pub traces: TraceIds,
    /// When requests are due.
    pub pacing: Pacing,
    /// How they are sent.
    pub strategy: Strategy,
    /// Where they go.
    pub endpoint: Arc<Endpoint>,
    /// How batches look on the wire.
    pub batch_format: BatchFormat,
    /// How much of answers is taken.
    pub answers: AnswerLimits,
    /// What an answer must say to be a success.
    pub checks: Arc<AnswerChecks>,
    /// Time from due after which a request has failed.
    pub timeout: Duration,
    /// After how much failure it ends early; `None` is never.
    pub patience: Option<Patience>,
    /// After how long no further request is sent; those that are due by then are.
    pub at_most: Option<Duration>,
}

impl Repetition {
    /// Planned requests of this share.
    pub(super) fn requests(&self) -> u64 {
        self.slice.count(self.plan.requests())
    }

    /// Where one of its requests goes.
    pub(super) fn routes(&self, seq: u64) -> &Routes {
        &self.endpoint.routes[self.plan.endpoint(seq)]
    }

    /// The shares of so many threads, each with its own callers, connections and requests; fewer where there are not enough
    /// callers or connections for all.
    pub(super) fn shares(self, threads: usize) -> Vec<Repetition> {
        let connections = self.pacing.connections().min(self.strategy.connections());
        let most = (connections as u64).min(self.plan.requests()).max(1);
        let threads = (threads as u64).clamp(1, most);
        let share = |of: u64, thread: u64| of / threads + u64::from(thread < of % threads);
        (0..threads)
            .map(|thread| {
                let connections = match self.strategy.connections {
                    Connections::Pool(size) => Connections::Pool(share(size as u64, thread) as usize),
                    per_request => per_request,
                };
                Repetition {
                    slice: Slice::new(thread, threads),
                    pacing: self.pacing.share(|of| share(of, thread)),
                    strategy: Strategy { connections, ..self.strategy },
                    ..self.clone()
                }
            })
            .collect()
    }
}
