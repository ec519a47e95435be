//! One repetition: the engine on a thread of its own, the recorder on another, progress on this one.

use std::sync::Arc;

use anyhow::anyhow;
use tokio::sync::oneshot;

use super::destination;
use super::part_load::PartLoad;
use super::transports::Moving;
use crate::client::{AnswerLimits, BatchFormat, BatchRoom};
use crate::engine::{Health, Pacing, Repetition};
use crate::host::{Anchor, Clock};
use crate::host::{Interrupt, limits, thread};
use crate::model::{ByteBudget, TimeSource};
use crate::plan::{Slice, TraceIds};
use crate::report::Step;
use crate::runlog::{BodyTimes, Live, Recorder, Recording};
use crate::scenario::Settings;
use crate::telemetry::Watched;
use crate::transport::TlsTrust;

/// Bytes of answers that may be on their way to the recorder at the same time.
const COPIES: u64 = 48 << 20;
/// Bytes of answers to batches that may be on their way here at the same time.
const BATCHES: u64 = 24 << 20;

/// What is measured, and where.
pub(super) struct Measurement<'a> {
    pub load: &'a PartLoad,
    pub run_id: &'a str,
    pub settings: &'a Settings,
    pub url: &'a str,
    pub trust: Option<&'a TlsTrust>,
    pub anchor: &'a Anchor,
    pub interrupt: &'a Interrupt,
}

/// What came of it.
pub(super) struct Measured {
    pub recording: Recording,
    pub live: Live,
    pub clock: Clock,
    pub health: Health,
    /// Where the server said its own times.
    pub time_sources: Vec<TimeSource>,
    /// Answers whose body was to be read for them and of which no copy was kept.
    pub times_unread: u64,
}

impl Measurement<'_> {
    pub(super) async fn run(
        &self,
        recording: Recording,
        watched: &mut Watched,
        step: &Step,
    ) -> anyhow::Result<Measured> {
        let times = BodyTimes::new(&self.settings.target.time_sources);
        let plan = Arc::clone(&self.load.plan);
        let endpoint_of = Box::new(move |seq| plan.endpoint_name(seq).cloned());
        let tap = watched.tap();
        let (recorder, sink) = Recorder::start(recording, self.load.repetition, times, endpoint_of, tap)?;
        let pulse = Arc::clone(&watched.pulse);
        let repetition = self.repetition()?;
        let endpoint = Arc::clone(&repetition.endpoint);
        let threads = self.settings.load.threads;
        let moving = Moving::new(&endpoint, &self.settings.target, &self.load.strategy, self.trust, threads)?;
        let clock = Clock::start();
        watched.origin.started(self.anchor.unix_micros(&clock));
        let (ended, end) = oneshot::channel();
        let wish = self.interrupt.clone();
        let told = Arc::clone(&pulse);
        let is_open = self.load.plan.arrivals().is_some();
        let live = || Live { offered: is_open.then(|| told.due()), ..recorder.live() };
        let thread = thread("engine", move || {
            let outcome = moving.run(threads, repetition, clock, sink, &pulse, &wish);
            let _ = ended.send(());
            outcome
        })?;
        // An error here is the engine's panic, which the join below reports.
        let _ = step.watch(end, live).await;
        let health = thread.join().map_err(|_| anyhow!("the engine's thread panicked")).flatten();
        // What it could not write ended the engine, and is why the rest was not sent.
        let (recording, live, times) = recorder.finish()?;
        self.load.plan.whole()?;
        let time_sources = times.used().cloned().chain(endpoint.server_headers.used()).collect();
        Ok(Measured { recording, live, clock, health: health?, time_sources, times_unread: times.unread() })
    }

    fn repetition(&self) -> anyhow::Result<Repetition> {
        let target = &self.settings.target;
        let PartLoad { part, repetition, plan, strategy, workers, think, .. } = self.load;
        Ok(Repetition {
            plan: Arc::clone(plan),
            slice: Slice::WHOLE,
            traces: TraceIds::new(self.run_id, &part.to_string(), *repetition),
            pacing: match plan.arrivals() {
                Some(_) => {
                    Pacing::Open { connections: limits::room(plan.requests(), self.settings.load.threads) }
                }
                None => Pacing::Closed { workers: *workers as u64, think: *think },
            },
            strategy: *strategy,
            endpoint: Arc::new(destination::endpoint(self.url, self.settings)?),
            batch_format: BatchFormat::new(&target.batch_request_key, &target.batch_response_key),
            answers: AnswerLimits {
                most: target.max_answer_bytes,
                budget: ByteBudget::new(COPIES),
                batches: BatchRoom::new(BATCHES),
            },
            checks: Arc::new(target.success.clone()),
            timeout: target.timeout(),
            patience: self.load.patience,
            at_most: self.load.at_most,
        })
    }
}
