//! The whole workflow: warm-up, script, calibration, interleaved phases, ladder, analysis.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use super::findings::{Findings, analyze, page, payload_sets};
use super::sending::{IdleBodies, Ready, Recordings, Run, Runner, conditions};
use super::steps::{self, End, Progressed, before_log, expected, script, warmup};
use crate::analyze::Doubt;
use crate::host::{Anchor, Interrupt, aside, console};
use crate::model::run_files::{MANIFEST, PAGE};
use crate::model::{Part, Phase};
use crate::plan::Survey;
use crate::report::Progress;
use crate::runlog::{Results, write_json};
use crate::scenario::Settings;
use crate::telemetry::Telemetry;

/// What is to be proven, and where the proof goes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The resolved scenario.
    pub settings: Settings,
    /// The folder of all runs.
    pub out: PathBuf,
    /// Also add the optimisations one at a time.
    pub ladder: bool,
    /// Both phases send alike; the settings say so already.
    pub aa: bool,
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
    let mut run = prepare(&job, interrupt).await?;
    let results = run.results.clone();
    // Whoever opens the newest run must not be shown an older one that went well, also if this one is killed.
    if let Err(error) = results.point_latest() {
        console::warn(&format!("warning: {error:#}; the results are in {}", results.folder().display()));
    }
    let measured = tokio::select! {
        measured = measure(&mut run, job.ladder) => measured,
        never = note_interrupt(&results, interrupt) => match never {},
    };
    if run.stopped() {
        // Before what may take its time: a second signal ends the run on the spot. An error comes again below.
        let _ = run.write_manifest();
    }
    // What telemetry knows of a run that failed is wanted most.
    steps::telemetry::close(&mut run).await;
    let noted = run.write_manifest();
    let proof = match measured.and(noted) {
        Ok(()) => conclude(run).await,
        Err(why) => Err(why),
    };
    // Its page likewise.
    if let Err(why) = &proof {
        if let Err(problem) = page::write_failed(&results, why) {
            console::warn(&format!("warning: {PAGE} was not written: {problem:#}"));
        }
        let folder = results.folder().display();
        console::say(&format!(
            "what was written until then is in {folder}; spanload analyze {folder} reads what of it is whole"
        ));
    }
    proof
}

/// Notes a signal as soon as it comes, so that nobody takes the run for a failed one, whatever keeps it from its end.
async fn note_interrupt(results: &Results, interrupt: &Interrupt) -> Infallible {
    let signal = interrupt.wait().await;
    if let Ok(mut manifest) = results.manifest() {
        manifest.interrupted = Some(signal);
        // The run itself writes it again, and says what is wrong.
        let _ = write_json(&results.path(MANIFEST), &manifest);
    }
    std::future::pending().await
}

