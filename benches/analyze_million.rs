//! What `spanload analyze` takes for a run whose logs have a million rows: wall time, and the greatest memory that the
//! kernel saw it hold.
//!
//! `cargo bench --bench analyze_million` prints both, and fails where one is above its aim. The rows resemble those of the
//! default scenario: a tail of retransmissions before, batches after, and a calibration, so that all of an analysis is in it.

#[path = "common/outcome.rs"]
mod outcome;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::bail;
use spanload::host::Clock;
use spanload::model::manifest::{Manifest, PlanRecord, Strategies};
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{BatchUse, ConnectionUse, Phase, Sample, ServerTimes, Stages};
use spanload::model::{Micros, Moment};
use spanload::model::{SlaLine, Strategy};
use spanload::plan::TraceIds;
use spanload::runlog::{LogWriter, write_json};

/// Requests of one repetition; two phases of [`REPETITIONS`] make a million rows.
const REQUESTS: u64 = 100_000;
const REPETITIONS: u32 = 5;
const WORKERS: u64 = 64;
const RUNS: usize = 3;
/// The aims.
const AIM_SECONDS: f64 = 2.0;
const AIM_MB: f64 = 500.0;

fn main() -> ExitCode {
    outcome::exit_code(measure())
}

/// An aim that is not kept is an error.
fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    write_json(&folder.path().join("manifest.json"), &manifest()?)?;
    for phase in Phase::BOTH {
        write_log(folder.path(), phase)?;
    }
    write_calibration(folder.path())?;
    let mut figures = Vec::new();
    for _ in 0..RUNS {
        figures.push(analyze(folder.path())?);
    }
    figures.sort_by(|one, other| one.0.total_cmp(&other.0));
    let memory = figures.iter().map(|figure| figure.1).fold(0.0, f64::max);
    println!(
        "analyze, {} rows in two logs: median {:.2} s, min {:.2}, max {:.2} over {RUNS} runs (aim: at most \
         {AIM_SECONDS}); peak {memory:.0} MB (aim: at most {AIM_MB})",
        2 * REQUESTS * u64::from(REPETITIONS),
        figures[RUNS / 2].0,
        figures[0].0,
        figures[RUNS - 1].0,
    );
    anyhow::ensure!(
        figures[RUNS / 2].0 <= AIM_SECONDS && memory <= AIM_MB,
        "above the aim; look for what became slower, on a machine that does nothing else"
    );
    Ok(())
}

/// Seconds and megabytes of one analysis.
fn analyze(run: &Path) -> anyhow::Result<(f64, f64)> {
    let clock = Clock::start();
    let child =
        Command::new(env!("CARGO_BIN_EXE_spanload")).arg("analyze").arg(run).stdout(Stdio::null()).spawn()?;
    let pid = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: rusage is plain integers, for which all-zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid to write to; the child is ours and waited for only here.
    let waited = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    if waited != pid || !libc::WIFEXITED(status) || ![0, 99].contains(&libc::WEXITSTATUS(status)) {
        bail!("the analysis ended with status {status}");
    }
    // Linux counts in units of 1,024 bytes.
    Ok((clock.now().as_micros() as f64 / 1e6, usage.ru_maxrss as f64 * 1_024.0 / 1e6))
}

fn write_log(folder: &Path, phase: Phase) -> anyhow::Result<()> {
    let file = BufWriter::new(File::create(folder.join(format!("{}.csv", phase.name())))?);
    let mut log = LogWriter::new(file, "bench", phase.name())?;
    for repetition in 1..=REPETITIONS {
        let ids = TraceIds::new("bench", phase.name(), repetition);
        let mut free = vec![0; WORKERS as usize];
        for seq in 0..REQUESTS {
            let worker = (seq % WORKERS) as usize;
            let sample = sample(phase, seq, free[worker], &ids);
            free[worker] += sample.stages.latency().0;
            log.write(repetition, &sample)?;
        }
    }
    log.into_inner()?;
    Ok(())
}

