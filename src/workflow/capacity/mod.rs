//! The highest rate at which the SLA holds, before and after: a search over rates, each measured with the same patterns of
//! arrivals.

mod at_rate;
mod hunt;
mod job;
mod measuring;
mod new_rows;
mod rest;
mod warming;
mod written;

pub use job::CapacityJob;
pub use written::CapacityFound;

use crate::host::{Anchor, Interrupt, console};
use crate::model::{Part, Phase};
use crate::plan::Survey;
use crate::report::Progress;
use crate::telemetry::Telemetry;
use crate::workflow::sending::{Ready, Recordings, Run, Runner, conditions};
use crate::workflow::steps::{self, expected, warmup};
use hunt::Hunt;
use measuring::Sender;

/// Searches, and writes what was found.
pub async fn capacity(job: CapacityJob, interrupt: &Interrupt) -> anyhow::Result<CapacityFound> {
    let mut run = prepare(&job, interrupt).await?;
    if let Err(error) = run.results.point_latest() {
        console::warn(&format!("warning: {error:#}; the results are in {}", run.results.folder().display()));
    }
    warmup::begin(&mut run)?;
    let mut hunt = Hunt::new(&job);
    let hunted = hunt.search(&mut Sender::new(&mut run, job.each)).await;
    steps::telemetry::close(&mut run).await;
    let noted = run.write_manifest();
    hunted.and(noted)?;
    written::write(&job, hunt, &run)
}

/// Everything that can be wrong before the first request is found out here, before a folder is made.
async fn prepare<'a>(job: &'a CapacityJob, interrupt: &'a Interrupt) -> anyhow::Result<Run<'a>> {
    let first = &job.settings;
    let strategies = [first.before, first.after];
    let Ready { plan, server, prepared, probe } =
        Ready::make(first, &strategies, job.quiet, interrupt).await?;
    let anchor = Anchor::now();
    let (run_id, results) = conditions::folder(&anchor, &job.out)?;
    let digest = plan.digest()?;
    // Bodies are looked for before each measurement.
    let survey = Survey::default();
    let manifest = conditions::manifest(first, &plan, digest, &anchor, run_id.clone(), job.command.clone());
    let progress = Progress::new(job.quiet, expected::of_unknown(first));
    progress.say(&format!("run {run_id}, results in {}", results.folder().display()));
    let telemetry = Telemetry::start(prepared, &run_id, &first.sla)?;
    let mut recordings = Recordings::start(&results, first.mask(), &first.quality)?;
    for phase in Phase::BOTH {
        recordings.add(&run_id, Part::Capacity(phase))?;
    }
    let runner = Runner { settings: first, run_id, server, telemetry, anchor, progress, interrupt };
    runner.say_destination(&strategies)?;
    runner.say_probe(&probe);
    Ok(Run { plan, results, manifest, recordings, runner, calls_given_up: false, survey, idle_bodies: None })
}
