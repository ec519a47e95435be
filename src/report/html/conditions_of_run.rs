//! What the page says of a run beside its figures; the manifest has it.

use super::marked_answer::MarkedAnswer;
use crate::analyze::IdleCalls;
use crate::model::manifest::{IdleBodiesRecord, WarmupRecord};
use crate::model::{ArrivalProcess, BeforeLogRecord, Phase, QualityRules};

/// Under which conditions a run took place.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Version of spanload.
    pub version: String,
    /// The command line; values of headers are masked.
    pub command: Vec<String>,
    /// Start in UTC.
    pub started_at: String,
    /// How the before phase sends, in words.
    pub before: String,
    /// How the after phase sends, in words.
    pub after: String,
    /// The same for people who do not know the words; empty where the manifest does not say it.
    pub before_means: String,
    /// Likewise.
    pub after_means: String,
    /// What moved the bytes, where there is something to say of it.
    pub moved_by: Option<String>,
    /// Requests of one repetition.
    pub requests: u64,
    /// Repetitions of each phase.
    pub repetitions: u32,
    /// Callers of the closed loop.
    pub workers: usize,
    /// What each of them waits after an answer, in milliseconds.
    pub think_ms: u64,
    /// How requests arrive that do not wait for answers; `None` in a closed loop.
    pub arrival: Option<ArrivalProcess>,
    /// Whether the server is the embedded one, on the client's own machine.
    pub embedded: bool,
    /// The repetitions in the order in which they ran.
    pub order: Vec<(Phase, u32)>,
    /// What the server received, where its own log says it.
    pub payloads: Option<PayloadsSent>,
    /// Where the server says its own times, in words; empty where it says none.
    pub server_times: String,
    /// What the single calls to the idle server beside the repetitions took, where they were made.
    pub idle_calls: Option<IdleCalls>,
    /// Version of the interpreter of the given load test.
    pub interpreter: Option<String>,
    /// The machine and its kernel, by name.
    pub machine: Vec<(&'static str, String)>,
    /// Every key of the resolved scenario.
    pub scenario: Vec<(String, String)>,
    /// Requests whose answers differ.
    pub differing: Vec<Differing>,
    /// Why the run or a file of it is not whole.
    pub problems: Vec<String>,
    /// The warm-up before the first repetition, where one was sent.
    pub warmup: Option<WarmupRecord>,
    /// Which bodies the calls to the idle server carried, where it may have a cache.
    pub idle_bodies: Option<IdleBodiesRecord>,
    /// The known API whose answers came.
    pub answers_of: Option<String>,
    /// How answers were held against each other.
    pub rules: QualityRules,
    /// The log that stands for the before phase, where another tool sent it.
    pub before_log: Option<BeforeLogRecord>,
}

impl Conditions {
    /// Whose requests they are, in words.
    pub(super) fn load(&self) -> String {
        match &self.arrival {
            Some(process) => process.to_string(),
            None if self.workers == 0 => "which another tool made".into(),
            None => format!("{} callers", self.workers),
        }
    }
}

/// Whether all sent what was planned.
#[derive(Clone, Copy, Debug)]
pub struct PayloadsSent {
    /// Distinct payloads of the plan.
    pub plan: u64,
    /// The given load test sent exactly these; `None` if it was not run.
    pub script: Option<bool>,
    /// Each before repetition did.
    pub before: bool,
    /// Each after repetition did.
    pub after: bool,
}

/// A request to which the two phases gave different answers.
#[derive(Clone, Debug, Default)]
pub struct Differing {
    /// Its place in the plan.
    pub seq: u64,
    /// Whether both answers were kept.
    pub is_kept: bool,
    /// Both where they are shown, before first; `None` for one that was not kept.
    pub shown: Option<[Option<MarkedAnswer>; 2]>,
}
