//! Calls what the command line asks for and maps the outcome to an exit code.

use std::process::ExitCode;

use super::deliver;
use crate::cli::{
    AblateArgs, AnalyzeArgs, ColourArgs, Command, CompareArgs, ExplainArgs, ExportArgs, LoadArgs, OutputArgs,
    ProveArgs, ReportArgs,
};
use crate::host::console;
use crate::host::{Interrupt, Signal};
use crate::model::run_files;
use crate::plan::PayloadError;
use crate::report;
use crate::report::{Summary, ladder, predicted, why_slow};
use crate::runlog::Results;
use crate::scenario;
use crate::scenario::{Overrides, ScenarioError};
use crate::telemetry::{LogFormat, TelemetryError, logs};
use crate::transport::EndpointError;
use crate::workflow;
use crate::workflow::invocation;
use crate::workflow::invocation::UsageError;
use crate::workflow::{Findings, Job, RunsFindings, Wanted, Written};
use tokio::signal::unix::{SignalKind, signal};

/// Runs one command; the exit code says what came of it.
pub fn execute(command: Command) -> ExitCode {
    console::restore_on_panic();
    let outcome = match command {
        Command::Mock(options) => mock(options),
        Command::Prove(args) => run(async |interrupt| prove(args, interrupt).await),
        Command::Analyze(args) => analyze(&args),
        Command::Report(args) => page(&args),
        Command::Export(args) => export(&args),
        Command::Compare(args) => compare(&args),
        Command::Explain(args) => explain(&args),
        Command::Load(args) => run(async |interrupt| load(args, interrupt).await),
        Command::Ablate(args) => run(async |interrupt| ablate(args, interrupt).await),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            console::fail(&format!("error: {error:#}"));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Whether the person at the keyboard can mend it.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<UsageError>()
        || error.is::<ScenarioError>()
        || error.is::<PayloadError>()
        || error.is::<EndpointError>()
        || error.is::<TelemetryError>()
}

/// Runs a command that can be interrupted. A second signal ends it at once.
fn run(command: impl AsyncFnOnce(&Interrupt) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let (wish, interrupt) = Interrupt::new();
        let (mut ctrl_c, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            let mut again = false;
            loop {
                let signal = tokio::select! {
                    _ = ctrl_c.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
                };
                if std::mem::replace(&mut again, true) {
                    console::restore();
                    std::process::exit(i32::from(signal.exit_code()));
                }
                let _ = wish.send(Some(signal));
                console::say("stopping; what there is will be written (once more to stop at once)");
            }
        });
        command(&interrupt).await
    });
    // A name lookup cannot be cancelled; to wait for one that hangs would be to hang with it.
    runtime.shutdown_background();
    outcome
}

fn mock(options: crate::mock::Options) -> anyhow::Result<u8> {
    options.settings.validate().map_err(ScenarioError::Mock)?;
    crate::mock::serve(options).map(|()| 0)
}

async fn prove(args: ProveArgs, interrupt: &Interrupt) -> anyhow::Result<u8> {
    logs::init(args.telemetry.log_format);
    prepare(&args.output)?;
    let mut overrides = args.changes.overrides()?;
    args.telemetry.lay_over(&mut overrides)?;
    let settings = scenario::load(args.scenario(), &overrides)?;
    let command = invocation::masked_command(&settings.secrets());
    let (quiet, strict) = (args.quiet, args.strict);
    let job = Job { settings, out: args.out, ladder: args.ladder, quiet, command, strict };
    let proof = workflow::prove(job, interrupt).await?;
    let code = proof.findings.comparison.exit_code;
    summarise(&proof.findings, code, &proof.results, &args.output)
}

fn analyze(args: &AnalyzeArgs) -> anyhow::Result<u8> {
    prepare(&args.output)?;
    let results = Results::open(&args.run);
    let findings = workflow::analyze(&results)?;
    let comparison = &findings.comparison;
    let code = if args.strict { comparison.strict_exit_code() } else { comparison.exit_code };
    summarise(&findings, code, &results, &args.output)
}

