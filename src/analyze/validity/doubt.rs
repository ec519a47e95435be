//! One variant for each way in which a comparison can mislead; its message says what to do.

use super::doubted_times::DoubtedTimes;
use super::first_repetition::SlowFirst;
use super::hidden_outage::HiddenOutage;
use super::losses::LostSpans;
use super::many_failed::ManyFailed;
use super::remedy::SentBy;
use super::work_basis::WorkBasis;
use crate::analyze::document::{OfferedLoad, Quality, Untold, Yardstick};
use crate::analyze::observed::FailureGroup;
use crate::model::{CaveatKind, Closings, ErrorKind, Metric, Micros, Moment, Peer, Phase, Releases};
use crate::stats::interval::Interval;

/// A reason to trust a run's figures less.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// A signal stopped the run.
    Interrupted,
    /// Nothing but failures ended for so long that the run went on no further.
    EndedEarly {
        /// In which part of it.
        part: String,
        /// In which repetition, from 1.
        repetition: u32,
        /// When, from the start of the repetition.
        at: Moment,
        /// How most of its requests failed.
        mostly: ErrorKind,
    },
    /// Calls to the idle server failed one after the other, so that no more were made.
    CallsGivenUp {
        /// Requests in each call.
        batch: usize,
        /// How most of them failed.
        mostly: ErrorKind,
    },
    /// The given load test could not be run.
    NoBaselineScript {
        /// Its file name.
        script: String,
    },
    /// The given load test failed.
    BaselineScriptFailed {
        /// Its file name.
        script: String,
        /// How it ended.
        status: String,
    },
    /// The given load test's log cannot be read.
    ScriptLogUnreadable {
        /// What the reader says.
        problem: String,
    },
    /// The server received other payloads than those of the plan.
    PayloadsDiffer {
        /// From whom.
        who: &'static str,
    },
    /// Two runs that are compared carried different work.
    PlansDiffer {
        /// The start of one plan's digest.
        one: String,
        /// The start of the other's.
        other: String,
    },
    /// A log ends in the middle of a row.
    TruncatedLog {
        /// The log's name.
        log: String,
    },
    /// A log is not there.
    MissingLog {
        /// The log's name.
        log: String,
    },
    /// A file that the run should have by its manifest is not there.
    MissingFile {
        /// Its name, or the names of several.
        file: String,
        /// What cannot be said without it.
        without: &'static str,
    },
    /// No call in a batch of the calibration succeeded, though calls alone did.
    NoBatchEndpoint {
        /// How they failed.
        error: &'static str,
    },
    /// A log beside the phases' own cannot be read.
    UnreadLog {
        /// Which, and what is wrong with it.
        problem: String,
    },
    /// Logs are not as the run left them.
    LogChanged {
        /// The name of one, or the names of several.
        log: String,
    },
    /// Planned requests have no row.
    MissingRows {
        /// Whose.
        phase: Phase,
        /// Rows that are not there.
        missing: u64,
        /// Rows that should be.
        planned: u64,
    },
    /// A log has columns that this version does not know.
    UnknownColumns {
        /// The log's name.
        log: String,
        /// Their names.
        columns: Vec<String>,
    },
    /// Answers of the after phase are worse than those of the before phase.
    AnswersDiffer(Box<Quality>),
    /// The server answered the same request differently within the before phase.
    AnswersVary {
        /// Requests with such answers.
        requests: u64,
        /// How often, and how often the phases differ.
        yardstick: Option<Yardstick>,
    },
    /// The scenario's judge did not judge all pairs of answers that differ.
    NotJudged {
        /// Of how many nothing is known.
        pairs: u64,
        /// Why.
        problem: String,
    },
    /// More came than a phase could do.
    Overloaded {
        /// Which.
        phase: Phase,
        /// What came, and what came back.
        load: OfferedLoad,
    },
    /// Whether more came than a phase could do is not known.
    OverloadUntold {
        /// Which.
        phase: Phase,
        /// Why.
        why: Untold,
    },
    /// A phase has not one success.
    NoSuccess {
        /// Which.
        phase: Phase,
        /// How its requests failed.
        failures: Vec<FailureGroup>,
        /// How they were sent.
        sent_by: SentBy,
    },
    /// Nearly all of a phase failed.
    MostlyFailed {
        /// Which.
        phase: Phase,
        /// Requests that failed.
        failed: u64,
        /// Requests that were sent.
        sent: u64,
        /// How they failed.
        failures: Vec<FailureGroup>,
        /// How they were sent.
        sent_by: SentBy,
    },
    /// This machine had no ports or descriptors left for requests.
    LocalLimit {
        /// Of which phase.
        phase: Phase,
        /// How many.
        requests: u64,
        /// Of how many.
        planned: u64,
    },
    /// Planned requests were never sent.
    Unsent {
        /// Whose.
        phase: Phase,
        /// How many.
        unsent: u64,
        /// Of how many.
        planned: u64,
    },
    /// The before phase meets every line of the SLA already.
    NothingToFix {
        /// Whether the after phase does not.
        broken: bool,
        /// Whether connections that were to be kept were ended by the server, which another caveat tells.
        closed: bool,
    },
    /// Of some answers only the bytes are known.
    AnswersNotCopied {
        /// Of both phases.
        answers: u64,
        /// Successes of both phases.
        succeeded: u64,
        /// Pairs that could not be compared.
        not_compared: u64,
    },
    /// The callers of a closed loop could send nothing while nothing was answered, and so show little of it.
    HiddenOutage(HiddenOutage),
    /// Equal work took the server different time in the two phases.
    UnequalWork {
        /// What was compared.
        basis: WorkBasis,
        /// How many of these.
        pairs: usize,
        /// Median of after ÷ before.
        ratio: f64,
    },
    /// What the server says of its own time cannot be true.
    ServerTimesDoubted(DoubtedTimes),
    /// Of some answers no copy was kept in which the server's times could have been read.
    ServerTimesUnread {
        /// How many, of all parts of the run.
        answers: u64,
    },
    /// Few of the exchanges went over kept connections, though the phase keeps them.
    NotKept {
        /// Which.
        phase: Phase,
        /// Exchanges on a connection that was used before.
        kept: u64,
        /// Exchanges that could have been.
        of: u64,
        /// Requests that failed.
        failed: u64,
        /// How the server ended its connections.
        closings: Closings,
    },
    /// A phase may send batches, and never did.
    NeverBatched {
        /// Which.
        phase: Phase,
        /// Requests that may share an exchange.
        batch: usize,
        /// Its connections.
        connections: usize,
    },
    /// Requests were lost on kept connections that the server ended as they were sent.
    KeptRace {
        /// Which.
        phase: Phase,
        /// So many.
        lost: u64,
        /// How the server ended others of its connections.
        closings: Closings,
    },
    /// Requests failed that no line of the SLA judges, or more than may.
    RequestsFailed(ManyFailed),
    /// One phase fails more often than the other.
    UnequalErrors {
        /// Share of failures, 0 to 1.
        before: f64,
        /// Share of failures, 0 to 1.
        after: f64,
    },
    /// The client's own loop woke late enough to show in the tail.
    ClientLate {
        /// In which phase.
        phase: Phase,
        /// In which repetition, from 1.
        repetition: u32,
        /// 99th percentile of the lateness.
        p99: Micros,
        /// The greatest lateness.
        max: Micros,
    },
    /// Requests of an open load were let go later than they were due: the load was not the planned one.
    ReleasedLate {
        /// In which phase.
        phase: Phase,
        /// In which repetition, from 1.
        repetition: u32,
        /// How punctually.
        releases: Releases,
    },
    /// The client used up the processor.
    ClientBusy {
        /// In which phase.
        phase: Phase,
        /// In which repetition, from 1.
        repetition: u32,
        /// Used share of what it could have used, 0 to 1.
        share: f64,
        /// What it could have used.
        of: &'static str,
    },
    /// A percentile is judged on fewer requests than it needs.
    TooFewSamples {
        /// Which.
        metric: Metric,
        /// Planned requests of a phase.
        n: u64,
        /// As many are needed.
        needed: u64,
    },
    /// The repetitions of a phase do not tell the same story.
    RepetitionsDisagree {
        /// Which.
        phase: Phase,
        /// Which.
        metric: Metric,
        /// In the fastest repetition.
        lowest: Option<Micros>,
        /// In the slowest; absent if that rank failed.
        highest: Option<Micros>,
        /// The limit that lies between them, where one does.
        limit: Option<Micros>,
    },
    /// The first repetition of a phase is slow against the others.
    FirstRepetitionSlow(SlowFirst),
    /// Requests of the warm-up failed.
    WarmupFailed {
        /// How many.
        failed: u64,
        /// Of how many that were sent.
        sent: u64,
        /// How.
        failures: Vec<FailureGroup>,
        /// How requests were sent.
        sent_by: SentBy,
    },
    /// The after phase is faster, but the interval of the ratio holds one.
    GainUncertain {
        /// Which.
        metric: Metric,
        /// After ÷ before.
        ratio: f64,
        /// Its 95 % interval.
        interval: Interval,
    },
    /// Telemetry lost spans or samples.
    TelemetryLoss {
        /// The client's; `None` if all arrived.
        spans: Option<LostSpans>,
        /// The embedded mock's; `None` if all arrived.
        server_spans: Option<LostSpans>,
        /// Requests that telemetry did not see.
        samples: u64,
    },
    /// The last state of the metrics could not be written.
    NoExposition {
        /// Why.
        problem: String,
    },
    /// Somebody set the wall clock during the run.
    ClockStepped {
        /// Wall clock − monotonic clock, in milliseconds.
        step_ms: f64,
    },
    /// Whoever answered was trusted.
    Insecure,
    /// The two phases met different peers.
    PeersDiffer {
        /// Addresses that only the before phase met.
        before: Vec<Peer>,
        /// Addresses that only the after phase met.
        after: Vec<Peer>,
    },
    /// Connections delivered bytes that nobody had asked for.
    SurplusAnswers {
        /// Whose.
        phase: Phase,
        /// How many of them.
        connections: u64,
    },
    /// The before phase does not do what the given load test does.
    ReplicaDiffers {
        /// What differs, with its figures.
        what: String,
    },
}

