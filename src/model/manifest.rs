//! The manifest: under which conditions a run took place, and all that analysis needs beside the logs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::telemetry_record::{Destination, EndpointUrls, SpanRecord, TelemetryRecord};
pub use super::warmup_record::{IdleBodiesRecord, WarmupRecord};
use crate::model::{
    ArrivalRecord, BeforeLogRecord, Caveat, ImportRecord, LogSum, Releases, ServerTimesRecord,
};
use crate::model::{Closings, LatencyStart, Part, Phase, Signal, SlaLine, Stage, Strategy, TransportKind};

/// `manifest.json`, schema 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub schema: u32,
    /// Names the run and its folder.
    pub run_id: String,
    /// Version of spanload.
    pub version: String,
    /// The command line; values of headers are masked.
    pub command: Vec<String>,
    /// Start in UTC, RFC 3339.
    pub started_at: String,
    /// Microseconds since the Unix epoch at the run's clock anchor.
    pub started_unix_us: u64,
    /// The signal that stopped the run.
    pub interrupted: Option<Signal>,
    /// The resolved scenario.
    pub scenario: Value,
    /// The workload that both phases borrow.
    pub plan: PlanRecord,
    /// What is judged.
    pub sla: Vec<SlaLine>,
    /// Whether a success in doubt is none.
    #[serde(default)]
    pub strict: bool,
    /// One entry a repetition, in the order in which they ran.
    pub repetitions: Vec<RepetitionRecord>,
    /// The sets of single calls beside the repetitions, in the order in which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub single_calls: Vec<SingleCallsRecord>,
    /// The ladder, where one was climbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<LadderRecord>,
    /// The given load test, where it was run.
    pub baseline_script: Option<ScriptRecord>,
    /// Payload sets as the server saw them; only with the embedded mock.
    pub payloads: Option<PayloadSets>,
    /// What moved the bytes.
    #[serde(default)]
    pub transport: TransportKind,
    /// Stages that the transport cannot see and merges into the next one.
    pub merged_stages: Vec<Stage>,
    /// Where it ran.
    pub machine: Machine,
    /// Where the server said its own times; absent where it said none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_times: Option<ServerTimesRecord>,
    /// What telemetry did; absent in manifests of older versions and before the end of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telemetry: Option<TelemetryRecord>,
    /// What the reader must know.
    pub caveats: Vec<Caveat>,
    /// The warm-up, where one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<WarmupRecord>,
    /// Which bodies the calls to the idle server carried; absent with the embedded mock, which caches nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_bodies: Option<IdleBodiesRecord>,
    /// Whether both phases send alike, to see what difference there is where none should be.
    #[serde(default, skip_serializing_if = "is_false")]
    pub aa: bool,
    /// Of a run whose rows another tool wrote: where they come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportRecord>,
    /// The known API whose answers came, so that its ids and times were left out before they were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_of: Option<String>,
    /// The log that stands for the before phase, where only the after phase was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_log: Option<BeforeLogRecord>,
    /// The logs as they were when the last request had ended, by their names; absent before that, and in manifests of older
    /// versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub logs: BTreeMap<String, LogSum>,
}

impl Manifest {
    /// Of a run that has this name and this plan, and of which nothing else is known yet.
    pub fn new(run_id: impl Into<String>, plan: PlanRecord) -> Self {
        Manifest {
            schema: 1,
            run_id: run_id.into(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            command: Vec::new(),
            started_at: String::new(),
            started_unix_us: 0,
            interrupted: None,
            scenario: Value::Null,
            plan,
            sla: Vec::new(),
            strict: false,
            repetitions: Vec::new(),
            single_calls: Vec::new(),
            ladder: None,
            baseline_script: None,
            payloads: None,
            transport: TransportKind::Direct,
            merged_stages: Vec::new(),
            machine: Machine::default(),
            server_times: None,
            telemetry: None,
            caveats: Vec::new(),
            warmup: None,
            idle_bodies: None,
            aa: false,
            imported: None,
            before_log: None,
            answers_of: None,
            logs: BTreeMap::new(),
        }
    }

    /// Where the rows of a phase come from, if another tool wrote them.
    pub fn foreign(&self, phase: Phase) -> Option<&ImportRecord> {
        let stands_for = self.before_log.as_ref().filter(|_| phase == Phase::Before);
        self.imported.as_ref().or(stands_for.map(|log| &log.import))
    }

    /// Requests of a repetition of a phase, and its repetitions.
    pub fn planned(&self, phase: Phase) -> (u64, u32) {
        match &self.before_log {
            Some(log) if phase == Phase::Before => (log.requests, 1),
            _ => (self.plan.requests, self.plan.repetitions),
        }
    }
}

/// The plan in figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanRecord {
    /// Over all bodies in their order.
    pub digest: String,
    /// Requests of one repetition.
    pub requests: u64,
    /// Repetitions of each phase.
    pub repetitions: u32,
    /// Callers of the closed loop; 0 where there is an `arrival`.
    pub workers: usize,
    /// What each of them waits between an answer and its next request; absent where it is nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub think_ms: u64,
    /// How the before phase sends, in words.
    pub before: String,
    /// How the after phase sends, in words.
    pub after: String,
    /// The same for programs; absent in the manifests of earlier versions.
    #[serde(default)]
    pub strategies: Option<Strategies>,
    /// How requests arrive that do not wait for answers; absent in a closed loop, and then so many `workers` send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<ArrivalRecord>,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How each phase sends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Strategies {
    /// The before phase.
    pub before: Strategy,
    /// The after phase.
    pub after: Strategy,
}

