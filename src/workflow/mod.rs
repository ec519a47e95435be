//! The whole workflow: script, calibration, interleaved phases, analysis. The only room that knows
//! every other.

mod ablation;
mod analysis;
mod calibration;
mod compare;
mod conditions;
mod differing;
mod expected;
mod explain;
mod export;
mod health;
pub mod invocation;
mod ladder;
mod load;
mod logs;
mod measurement;
mod missing;
mod page;
mod payload_sets;
mod prediction;
mod script;
mod server;
mod single_calls;
mod telemetry;
mod truth;

pub use ablation::ablate;
pub use analysis::{Findings, analyze};
pub use compare::{RunsFindings, compare};
pub use explain::{Wanted, explain};
pub use export::export;
pub use load::load;
pub use page::{Written, report};
pub use telemetry::account;

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Health;
use crate::host::Interrupt;
use crate::host::console;
use crate::host::limits;
use crate::host::{Anchor, Clock};
use crate::model::Caveat;
use crate::model::Phase;
use crate::model::manifest::{Manifest, RepetitionRecord};
use crate::model::run_files;
use crate::plan::Plan;
use crate::report::Progress;
use crate::runlog::{Answers, Live, LogWriter, Recording, Results, write_json};
use crate::scenario::Settings;
use crate::telemetry::{Prepared, Telemetry};
use measurement::Measurement;
use server::Server;
use single_calls::Beside;

/// What is to be proven, and where the proof goes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The resolved scenario.
    pub settings: Settings,
    /// The folder of all runs.
    pub out: PathBuf,
    /// Also add the optimisations one at a time.
    pub ladder: bool,
    /// Print no progress.
    pub quiet: bool,
    /// The command line for the manifest.
    pub command: Vec<String>,
    /// Whether a success in doubt is none.
    pub strict: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Proof {
    /// The comparison and the analysis, as written.
    pub findings: Findings,
    /// The run's folder.
    pub results: Results,
}

/// Runs the whole workflow.
pub async fn prove(job: Job, interrupt: &Interrupt) -> anyhow::Result<Proof> {
    let mut run = Run::prepare(job, interrupt).await?;
    let results = run.results.clone();
    // Whoever opens the newest run must not be shown an older one that went well, also if this one is killed.
    if let Err(error) = results.point_latest() {
        console::warn(&format!("warning: {error:#}; the results are in {}", results.folder().display()));
    }
    let measured = run.measure().await;
    // What telemetry knows of a run that failed is wanted most.
    run.close_telemetry().await;
    let noted = run.write_manifest();
    let proof = match measured.and(noted) {
        Ok(()) => run.conclude().await,
        Err(why) => Err(why),
    };
    // Its page likewise.
    if let Err(why) = &proof
        && let Err(problem) = page::write_failed(&results, why)
    {
        console::warn(&format!("warning: {} was not written: {problem:#}", run_files::PAGE));
    }
    proof
}

/// B A A B B A …: a slow drift of the machine hits both phases alike.
fn interleaved(repetitions: u32) -> impl Iterator<Item = (Phase, u32)> {
    (1..=repetitions).flat_map(|repetition| {
        let [first, second] = Phase::BOTH;
        let pair = if repetition % 2 == 1 { [first, second] } else { [second, first] };
        pair.map(|phase| (phase, repetition))
    })
}

/// A run on its way.
struct Run<'a> {
    settings: Settings,
    plan: Arc<Plan>,
    server: Server,
    results: Results,
    manifest: Manifest,
    anchor: Anchor,
    progress: Progress,
    interrupt: &'a Interrupt,
    with_ladder: bool,
    telemetry: Telemetry,
}

/// The two logs and the answers, which both phases share.
struct Recordings {
    before: Option<LogWriter<File>>,
    after: Option<LogWriter<File>>,
    answers: Option<Answers>,
    single_calls: Option<LogWriter<File>>,
}

impl Recordings {
    fn log(&mut self, phase: Phase) -> &mut Option<LogWriter<File>> {
        match phase {
            Phase::Before => &mut self.before,
            Phase::After => &mut self.after,
        }
    }
}

impl<'a> Run<'a> {
    /// Everything that can be wrong before the first request is found out here, before a folder is made.
    async fn prepare(job: Job, interrupt: &'a Interrupt) -> anyhow::Result<Self> {
        let settings = job.settings;
        let plan = Arc::new(measurement::plan(&settings)?);
        settings.script.as_deref().map(script::read).transpose()?;
        limits::make_room(most_connections(&settings))?;
        let told = Prepared::make(&settings.telemetry)?;
        let mut server = Server::new(&settings, &told)?;
        server.check().await?;
        // On another thread: a large plan takes seconds, and this one listens for Ctrl-C.
        let digested = Arc::clone(&plan);
        let digest = tokio::task::spawn_blocking(move || digested.digest()).await?;
        let anchor = Anchor::now();
        let run_id = conditions::run_id(&anchor);
        let results = Results::create(&job.out, &run_id)?;
        let mut manifest = conditions::manifest(&settings, &plan, digest, &anchor, run_id, job.command);
        manifest.strict = job.strict;
        let progress = Progress::new(job.quiet, expected::of_run(&settings, job.ladder));
        progress.say(&format!("run {}, results in {}", manifest.run_id, results.folder().display()));
        let with_ladder = job.ladder;
        let telemetry = Telemetry::start(told, &manifest.run_id, &telemetry::lines(&settings.sla))?;
        telemetry.expect(&Phase::BOTH);
        if let Some(port) = telemetry.metrics_port() {
            progress.say(&format!("metrics at http://127.0.0.1:{port}/metrics"));
        }
        Ok(Run {
            settings,
            plan,
            server,
            results,
            manifest,
            anchor,
            progress,
            interrupt,
            with_ladder,
            telemetry,
        })
    }

