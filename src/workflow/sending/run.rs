//! A run on its way: its folder, its manifest, and what sends for it.

use std::sync::Arc;

use super::idle_bodies::IdleBodies;
use super::part_load::PartLoad;
use super::recordings::Recordings;
use super::runner::{GivenUp, Ran, Runner};
use super::server::Session;
use crate::analyze::Doubt;
use crate::model::manifest::Manifest;
use crate::model::run_files::MANIFEST;
use crate::model::{Caveat, ServerTimesRecord, TimePlace, TimeSource};
use crate::plan::{Plan, Survey};
use crate::runlog::{Live, Results, log_sums, write_json};
use crate::scenario::Settings;

/// A run on its way.
pub(in crate::workflow) struct Run<'a> {
    pub plan: Arc<Plan>,
    pub results: Results,
    pub manifest: Manifest,
    pub recordings: Recordings,
    pub runner: Runner<'a>,
    /// Whether calls to the idle server failed one after the other, so that no more are made.
    pub calls_given_up: bool,
    /// Which bodies of the plan are distinct, and which it does not have.
    pub survey: Survey,
    /// For the calls to the idle server, where it may have a cache.
    pub idle_bodies: Option<IdleBodies>,
}

impl<'a> Run<'a> {
    pub(in crate::workflow) fn settings(&self) -> &'a Settings {
        self.runner.settings
    }

    pub(in crate::workflow) fn stopped(&self) -> bool {
        self.runner.stopped()
    }

    /// Sends one repetition to a server of its own, which is fresh if it is the mock.
    pub(in crate::workflow) async fn send(&mut self, load: &PartLoad) -> anyhow::Result<Option<GivenUp>> {
        let session = self.runner.server.open(load.truth.as_deref()).await?;
        let given_up = self.send_to(&session, load).await?;
        session.close().await?;
        Ok(given_up)
    }

    /// Sends one repetition to a server that is up, and notes it.
    pub(in crate::workflow) async fn send_to(
        &mut self,
        session: &Session,
        load: &PartLoad,
    ) -> anyhow::Result<Option<GivenUp>> {
        Ok(self.send_counted(session, load).await?.0)
    }

    /// The same, and what came of its requests.
    pub(in crate::workflow) async fn send_counted(
        &mut self,
        session: &Session,
        load: &PartLoad,
    ) -> anyhow::Result<(Option<GivenUp>, Live)> {
        let recording = self.recordings.lend(load.part)?;
        let ran = self.runner.run(load, session, recording).await?;
        let Ran { recording, live, record, destination, time_sources, times_unread, given_up } = ran;
        self.recordings.take_back(load.part, recording);
        self.manifest.repetitions.push(record);
        self.note_times(time_sources, times_unread);
        self.manifest.telemetry.get_or_insert_default().destination = Some(destination);
        Ok((given_up, live))
    }

    /// What the next so many calls to the idle server carry.
    pub(in crate::workflow) fn idle_plan(&mut self, requests: u64) -> anyhow::Result<Arc<Plan>> {
        let plan = match &mut self.idle_bodies {
            Some(bodies) => bodies.next(&self.plan, requests),
            None => self.plan.of_next_seed(requests),
        };
        Ok(Arc::new(plan))
    }

    /// Notes that a load was given up, and the run with it.
    pub(in crate::workflow) fn ended_early(&mut self, load: &PartLoad, given_up: GivenUp) {
        let part = load.part.to_string();
        let GivenUp { at, mostly } = given_up;
        self.caveat(Doubt::EndedEarly { part, repetition: load.repetition, at, mostly });
    }

    /// Notes that calls to the idle server were given up, with so many requests in each.
    pub(in crate::workflow) fn give_calls_up(&mut self, batch: usize, given_up: GivenUp) {
        self.calls_given_up |= batch == 1;
        self.caveat(Doubt::CallsGivenUp { batch, mostly: given_up.mostly });
    }

    /// Says once where the server says its own times.
    fn note_times(&mut self, sources: Vec<TimeSource>, unread: u64) {
        if sources.is_empty() && unread == 0 {
            return;
        }
        let new = self.manifest.server_times.get_or_insert_default().add(sources, unread);
        // The standard's own header is no news.
        if new.iter().any(|source| source.from != TimePlace::ServerTiming) {
            let words = ServerTimesRecord::words(&new);
            self.runner.progress.say(&format!("server times from: {words}"));
        }
    }

    pub(in crate::workflow) fn caveat(&mut self, caveat: impl Into<Caveat>) {
        let caveat = caveat.into();
        self.runner.progress.note(&format!("caveat: {}", caveat.message));
        self.manifest.caveats.push(caveat);
    }

    /// Notes what the logs come to, all of which are closed.
    pub(in crate::workflow) fn note_sums(&mut self) {
        for (name, sum) in log_sums(&self.results) {
            match sum {
                Ok(sum) => drop(self.manifest.logs.insert(name, sum)),
                Err(error) => {
                    self.caveat(Doubt::UnreadLog { problem: format!("{name} cannot be read: {error}") });
                }
            }
        }
    }

    /// As things stand, a signal that has come with them.
    pub(in crate::workflow) fn write_manifest(&mut self) -> anyhow::Result<()> {
        self.manifest.interrupted = self.runner.interrupt.signal();
        write_json(&self.results.path(MANIFEST), &self.manifest)
    }
}
