//! One repetition: the engine on a thread of its own, the recorder on another, progress on this one.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

use super::server;
use crate::client::{AnswerLimits, BatchFormat};
use crate::engine;
use crate::engine::{Health, Pacing, Repetition};
use crate::host::Interrupt;
use crate::host::{Anchor, Clock};
use crate::model::ByteBudget;
use crate::model::Strategy;
use crate::plan::{Plan, Slice, TraceIds};
use crate::report::Step;
use crate::runlog::{Live, Recorder, Recording};
use crate::scenario::Settings;
use crate::telemetry::Watched;
use crate::transport::Direct;
use crate::transport::dial::{SystemResolver, TcpDialer};

/// What is measured.
pub(super) struct Measurement<'a> {
    pub plan: Arc<Plan>,
    pub run_id: &'a str,
    pub part: &'a str,
    pub repetition: u32,
    pub strategy: Strategy,
    pub workers: usize,
    pub settings: &'a Settings,
    pub url: &'a str,
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
        anchor: &Anchor,
        step: &Step,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Measured> {
        let (recorder, sink) = Recorder::start(recording, self.repetition, watched.tap())?;
        let pulse = Arc::clone(&watched.pulse);
        let repetition = self.repetition()?;
        let threads = self.settings.load.threads;
        let clock = Clock::start();
        watched.part.started(anchor.unix_micros(&clock));
        let (ended, end) = oneshot::channel();
        let wish = interrupt.clone();
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
        let health = thread.join().map_err(|_| anyhow!("the engine's thread panicked"))??;
        let (recording, live) = recorder.finish()?;
        Ok(Measured { recording, live, clock, health })
    }

    fn repetition(&self) -> anyhow::Result<Repetition> {
        let target = &self.settings.target;
        Ok(Repetition {
            plan: Arc::clone(&self.plan),
            slice: Slice::WHOLE,
            traces: TraceIds::new(self.run_id, self.part, self.repetition),
            pacing: Pacing::Closed { workers: self.workers as u64 },
            strategy: self.strategy,
            endpoint: Arc::new(server::endpoint(self.url, target)?),
            batch_format: BatchFormat::new(&target.batch_request_key, &target.batch_response_key),
            answers: AnswerLimits { most: target.max_answer_bytes, budget: ByteBudget::new(COPIES) },
            timeout: target.timeout(),
        })
    }
}

/// Bytes of answers that may be on their way to the recorder at the same time.
const COPIES: u64 = 64 << 20;

/// The plan of both phases.
pub(super) fn plan(settings: &Settings) -> anyhow::Result<Plan> {
    plan_of(settings, settings.load.requests)
}

/// The first so many requests of the plan of both phases.
pub(super) fn plan_of(settings: &Settings, requests: u64) -> anyhow::Result<Plan> {
    of_size(settings, requests, settings.load.seed)
}

/// Other requests than those of the phases, so that no cache of the server's knows the phases' ones.
pub(super) fn calibration_plan(settings: &Settings, requests: u64) -> anyhow::Result<Plan> {
    of_size(settings, requests, settings.load.seed.wrapping_add(1))
}

fn of_size(settings: &Settings, requests: u64, seed: u64) -> anyhow::Result<Plan> {
    match &settings.load.payloads {
        Some(path) => Ok(Plan::of_file(requests, seed, path)?),
        None => Ok(Plan::of_prompts(requests, seed)),
    }
}
