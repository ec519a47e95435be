//! The kinds of caveats, each with its fixed word.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Makes the type of one table, so that no word stands in two lists.
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $word:literal,)+) => {
        /// What limits the trust in figures.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum CaveatKind {
            $($(#[$doc])+ $kind,)+
            /// One that this version does not know, in a file of another one.
            Other(String),
        }

        impl CaveatKind {
            /// The word in files.
            pub fn name(&self) -> &str {
                match self {
                    $(CaveatKind::$kind => $word,)+
                    CaveatKind::Other(word) => word,
                }
            }
        }

        impl From<String> for CaveatKind {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => CaveatKind::$kind,)+
                    _ => CaveatKind::Other(word),
                }
            }
        }
    };
}

kinds! {
    /// A signal stopped the run.
    Interrupted = "interrupted",
    /// Nothing but failures ended for so long that the run went on no further.
    EndedEarly = "ended_early",
    /// Calls to the idle server failed one after the other.
    CallsGivenUp = "calls_given_up",
    /// The given load test could not be run.
    NoBaselineScript = "no_baseline_script",
    /// It failed.
    BaselineScriptFailed = "baseline_script_failed",
    /// Its log cannot be read.
    BaselineScriptUnreadable = "baseline_script_unreadable",
    /// The server received other payloads than those of the plan.
    PayloadsDiffer = "payloads_differ",
    /// Two runs carried different work.
    PlansDiffer = "plans_differ",
    /// A log ends in the middle of a row.
    TruncatedLog = "truncated_log",
    /// A log is not there.
    MissingLog = "missing_log",
    /// A file of the run is not there.
    MissingFile = "missing_file",
    /// No call in a batch succeeded, though calls alone did.
    NoBatchEndpoint = "no_batch_endpoint",
    /// A log beside the phases' own cannot be read.
    UnreadLog = "unread_log",
    /// A log is not as the run left it.
    LogChanged = "log_changed",
    /// Planned requests have no row.
    MissingRows = "missing_rows",
    /// A log has columns that this version does not know.
    UnknownColumns = "unknown_columns",
    /// Answers are not the same on both sides.
    AnswersDiffer = "answers_differ",
    /// The server answered the same request differently within a phase.
    AnswersVary = "answers_vary",
    /// No copy was kept of some answers, so that only their bytes were compared.
    AnswersNotCopied = "answers_not_copied",
    /// More came than a phase could do.
    Overloaded = "overloaded",
    /// Whether more came than a phase could do is not known.
    OverloadUntold = "overload_untold",
    /// A phase has not one success.
    NoSuccess = "no_success",
    /// Nearly all of a phase failed.
    MostlyFailed = "mostly_failed",
    /// This machine had no ports or descriptors left for requests.
    LocalLimit = "local_limit",
    /// Planned requests were never sent.
    Unsent = "unsent",
    /// The before phase meets every line of the SLA already.
    NothingToFix = "nothing_to_fix",
    /// The callers of a closed loop could send nothing while nothing was answered, and so show little of it.
    HiddenOutage = "hidden_outage",
    /// Equal work took the server different time in the two phases.
    UnequalWork = "unequal_work",
    /// What the server says of its own time cannot be true.
    ServerTimesDoubted = "server_times_doubted",
    /// Of some answers no copy was kept in which the server's times could have been read.
    ServerTimesUnread = "server_times_unread",
    /// A phase keeps connections, and the server ends them.
    NotKept = "not_kept",
    /// A phase may send batches, and never did.
    NeverBatched = "never_batched",
    /// Requests were lost on kept connections that the server ended as they were sent.
    KeptRace = "kept_race",
    /// Requests of both sides failed, and no line of the SLA judges that; or more failed than may.
    RequestsFailed = "requests_failed",
    /// One side fails more often than the other.
    UnequalErrors = "unequal_errors",
    /// The client's own loop woke late enough to show in the tail.
    ClientLate = "client_late",
    /// Requests were let go later than they were due: the run is invalid.
    ReleasedLate = "released_late",
    /// The client used up the processor.
    ClientBusy = "client_busy",
    /// A percentile is judged on fewer requests than it needs.
    TooFewSamples = "too_few_samples",
    /// The repetitions of a phase do not tell the same story.
    RepetitionsDisagree = "repetitions_disagree",
    /// The first repetition of a phase is slow against the others: the server was not warm.
    FirstRepetitionSlow = "first_repetition_slow",
    /// Requests of the warm-up failed.
    WarmupFailed = "warmup_failed",
    /// The after phase is faster, but the interval of the ratio holds one.
    GainUncertain = "gain_uncertain",
    /// Telemetry lost spans or samples.
    TelemetryLoss = "telemetry_loss",
    /// The last state of the metrics could not be written.
    NoExposition = "no_exposition",
    /// Somebody set the wall clock during the run.
    ClockStepped = "clock_stepped",
    /// Whoever answered was trusted.
    Insecure = "insecure",
    /// The two phases met different peers.
    PeersDiffer = "peers_differ",
    /// Connections delivered bytes that nobody had asked for.
    SurplusAnswers = "surplus_answers",
    /// The before phase does not do what the given load test does.
    ReplicaDiffers = "replica_differs",
    /// Two runs were made on machines that differ.
    MachinesDiffer = "machines_differ",
    /// They carried different load.
    LoadDiffers = "load_differs",
    /// They met mocks that were set differently.
    MockDiffers = "mock_differs",
    /// They were made by different versions.
    VersionsDiffer = "versions_differ",
    /// One of them is another tool's log.
    NotPaired = "not_paired",
    /// Their latencies do not contain the same.
    LatencyDiffers = "latency_differs",
    /// The run is another tool's log alone.
    OnlyImported = "only_imported",
    /// The scenario's judge did not judge all pairs.
    NotJudged = "not_judged",
}

impl CaveatKind {
    /// Whether it is about the given load test, and so says nothing of the phases.
    pub fn is_of_baseline_script(&self) -> bool {
        matches!(
            self,
            CaveatKind::NoBaselineScript
                | CaveatKind::BaselineScriptFailed
                | CaveatKind::BaselineScriptUnreadable
        )
    }
}

impl From<CaveatKind> for String {
    fn from(kind: CaveatKind) -> String {
        kind.name().to_string()
    }
}

impl fmt::Display for CaveatKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written_also_unknown_ones() {
        let read = |json: &str| serde_json::from_str::<CaveatKind>(json).expect("a word");
        assert_eq!(read("\"gain_uncertain\""), CaveatKind::GainUncertain);
        let newer = read("\"moon_phase\"");
        assert_eq!(newer, CaveatKind::Other("moon_phase".into()));
        assert_eq!(serde_json::to_string(&newer).expect("plain data"), "\"moon_phase\"");
    }
}