/// One repetition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RepetitionRecord {
    /// Which part of the run, under a name from when there were only phases.
    pub phase: Part,
    /// Counted from 1 within the phase.
    pub repetition: u32,
    /// Microseconds since the Unix epoch at its start.
    pub started_unix_us: u64,
    /// How the client itself fared; absent in manifests of older versions.
    #[serde(default)]
    pub health: Option<HealthRecord>,
    /// How the server ended connections that were kept; absent where it ended none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closings: Option<Closings>,
    /// When it ended early, because nothing but failures ended; in microseconds from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up_us: Option<u64>,
    /// Answers of which no copy was kept until they were digested, so that only their bytes are known.
    #[serde(default)]
    pub answers_not_copied: u64,
}

/// A set of single calls to the idle server, logged in `single_calls.csv`; part of neither phase.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SingleCallsRecord {
    /// Its number in the log, where it stands in the column `repetition`; from 1.
    pub set: u32,
    /// Beside a repetition of this phase.
    pub phase: Phase,
    /// That repetition, from 1.
    pub repetition: u32,
    /// Whether it was made after the repetition's end; else before its start.
    pub at_end: bool,
}

/// The client during one repetition: whether its own slowness can be part of what was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRecord {
    /// Wake-ups of the engine's loop whose lateness was measured.
    pub ticks: u64,
    /// Median lateness in microseconds; a timer's grain of about 1,000 is in it.
    pub lag_p50_us: Option<u64>,
    /// 99th percentile of the lateness.
    pub lag_p99_us: Option<u64>,
    /// Greatest lateness.
    pub lag_max_us: Option<u64>,
    /// When the loop stood still, `[from, length]` from the repetition's start; the first 256 times of 10,000 or more.
    #[serde(default)]
    pub stalls_us: Vec<[u64; 2]>,
    /// Length of the repetition.
    pub wall_us: u64,
    /// Processor time of the engine's thread.
    pub engine_cpu_us: Option<u64>,
    /// Processor time of the whole process, without the embedded mock.
    pub process_cpu_us: Option<u64>,
    /// Wall clock − monotonic clock, at the end of the repetition, against the run's anchor.
    pub wall_drift_us: i64,
    /// Connections that delivered bytes that nobody had asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub surplus_connections: u64,
    /// How punctually requests were let go; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub releases: Option<Releases>,
}

/// The optimisations added one at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LadderRecord {
    /// Requests of one pass.
    pub requests: u64,
    /// Passes of each rung.
    pub repetitions: u32,
    /// From the before phase's strategy up.
    pub rungs: Vec<RungRecord>,
}

/// One rung.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RungRecord {
    /// Its log is named after it.
    pub part: Part,
    /// How it sends, in words.
    pub strategy: String,
}

/// The given load test and how its run went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScriptRecord {
    /// As given: a file, a line for the shell, or a program and its arguments.
    pub path: String,
    /// SHA-256 of the script; of what is no file of the line itself.
    pub sha256: String,
    /// Its exit code; `None` if a signal ended it.
    pub exit_code: Option<i32>,
    /// What runs it, with its version where that is known; absent where it runs by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// How it is called where `path` is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its log is and contains; absent where it left none that can be read, and in manifests of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ImportRecord>,
    /// What the columns of its log mean, where that was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
    /// From when its mapped latency counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_from: Option<LatencyStart>,
}

/// Whether script, before and after phase sent the same payloads, by the server's truth log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadSets {
    /// Distinct payloads of the plan.
    pub plan: u64,
    /// Whether the server saw exactly these from the script; `None` if it was not run.
    pub baseline_script_equal: Option<bool>,
    /// Whether it saw exactly these in every before repetition.
    pub before_equal: bool,
    /// Whether it saw exactly these in every after repetition.
    pub after_equal: bool,
}

/// The machine, as far as it shapes the numbers. Absent where the platform has no such thing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture.
    pub platform: String,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Processors that this process may use.
    pub processors: Option<usize>,
    /// Model of the processor.
    pub processor: Option<String>,
    /// Upper bound of a listener's backlog.
    pub somaxconn: Option<i64>,
    /// Whether a full SYN queue is answered with cookies.
    pub tcp_syncookies: Option<i64>,
    /// Whether a full accept queue resets connections.
    pub tcp_abort_on_overflow: Option<i64>,
    /// SYN retransmissions at one-second distance before the distance doubles.
    pub tcp_syn_linear_timeouts: Option<i64>,
}