    /// All that is sent and logged.
    async fn measure(&mut self) -> anyhow::Result<()> {
        let mut recordings = self.start_logs()?;
        self.write_manifest()?;
        self.given_script().await?;
        self.calibrate().await?;
        for (phase, repetition) in interleaved(self.settings.repetitions) {
            self.single_calls(Beside { phase, repetition, at_end: false }, &mut recordings).await?;
            self.repetition(phase, repetition, &mut recordings).await?;
            self.single_calls(Beside { phase, repetition, at_end: true }, &mut recordings).await?;
            // What has been measured can be analysed and exported, whatever becomes of the rest.
            self.write_manifest()?;
        }
        drop(recordings);
        if self.with_ladder { self.climb().await } else { Ok(()) }
    }

    fn start_logs(&self) -> anyhow::Result<Recordings> {
        Ok(Recordings {
            before: Some(self.start_log(run_files::BEFORE, Phase::Before.name())?),
            after: Some(self.start_log(run_files::AFTER, Phase::After.name())?),
            answers: Some(Answers::new(Box::new(BufWriter::new(self.results.start(run_files::ANSWERS)?)))),
            single_calls: Some(self.start_log(run_files::SINGLE_CALLS, single_calls::PART)?),
        })
    }

    fn start_log(&self, file: &str, part: &str) -> anyhow::Result<LogWriter<File>> {
        let mut log = LogWriter::new(self.results.start(file)?, &self.manifest.run_id, part)?;
        log.flush()?;
        Ok(log)
    }

    fn write_manifest(&self) -> anyhow::Result<()> {
        write_json(&self.results.path(run_files::MANIFEST), &self.manifest)
    }

    fn stopped(&self) -> bool {
        self.interrupt.signal().is_some()
    }

    fn caveat(&mut self, caveat: Caveat) {
        self.progress.note(&format!("caveat: {}", caveat.message));
        self.manifest.caveats.push(caveat);
    }

    /// One repetition of one phase against a fresh server.
    async fn repetition(
        &mut self,
        phase: Phase,
        repetition: u32,
        recordings: &mut Recordings,
    ) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let session =
            self.server.open(Some(&self.results.path(&run_files::truth_of(phase, repetition)))).await?;
        let mut watched = self.watch(phase.name(), repetition, session.url())?;
        let measurement = Measurement {
            plan: Arc::clone(&self.plan),
            run_id: &self.manifest.run_id,
            part: phase.name(),
            repetition,
            strategy: if phase == Phase::Before { self.settings.before } else { self.settings.after },
            workers: self.settings.load.workers,
            settings: &self.settings,
            url: session.url(),
        };
        let recording = Recording {
            log: recordings.log(phase).take().expect("each repetition puts its log back"),
            answers: recordings.answers.take().expect("each repetition puts the answers back"),
        };
        let name = format!("{} {repetition}/{}", phase.name(), self.settings.repetitions);
        let step = self.progress.part(&name, self.plan.requests());
        let measured = measurement.run(recording, &mut watched, &self.anchor, &step, self.interrupt).await?;
        self.telemetry.end(&watched);
        step.done(&measured.live);
        self.note_repetition(phase.name(), repetition, &measured.live, &measured.clock, measured.health);
        *recordings.log(phase) = Some(measured.recording.log);
        recordings.answers = Some(measured.recording.answers);
        session.close().await
    }

    fn note_repetition(&mut self, part: &str, repetition: u32, live: &Live, clock: &Clock, health: Health) {
        self.manifest.repetitions.push(RepetitionRecord {
            phase: part.to_string(),
            repetition,
            started_unix_us: self.anchor.unix_micros(clock),
            health: Some(health::record(health, &self.anchor)),
            answers_not_copied: live.not_copied,
        });
    }

    /// Closes the logs and hands over to the analysis that the command of that name runs.
    async fn conclude(mut self) -> anyhow::Result<Proof> {
        self.manifest.interrupted = self.interrupt.signal().map(|signal| signal.exit_code());
        if !self.stopped() && self.server.is_mock() {
            let sets = payload_sets::compare(&self.plan, &self.manifest, &self.results)?;
            payload_sets::caveats(&sets).into_iter().for_each(|caveat| self.caveat(caveat));
            self.manifest.payloads = Some(sets);
        }
        self.write_manifest()?;
        let findings = analyze(&self.results)?;
        self.publish(&findings.comparison).await;
        Ok(Proof { findings, results: self.results })
    }
}

fn most_connections(settings: &Settings) -> u64 {
    let lanes = [settings.before, settings.after].map(|strategy| strategy.lanes().min(settings.load.workers));
    lanes.into_iter().max().unwrap_or(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_alternate_and_swap() {
        let order: String =
            interleaved(4).map(|(phase, _)| if phase == Phase::Before { 'B' } else { 'A' }).collect();
        assert_eq!(order, "BAABBAAB");
    }
}
