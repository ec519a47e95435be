//! One repetition: the engine on a thread of its own, the recorder on another, progress on this one.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

use super::part_load::PartLoad;
use super::server;
use crate::client::{AnswerLimits, BatchFormat, BatchRoom};
use crate::engine;
use crate::engine::{Health, Pacing, Repetition};
use crate::host::Interrupt;
use crate::host::{Anchor, Clock};
use crate::model::ByteBudget;
use crate::plan::{Slice, TraceIds};
use crate::report::Step;
use crate::runlog::{Live, Recorder, Recording};
use crate::scenario::Settings;
use crate::telemetry::Watched;
use crate::transport::Direct;
use crate::transport::dial::{SystemResolver, TcpDialer};

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
    pub anchor: &'a Anchor,
    pub interrupt: &'a Interrupt,
}

/// What came of it.
pub(super) struct Measured {
    pub recording: Recording,
    pub live: Live,
    pub clock: Clock,
    pub health: Health,
}

impl Measurement<'_> {
    pub(super) async fn run(
        &self,
        recording: Recording,
        watched: &mut Watched,
        step: &Step,
    ) -> anyhow::Result<Measured> {
        let (recorder, sink) = Recorder::start(recording, self.load.repetition, watched.tap())?;
        let pulse = Arc::clone(&watched.pulse);
        let repetition = self.repetition()?;
        let threads = self.settings.load.threads;
        let clock = Clock::start();
        watched.origin.started(self.anchor.unix_micros(&clock));
        let (ended, end) = oneshot::channel();
        let wish = self.interrupt.clone();
        let thread = std::thread::Builder::new().name("engine".into()).spawn(move || {
            let endpoint = Arc::clone(&repetition.endpoint);
            let transport = || Direct::new(Arc::clone(&endpoint), SystemResolver, TcpDialer);
            let outcome = engine::run(threads, repetition, transport, clock, sink, &pulse, &wish);
            let _ = ended.send(());
            outcome
        });
        let thread = thread.context("cannot start the engine's thread")?;
        // An error here is the engine's panic, which the join below reports.
        let _ = step.watch(end, || recorder.live()).await;
        let health = thread.join().map_err(|_| anyhow!("the engine's thread panicked")).flatten();
        // What it could not write ended the engine, and is why the rest was not sent.
        let (recording, live) = recorder.finish()?;
        Ok(Measured { recording, live, clock, health: health? })
    }

    fn repetition(&self) -> anyhow::Result<Repetition> {
        let target = &self.settings.target;
        let PartLoad { part, repetition, plan, strategy, workers, think, .. } = self.load;
        Ok(Repetition {
            plan: Arc::clone(plan),
            slice: Slice::WHOLE,
            traces: TraceIds::new(self.run_id, &part.to_string(), *repetition),
            pacing: Pacing::Closed { workers: *workers as u64, think: *think },
            strategy: *strategy,
            endpoint: Arc::new(server::endpoint(self.url, self.settings)?),
            batch_format: BatchFormat::new(&target.batch_request_key, &target.batch_response_key),
            answers: AnswerLimits {
                most: target.max_answer_bytes,
                budget: ByteBudget::new(COPIES),
                batches: BatchRoom::new(BATCHES),
            },
            checks: Arc::new(target.success.clone()),
            timeout: target.timeout(),
        })
    }
}