/// Calls to the idle server, alone and in batches, each with items of its own.
fn write_calibration(folder: &Path) -> anyhow::Result<()> {
    let file = BufWriter::new(File::create(folder.join("calibration.csv"))?);
    let mut log = LogWriter::new(file, "bench", "calibration")?;
    let ids = TraceIds::new("bench", "calibration", 1);
    let mut call = 0;
    for size in [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 8, 8, 8, 8, 8] {
        for seq in call..call + size {
            let item = |seq| 20_000 + ids.span(seq) % 40_000;
            let compute = 110_000 + (call..call + size).map(item).sum::<u64>();
            let lengths = [Some(0), None, None, None, None, Some(20), Some(compute + 300), Some(30)];
            let call_as = Sample {
                stages: Stages::from_lengths(lengths.map(|length| length.map(Micros))),
                server: ServerTimes {
                    queue: Some(Micros(0)),
                    compute: Some(Micros(compute)),
                    ..ServerTimes::default()
                },
                connection: Some(ConnectionUse {
                    id: 1,
                    reused: true,
                    syn_retransmits: Some(0),
                    ..ConnectionUse::default()
                }),
                batch: (size > 1).then_some(BatchUse { id: call, size: size as u32 }),
                ..sample(Phase::Before, seq, 0, &ids)
            };
            log.write(1, &call_as)?;
        }
        call += size;
    }
    log.into_inner()?;
    Ok(())
}

fn sample(phase: Phase, seq: u64, due: u64, ids: &TraceIds) -> Sample {
    let dice = ids.span(seq);
    let (batched, lost) = (phase == Phase::After, phase == Phase::Before && dice.is_multiple_of(17));
    let sent_again = if phase == Phase::Before && dice.is_multiple_of(41) { 3 } else { 0 };
    let compute = 110_000 + (dice >> 8) % 80_000;
    let connect = if lost { 1_000_000 + dice % 1_000 } else { 200 + dice % 100 };
    let mut lengths = [None; 8];
    lengths[0] = Some(80 + dice % 400);
    lengths[3] = (!batched || seq < 8).then_some(connect);
    lengths[5] = Some(20 + dice % 10);
    lengths[6] = Some(compute + 500 + if batched { 0 } else { 700_000 } + sent_again * 400_000);
    lengths[7] = Some(dice % 60);
    let connection = if batched { seq % 8 } else { seq };
    Sample {
        stages: Stages::from_lengths(lengths.map(|length| length.map(Micros))),
        server: ServerTimes {
            queue: Some(Micros(dice % 300)),
            compute: Some(Micros(compute)),
            item: Some(Micros(compute - 110_000)),
            total: None,
        },
        connection: Some(ConnectionUse {
            id: connection,
            reused: batched && seq >= 8,
            syn_retransmits: Some(u32::from(lost)),
            ..ConnectionUse::default()
        }),
        retransmits: Some(sent_again as u32),
        batch: batched.then_some(BatchUse { id: seq / 8, size: 8 }),
        attempts: 1,
        status: Some(200),
        error: None,
        bytes_sent: 465,
        bytes_received: 3_090,
        answer_digest: Some(AnswerDigest::OfValue(Digest::of(&(seq % 1_000).to_le_bytes()))),
        ..Sample::unsent(seq, ids.trace(seq), Some(Moment::from_micros(due)))
    }
}

fn manifest() -> anyhow::Result<Manifest> {
    let plan = PlanRecord {
        digest: "0".repeat(32),
        requests: REQUESTS,
        repetitions: REPETITIONS,
        workers: WORKERS as usize,
        think_ms: 0,
        before: "per_request".into(),
        after: "pool of 8, batches of up to 8".into(),
        strategies: Some(Strategies {
            before: Strategy::PER_REQUEST,
            after: Strategy { batch: 8, ..Strategy::pool(8) },
        }),
        arrival: None,
    };
    let sla = vec![SlaLine::parse("p95", "800ms").map_err(anyhow::Error::msg)?];
    Ok(Manifest { sla, ..Manifest::new("bench", plan) })
}