/// Everything that can be wrong before the first request is found out here, before a folder is made.
async fn prepare<'a>(job: &'a Job, interrupt: &'a Interrupt) -> anyhow::Result<Run<'a>> {
    let settings = &job.settings;
    script::check(&settings.baseline)?;
    let log = before_log::read(settings, job.aa).await?;
    let sent = if log.is_some() { &[Phase::After][..] } else { &Phase::BOTH };
    let with_ladder = job.ladder && log.is_none();
    let strategies: Vec<_> = sent.iter().map(|phase| settings.strategy(*phase)).collect();
    let Ready { plan, server, prepared, probe } =
        Ready::make(settings, &strategies, job.quiet, interrupt).await?;
    // On another thread: a large plan takes seconds, and this one listens for Ctrl-C.
    let looked_at = Arc::clone(&plan);
    let (first, wanted) = (warmup::surveyed(settings, plan.requests()), idle_calls(settings));
    let look = move || (looked_at.digest(), Survey::of(&looked_at, first, warmup::BODIES_MOST, wanted));
    let (digest, survey) = interrupt.or_stop(aside("survey", look)).await?;
    let (digest, survey) = (digest?, survey?);
    let anchor = Anchor::now();
    let (run_id, results) = conditions::folder(&anchor, &job.out)?;
    let mut manifest =
        conditions::manifest(settings, &plan, digest, &anchor, run_id.clone(), job.command.clone());
    manifest.strict = job.strict;
    manifest.aa = job.aa;
    let idle = (wanted > 0).then(|| IdleBodies::new(&survey, wanted));
    manifest.idle_bodies = idle.as_ref().map(|(_, record)| *record);
    let progress = Progress::new(job.quiet, expected::of_run(settings, sent, plan.requests(), with_ladder));
    if job.aa {
        progress.say("A/A run: both phases send as the before phase does; what the scenario says of [after] is ignored");
    }
    progress.say(&format!("run {run_id}, results in {}", results.folder().display()));
    if let Some(log) = log {
        before_log::say(&log, job.ladder, &progress);
        before_log::stand_in(log, &results, &mut manifest, &anchor)?;
    }
    let telemetry = Telemetry::start(prepared, &run_id, &settings.sla)?;
    telemetry.expect(sent);
    if let Some(port) = telemetry.metrics_port() {
        progress.say(&format!("metrics at http://127.0.0.1:{port}/metrics"));
    }
    let recordings = Recordings::start(&results, settings.mask(), &settings.quality)?;
    let runner = Runner { settings, run_id, server, telemetry, anchor, progress, interrupt };
    runner.say_destination(&strategies)?;
    runner.say_arrivals(&plan);
    runner.say_probe(&probe);
    let idle_bodies = idle.and_then(|(bodies, _)| bodies);
    Ok(Run { plan, results, manifest, recordings, runner, calls_given_up: false, survey, idle_bodies })
}

/// How many calls to the idle server want a body that no cache knows: the mock has no cache, and a request without a body
/// is like every other.
fn idle_calls(settings: &Settings) -> u64 {
    let cached = settings.target.url.is_some() && settings.sends_bodies();
    if cached { steps::idle_bodies(settings) } else { 0 }
}

/// All that is sent and logged.
async fn measure(run: &mut Run<'_>, with_ladder: bool) -> anyhow::Result<()> {
    // Another tool's log stands for the before phase where there is one.
    let sent: Vec<Phase> =
        Phase::BOTH.into_iter().filter(|phase| run.manifest.foreign(*phase).is_none()).collect();
    let whole = sent.len() == Phase::BOTH.len();
    for part in sent.iter().map(|phase| Part::from(*phase)).chain([Part::SingleCalls]) {
        run.recordings.add(&run.runner.run_id, part)?;
    }
    if run.runner.server.trusts_anyone() {
        run.caveat(Doubt::Insecure);
    }
    run.write_manifest()?;
    if warmup::warm_up(run).await? == Progressed::NoFurther {
        return run.write_manifest();
    }
    script::run_script(run).await?;
    if whole {
        steps::calibrate(run).await?;
    }
    let repetitions = Phase::interleaved(run.settings().repetitions);
    for (phase, repetition) in repetitions.filter(|(phase, _)| sent.contains(phase)) {
        steps::single_calls(run, phase, repetition, End::Before).await?;
        if steps::repetition(run, phase, repetition).await? == Progressed::NoFurther {
            return run.write_manifest();
        }
        steps::single_calls(run, phase, repetition, End::After).await?;
        // What has been measured can be analysed and exported, whatever becomes of the rest.
        run.write_manifest()?;
    }
    if with_ladder && whole { steps::climb(run).await } else { Ok(()) }
}

/// Closes the logs and hands over to the analysis that the command of that name runs.
async fn conclude(mut run: Run<'_>) -> anyhow::Result<Proof> {
    run.manifest.answers_of = run.recordings.api().map(String::from);
    if !run.stopped() && run.runner.server.is_mock() && run.manifest.before_log.is_none() {
        let sets = payload_sets::compare(&run.plan, &run.manifest, &run.results)?;
        payload_sets::caveats(&sets).into_iter().for_each(|caveat| run.caveat(caveat));
        run.manifest.payloads = Some(sets);
    }
    // The judge reads the logs by the manifest, and may have something to say in it.
    steps::judge(&mut run).await?;
    run.note_sums();
    run.write_manifest()?;
    let findings = analyze(&run.results)?;
    steps::telemetry::publish(&run, &findings.comparison).await;
    Ok(Proof { findings, results: run.results })
}
