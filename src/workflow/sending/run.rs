//! A run on its way: its folder, its manifest, and what sends for it.

use std::sync::Arc;

use super::part_load::PartLoad;
use super::recordings::Recordings;
use super::runner::{Ran, Runner};
use super::server::Session;
use crate::model::manifest::Manifest;
use crate::model::run_files::MANIFEST;
use crate::model::{Caveat, ServerTimesRecord, TimePlace, TimeSource};
use crate::plan::Plan;
use crate::runlog::{Results, write_json};
use crate::scenario::Settings;

/// A run on its way.
pub(in crate::workflow) struct Run<'a> {
    pub plan: Arc<Plan>,
    pub results: Results,
    pub manifest: Manifest,
    pub recordings: Recordings,
    pub runner: Runner<'a>,
}

impl<'a> Run<'a> {
    pub(in crate::workflow) fn settings(&self) -> &'a Settings {
        self.runner.settings
    }

    pub(in crate::workflow) fn stopped(&self) -> bool {
        self.runner.stopped()
    }

    /// Sends one repetition to a server of its own, which is fresh if it is the mock.
    pub(in crate::workflow) async fn send(&mut self, load: &PartLoad) -> anyhow::Result<()> {
        let session = self.runner.server.open(load.truth.as_deref()).await?;
        self.send_to(&session, load).await?;
        session.close().await
    }

    /// Sends one repetition to a server that is up, and notes it.
    pub(in crate::workflow) async fn send_to(
        &mut self,
        session: &Session,
        load: &PartLoad,
    ) -> anyhow::Result<()> {
        let recording = self.recordings.lend(load.part)?;
        let ran = self.runner.run(load, session, recording).await?;
        let Ran { recording, record, destination, time_sources, times_unread, .. } = ran;
        self.recordings.take_back(load.part, recording);
        self.manifest.repetitions.push(record);
        self.note_times(time_sources, times_unread);
        self.manifest.telemetry.get_or_insert_default().destination = Some(destination);
        Ok(())
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

    pub(in crate::workflow) fn write_manifest(&self) -> anyhow::Result<()> {
        write_json(&self.results.path(MANIFEST), &self.manifest)
    }
}
