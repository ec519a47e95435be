//! A few single calls to the idle server before and after each repetition, part of neither phase: whether equal work
//! takes it equal time in both.
//!
//! They go to a server that is idle: before a repetition has begun, or after it has ended. The embedded mock gets them
//! in a process of their own, with the same settings and on the same ports, so that each repetition meets a fresh one
//! and the mock's log of it holds its requests alone.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

use anyhow::Context;

use super::measurement::{self, Measurement};
use super::{Recordings, Run};
use crate::analyze::{Doubt, Observation, SingleCall};
use crate::model::Phase;
use crate::model::manifest::{Manifest, SingleCallsRecord};
use crate::model::run_files;
use crate::model::{Connections, Strategy};
use crate::runlog::{Answers, LogReader, Recording, Results};

/// What stands in its column `phase`.
pub(super) const PART: &str = "single_calls";
/// One that opens the connection and two on the warm one: these count where the server reports no times.
const CALLS: u64 = 3;

/// Beside which repetition, and at which end of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    pub phase: Phase,
    pub repetition: u32,
    pub at_end: bool,
}

impl Run<'_> {
    /// Makes one set of them.
    pub(super) async fn single_calls(
        &mut self,
        beside: Beside,
        recordings: &mut Recordings,
    ) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let set = self.manifest.single_calls.len() as u32 + 1;
        let session = self.server.open(None).await?;
        let mut watched = self.watch(PART, set, session.url())?;
        let measurement = Measurement {
            plan: Arc::new(measurement::calibration_plan(&self.settings, CALLS)?),
            run_id: &self.manifest.run_id,
            part: PART,
            repetition: set,
            strategy: Strategy { connections: Connections::Pool(1), batch: 1 },
            workers: 1,
            settings: &self.settings,
            url: session.url(),
        };
        let log = recordings.single_calls.take().expect("each set puts the log back");
        let answers = Answers::new(Box::new(std::io::sink()));
        let step = self.progress.step("single calls", CALLS);
        let recording = Recording { log, answers };
        let measured = measurement.run(recording, &mut watched, &self.anchor, &step, self.interrupt).await?;
        self.telemetry.end(&watched);
        self.note_repetition(PART, set, &measured.live, &measured.clock, measured.health);
        recordings.single_calls = Some(measured.recording.log);
        self.manifest.single_calls.push(SingleCallsRecord {
            set,
            phase: beside.phase.name().to_string(),
            repetition: beside.repetition,
            at_end: beside.at_end,
        });
        session.close().await
    }
}

/// The calls of a finished run, each beside its repetition; none for a run of an earlier version. A damaged file is no
/// reason not to analyse phases that are whole.
pub(super) fn read(results: &Results, manifest: &Manifest) -> (Vec<SingleCall>, Vec<Doubt>) {
    read_all(results, manifest)
        .unwrap_or_else(|error| (Vec::new(), vec![Doubt::UnreadLog { problem: format!("{error:#}") }]))
}

fn read_all(results: &Results, manifest: &Manifest) -> anyhow::Result<(Vec<SingleCall>, Vec<Doubt>)> {
    let path = results.path(run_files::SINGLE_CALLS);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(cause) => return Err(cause).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = LogReader::new(file, run_files::SINGLE_CALLS)?.of(&manifest.run_id, PART);
    let mut calls = Vec::new();
    for row in reader.by_ref() {
        let row = row?;
        let record = manifest.single_calls.iter().find(|record| record.set == row.repetition);
        let phase = record.and_then(|record| Phase::BOTH.into_iter().find(|one| one.name() == record.phase));
        // A run that was killed has rows that its manifest does not know of.
        let Some((record, phase)) = record.zip(phase) else { continue };
        calls.push(SingleCall {
            phase,
            repetition: record.repetition,
            at_end: record.at_end,
            row: Observation::new(row.repetition, &row.sample),
        });
    }
    let cut = reader.truncated().then(|| Doubt::TruncatedLog { log: run_files::SINGLE_CALLS.to_string() });
    Ok((calls, cut.into_iter().collect()))
}