impl Doubt {
    /// Which kind of caveat it is.
    pub fn kind(&self) -> CaveatKind {
        match self {
            Doubt::Interrupted => CaveatKind::Interrupted,
            Doubt::EndedEarly { .. } => CaveatKind::EndedEarly,
            Doubt::CallsGivenUp { .. } => CaveatKind::CallsGivenUp,
            Doubt::NoBaselineScript { .. } => CaveatKind::NoBaselineScript,
            Doubt::BaselineScriptFailed { .. } => CaveatKind::BaselineScriptFailed,
            Doubt::ScriptLogUnreadable { .. } => CaveatKind::BaselineScriptUnreadable,
            Doubt::PayloadsDiffer { .. } => CaveatKind::PayloadsDiffer,
            Doubt::PlansDiffer { .. } => CaveatKind::PlansDiffer,
            Doubt::TruncatedLog { .. } => CaveatKind::TruncatedLog,
            Doubt::MissingLog { .. } => CaveatKind::MissingLog,
            Doubt::MissingFile { .. } => CaveatKind::MissingFile,
            Doubt::NoBatchEndpoint { .. } => CaveatKind::NoBatchEndpoint,
            Doubt::UnreadLog { .. } => CaveatKind::UnreadLog,
            Doubt::LogChanged { .. } => CaveatKind::LogChanged,
            Doubt::MissingRows { .. } => CaveatKind::MissingRows,
            Doubt::UnknownColumns { .. } => CaveatKind::UnknownColumns,
            Doubt::AnswersDiffer(_) => CaveatKind::AnswersDiffer,
            Doubt::AnswersVary { .. } => CaveatKind::AnswersVary,
            Doubt::AnswersNotCopied { .. } => CaveatKind::AnswersNotCopied,
            Doubt::NotJudged { .. } => CaveatKind::NotJudged,
            Doubt::Overloaded { .. } => CaveatKind::Overloaded,
            Doubt::OverloadUntold { .. } => CaveatKind::OverloadUntold,
            Doubt::NoSuccess { .. } => CaveatKind::NoSuccess,
            Doubt::MostlyFailed { .. } => CaveatKind::MostlyFailed,
            Doubt::LocalLimit { .. } => CaveatKind::LocalLimit,
            Doubt::Unsent { .. } => CaveatKind::Unsent,
            Doubt::NothingToFix { .. } => CaveatKind::NothingToFix,
            Doubt::HiddenOutage(_) => CaveatKind::HiddenOutage,
            Doubt::UnequalWork { .. } => CaveatKind::UnequalWork,
            Doubt::ServerTimesDoubted(_) => CaveatKind::ServerTimesDoubted,
            Doubt::ServerTimesUnread { .. } => CaveatKind::ServerTimesUnread,
            Doubt::NotKept { .. } => CaveatKind::NotKept,
            Doubt::NeverBatched { .. } => CaveatKind::NeverBatched,
            Doubt::KeptRace { .. } => CaveatKind::KeptRace,
            Doubt::RequestsFailed(_) => CaveatKind::RequestsFailed,
            Doubt::UnequalErrors { .. } => CaveatKind::UnequalErrors,
            Doubt::ClientLate { .. } => CaveatKind::ClientLate,
            Doubt::ReleasedLate { .. } => CaveatKind::ReleasedLate,
            Doubt::ClientBusy { .. } => CaveatKind::ClientBusy,
            Doubt::TooFewSamples { .. } => CaveatKind::TooFewSamples,
            Doubt::RepetitionsDisagree { .. } => CaveatKind::RepetitionsDisagree,
            Doubt::FirstRepetitionSlow(_) => CaveatKind::FirstRepetitionSlow,
            Doubt::WarmupFailed { .. } => CaveatKind::WarmupFailed,
            Doubt::GainUncertain { .. } => CaveatKind::GainUncertain,
            Doubt::TelemetryLoss { .. } => CaveatKind::TelemetryLoss,
            Doubt::NoExposition { .. } => CaveatKind::NoExposition,
            Doubt::ClockStepped { .. } => CaveatKind::ClockStepped,
            Doubt::Insecure => CaveatKind::Insecure,
            Doubt::PeersDiffer { .. } => CaveatKind::PeersDiffer,
            Doubt::SurplusAnswers { .. } => CaveatKind::SurplusAnswers,
            Doubt::ReplicaDiffers { .. } => CaveatKind::ReplicaDiffers,
        }
    }
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