fn compare(args: &CompareArgs) -> anyhow::Result<u8> {
    prepare(&args.output)?;
    let phases = args.phases().map(Into::into);
    let RunsFindings { comparison, sides } =
        workflow::compare([&args.a, &args.b], phases, args.sla()?, args.strict)?;
    let exit_code = comparison.exit_code;
    let summary = Summary {
        names: ["run a", "run b"],
        strategies: sides,
        judged: "by run b",
        exit_code,
        ..Summary::default()
    };
    deliver::deliver(&comparison, summary, &args.output)?;
    Ok(exit_code)
}

fn explain(args: &ExplainArgs) -> anyhow::Result<u8> {
    plain(args.colour);
    let results = Results::open(&args.run);
    let wanted = match (args.seq, args.slowest) {
        (Some(seq), _) => Wanted::One { seq, repetition: args.repetition.unwrap_or(1) },
        (None, count) => Wanted::Slowest { count: count.unwrap_or(1) as usize, repetition: args.repetition },
    };
    let requests = workflow::explain(&results, args.phase.into(), wanted)?;
    console::print(&report::explain(&results.manifest()?.run_id, &requests, deliver::colour_of_results()));
    Ok(0)
}

fn page(args: &ReportArgs) -> anyhow::Result<u8> {
    let results = Results::open(&args.run);
    let written = workflow::report(&results, args.out.as_deref(), args.jaeger_url.clone())?;
    let path = args.out.clone().unwrap_or_else(|| results.path(run_files::PAGE));
    if written == Written::Incomplete {
        console::warn(&format!("warning: the run is not whole; {} says what is missing", path.display()));
    }
    console::print(format!("{}\n", path.display()).as_bytes());
    Ok(0)
}

fn export(args: &ExportArgs) -> anyhow::Result<u8> {
    logs::init(args.log_format);
    let mut overrides = Overrides::default();
    args.traces.lay_over(&mut overrides)?;
    let settings = scenario::telemetry(&overrides)?;
    let totals = workflow::export(&Results::open(&args.run), &settings)?;
    console::say(&workflow::account(&totals));
    if totals.exported == totals.created {
        return Ok(0);
    }
    let problem = totals.problem.as_deref().unwrap_or("the collector did not answer in time");
    console::fail(&format!("error: not all spans reached the collector: {problem}; export the run again"));
    Ok(1)
}

async fn load(args: LoadArgs, interrupt: &Interrupt) -> anyhow::Result<u8> {
    logs::init(args.telemetry.log_format);
    plain(args.colour);
    let mut overrides = args.changes.overrides()?;
    args.telemetry.lay_over(&mut overrides)?;
    let settings = scenario::load(&args.scenario, &overrides)?;
    let live = workflow::load(&settings, args.phase.into(), &args.log, args.quiet, interrupt).await?;
    console::print(format!("{}\n", args.log.display()).as_bytes());
    Ok(match interrupt.signal() {
        Some(signal) => signal.exit_code(),
        None => u8::from(live.latency.is_empty()),
    })
}

async fn ablate(args: AblateArgs, interrupt: &Interrupt) -> anyhow::Result<u8> {
    logs::init(LogFormat::default());
    plain(args.colour);
    let overrides = args.changes.overrides()?;
    let table = workflow::ablate(&args.file, &args.out, &overrides, args.quiet, interrupt).await?;
    console::print(table.as_bytes());
    Ok(interrupt.signal().map_or(0, Signal::exit_code))
}

/// What must be known before there is anything to say.
fn prepare(output: &OutputArgs) -> anyhow::Result<()> {
    plain(output.colour);
    deliver::check(output)
}

fn plain(colour: ColourArgs) {
    if colour.no_color {
        console::be_plain();
    }
}

fn summarise(
    findings: &Findings,
    exit_code: u8,
    results: &Results,
    output: &OutputArgs,
) -> anyhow::Result<u8> {
    let plan = results.manifest()?.plan;
    let summary = Summary {
        why: why_slow(&findings.comparison, &findings.analysis, &plan.after),
        strategies: [plan.before, plan.after],
        predicted: findings.analysis.prediction.as_ref().and_then(predicted),
        ladder: ladder(
            findings.analysis.ladder.as_deref().unwrap_or_default(),
            findings.analysis.ladder_note.as_deref(),
        ),
        folder: Some(results.folder().to_path_buf()),
        exit_code,
        ..Summary::default()
    };
    deliver::deliver(&findings.comparison, summary, output)?;
    Ok(exit_code)
}
