//! One repetition: the engine on a thread of its own, the recorder on another, progress on this one.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

use super::part_load::PartLoad;
use super::server;
use crate::client::BatchFormat;
use crate::engine;
use crate::engine::{Health, Pacing, Repetition};
use crate::host::Interrupt;
use crate::host::{Anchor, Clock};
use crate::plan::TraceIds;
use crate::report::Step;
use crate::runlog::{Live, Recorder, Recording};
use crate::scenario::Target;
use crate::telemetry::Watched;
use crate::transport::{Direct, Endpoint, SystemResolver};

/// What is measured, and where.
pub(super) struct Measurement<'a> {
    pub load: &'a PartLoad,
    pub run_id: &'a str,
    pub target: &'a Target,
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
        let endpoint = self.endpoint()?;
        let repetition = self.repetition();
        let clock = Clock::start();
        watched.origin.started(self.anchor.unix_micros(&clock));
        let (ended, end) = oneshot::channel();
        let wish = self.interrupt.clone();
        let thread = std::thread::Builder::new().name("engine".into()).spawn(move || {
            let transport = Direct::new(endpoint, SystemResolver);
            let outcome = engine::run(repetition, transport, clock, sink, &pulse, &wish);
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

    fn endpoint(&self) -> anyhow::Result<Endpoint> {
        Ok(server::endpoint(self.url, self.target)?)
    }

    fn repetition(&self) -> Repetition {
        let PartLoad { part, repetition, plan, strategy, workers, .. } = self.load;
        Repetition {
            plan: Arc::clone(plan),
            traces: TraceIds::new(self.run_id, &part.to_string(), *repetition),
            pacing: Pacing::Closed { workers: *workers as u64 },
            strategy: *strategy,
            batch_format: BatchFormat::new(&self.target.batch_request_key, &self.target.batch_response_key),
            timeout: self.target.timeout(),
        }
    }
}
