//! One phase, one log: the load of a scenario without the proof around it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::measurement::{self, Measurement};
use super::server::Server;
use super::{conditions, expected, most_connections, telemetry};
use crate::host::Anchor;
use crate::host::Interrupt;
use crate::host::limits;
use crate::model::{Caveat, Phase};
use crate::report::Progress;
use crate::runlog::{Answers, Live, LogWriter, Recording};
use crate::scenario::Settings;
use crate::telemetry::{Prepared, Telemetry};

/// Sends the load of one phase once and writes its log.
pub async fn load(
    settings: &Settings,
    phase: Phase,
    log: &Path,
    quiet: bool,
    interrupt: &Interrupt,
) -> anyhow::Result<Live> {
    let plan = Arc::new(measurement::plan(settings)?);
    limits::make_room(most_connections(settings))?;
    let prepared = Prepared::make(&settings.telemetry)?;
    let mut server = Server::new(settings, &prepared)?;
    server.check().await?;
    let anchor = Anchor::now();
    let run_id = conditions::run_id(&anchor);
    let file = File::create(log).with_context(|| format!("--log {}: cannot write there", log.display()))?;
    let recording = Recording {
        log: LogWriter::new(file, &run_id, phase.name())?,
        answers: Answers::new(Box::new(std::io::sink())),
    };
    let mut tells = Telemetry::start(prepared, &run_id, &telemetry::lines(&settings.sla))?;
    let session = server.open(None).await?;
    let destination = telemetry::destination(settings, session.url())?;
    let mut watched = tells.begin(phase.name(), 1, destination);
    let measurement = Measurement {
        plan: Arc::clone(&plan),
        run_id: &run_id,
        part: phase.name(),
        repetition: 1,
        strategy: if phase == Phase::Before { settings.before } else { settings.after },
        workers: settings.load.workers,
        settings,
        url: session.url(),
    };
    let progress = Progress::new(quiet, expected::of_load(settings, phase.name()));
    let step = progress.part(phase.name(), plan.requests());
    let measured = measurement.run(recording, &mut watched, &anchor, &step, interrupt).await?;
    tells.end(&watched);
    step.done(&measured.live);
    session.close().await?;
    if let Some(losses) = telemetry::flush(&mut tells, server.stopped(), &progress).await.losses {
        progress.note(&format!("warning: {}", Caveat::from(losses).message));
    }
    telemetry::last_scrape(&tells, interrupt).await;
    Ok(measured.live)
}
