//! One variant for each way in which a comparison can mislead; its message says what to do.

use super::work::WorkBasis;
use crate::analyze::interval::Interval;
use crate::caveat::Caveat;
use crate::clock::Micros;
use crate::sample::Phase;

/// A reason to trust a run's figures less.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// A signal stopped the run.
    Interrupted,
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
    /// Answers are not the same in both phases.
    AnswersDiffer {
        /// Pairs that differ.
        different: u64,
        /// Pairs with two answers.
        compared: u64,
        /// The first request that differs.
        first: u64,
    },
    /// The server answered the same request differently within the before phase.
    AnswersVary {
        /// Requests with such answers.
        requests: u64,
    },
    /// A phase has not one success.
    NoSuccess {
        /// Which.
        phase: Phase,
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
    /// The before phase meets the SLA already.
    NothingToFix,
    /// Equal work took the server different time in the two phases.
    UnequalWork {
        /// What was compared.
        basis: WorkBasis,
        /// How many of these.
        pairs: usize,
        /// Median of after ÷ before.
        ratio: f64,
    },
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
        /// Such as `p95`.
        metric: String,
        /// Planned requests of a phase.
        n: u64,
        /// As many are needed.
        needed: u64,
    },
    /// The repetitions of a phase do not tell the same story.
    RepetitionsDisagree {
        /// Which.
        phase: Phase,
        /// Such as `p95`.
        metric: String,
        /// In the fastest repetition.
        lowest: Option<Micros>,
        /// In the slowest; absent if that rank failed.
        highest: Option<Micros>,
        /// The limit that lies between them, where one does.
        limit: Option<Micros>,
    },
    /// The after phase is faster, but the interval of the difference holds zero.
    GainUncertain {
        /// Such as `p95`.
        metric: String,
        /// After − before in milliseconds.
        ms: f64,
        /// Its 95 % interval.
        interval: Interval,
    },
    /// Telemetry lost spans or samples.
    TelemetryLoss {
        /// Spans that were made.
        created: u64,
        /// Of these, which the collector did not take.
        failed: u64,
        /// Of these, for which there was no room.
        dropped: u64,
        /// The last reason.
        problem: Option<String>,
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
    /// The before phase does not do what the given load test does.
    ReplicaDiffers {
        /// What differs, with its figures.
        what: String,
    },
}

impl Doubt {
    /// A fixed word.
    pub fn kind(&self) -> &'static str {
        match self {
            Doubt::Interrupted => "interrupted",
            Doubt::NoBaselineScript { .. } => "no_baseline_script",
            Doubt::BaselineScriptFailed { .. } => "baseline_script_failed",
            Doubt::ScriptLogUnreadable { .. } => "baseline_script_unreadable",
            Doubt::PayloadsDiffer { .. } => "payloads_differ",
            Doubt::PlansDiffer { .. } => "plans_differ",
            Doubt::TruncatedLog { .. } => "truncated_log",
            Doubt::MissingLog { .. } => "missing_log",
            Doubt::NoBatchEndpoint { .. } => "no_batch_endpoint",
            Doubt::UnreadLog { .. } => "unread_log",
            Doubt::MissingRows { .. } => "missing_rows",
            Doubt::UnknownColumns { .. } => "unknown_columns",
            Doubt::AnswersDiffer { .. } => "answers_differ",
            Doubt::AnswersVary { .. } => "answers_vary",
            Doubt::NoSuccess { .. } => "no_success",
            Doubt::Unsent { .. } => "unsent",
            Doubt::NothingToFix => "nothing_to_fix",
            Doubt::UnequalWork { .. } => "unequal_work",
            Doubt::UnequalErrors { .. } => "unequal_errors",
            Doubt::ClientLate { .. } => "client_late",
            Doubt::ClientBusy { .. } => "client_busy",
            Doubt::TooFewSamples { .. } => "too_few_samples",
            Doubt::RepetitionsDisagree { .. } => "repetitions_disagree",
            Doubt::GainUncertain { .. } => "gain_uncertain",
            Doubt::TelemetryLoss { .. } => "telemetry_loss",
            Doubt::NoExposition { .. } => "no_exposition",
            Doubt::ClockStepped { .. } => "clock_stepped",
            Doubt::ReplicaDiffers { .. } => "replica_differs",
        }
    }

    /// What it is and what to do, for people.
    pub fn message(&self) -> String {
        match self {
            Doubt::Interrupted => {
                "the run was interrupted: this comparison is partial; run it again".to_string()
            }
            Doubt::NoBaselineScript { script } => format!(
                "no python3 found, so {script} was not run; install Python 3.8 or newer to see its own figures"
            ),
            Doubt::BaselineScriptFailed { script, status } => {
                format!("{script} ended with {status}; what it printed is in input_py.log: mend what it names and run again")
            }
            Doubt::ScriptLogUnreadable { problem } => format!(
                "input_py.csv cannot be read, so the script's own figures are missing: {problem}; it needs the columns \
                 latency_ms and success"
            ),
            Doubt::PayloadsDiffer { who } => format!(
                "the payloads that the server received from {who} are not those of the plan; run again if requests were \
                 lost, else set load.seed and load.payloads to what the script sends"
            ),
            Doubt::PlansDiffer { one, other } => format!(
                "the two runs carried different plans (digests {one}… and {other}…): other payloads, another order \
                 or another number of them, so a difference need not come from how they were sent; run both with the \
                 same --set load.seed, load.payloads and -n"
            ),
            Doubt::ClockStepped { step_ms } => format!(
                "the wall clock was set by {step_ms:.0} ms during the run; latencies are not touched, but rows cannot \
                 be laid beside other machines' logs; run again with time synchronisation settled"
            ),
            Doubt::ClientLate { phase, repetition, p99, max } => format!(
                "in repetition {repetition} of the {} phase the client itself was late: its loop woke {p99} ms after \
                 its time at P99, {max} ms at most, which is part of the tail; free the processor or run the client on \
                 another machine",
                phase.name()
            ),
            Doubt::ClientBusy { phase, repetition, share, of } => format!(
                "in repetition {repetition} of the {} phase the client used {:.0} % of {of}, so it measured itself; \
                 use fewer workers (-c) or a machine of its own",
                phase.name(),
                share * 100.0
            ),
            Doubt::TruncatedLog { log } => format!(
                "the last row of {log} was cut off and is not counted, for the run was killed or the disk is full; run it again"
            ),
            Doubt::NoBatchEndpoint { error } => format!(
                "every batch that was sent to the idle server failed ({error}), calls alone did not: correct \
                 target.batch_path, target.batch_request_key and target.batch_response_key, or send none: --set after.batch=1"
            ),
            Doubt::UnreadLog { problem } => {
                format!(
                    "{problem}; what this file tells is left out, the phases are not touched by it; restore the file, or \
                     run again"
                )
            }
            Doubt::MissingLog { log } => {
                format!("{log} is missing: all its requests count as unsent; run again to compare")
            }
            Doubt::MissingRows { phase, missing, planned } => format!(
                "{missing} of {planned} planned requests have no row in {}.csv; they count as never sent, slower than \
                 all others; the run was killed or the log was changed: run it again",
                phase.name()
            ),
            Doubt::UnknownColumns { log, columns } => format!(
                "{} columns of {log} are unknown to this version and were not read: {}; use the version that wrote it",
                columns.len(),
                columns.join(", ")
            ),
            Doubt::AnswersDiffer { different, compared, first } => format!(
                "{different} of {compared} answers differ between the phases, first that of request {first}; mend that \
                 before taking the gain (--set after.batch=1 shows whether it is the batches); answers.jsonl holds the \
                 answers to the first requests of the plan, by the digests of before.csv and after.csv"
            ),
            Doubt::AnswersVary { requests } => format!(
                "the server gave {requests} requests different answers in different before repetitions, so a difference \
                 between the phases need not come from the optimisation; make it deterministic (temperature 0, a seed)"
            ),
            Doubt::NoSuccess { phase } => {
                let name = phase.name();
                format!(
                    "no request of the {name} phase succeeded; the error column of {name}.csv says why (protocol or \
                     http_4xx where the phase batches: the server may have no batch endpoint, set {name}.batch=1)"
                )
            }
            Doubt::Unsent { phase, unsent, planned } => format!(
                "{unsent} of {planned} planned requests of the {} phase were never sent; they rank as slower than all \
                 others; run again and let it come to its end",
                phase.name()
            ),
            Doubt::UnequalWork { basis, pairs, ratio } => format!(
                "the server took {ratio} times as long in the after phase as in the before phase for equal work \
                 (median of {pairs} pairs: {}), so part of the difference is the server's; run again when nothing else loads it",
                basis.words()
            ),
            Doubt::UnequalErrors { before, after } => format!(
                "{:.1} % of the before phase and {:.1} % of the after phase failed; a failed request spares the others \
                 its work, so mend the failures before comparing times",
                before * 100.0,
                after * 100.0
            ),
            Doubt::TooFewSamples { metric, n, needed } => format!(
                "{} is judged on {n} requests a phase, and needs {needed} to be known with 99 % confidence; raise -n \
                 or --repetitions",
                metric.to_uppercase()
            ),
            Doubt::RepetitionsDisagree { phase, metric, lowest, highest, limit: Some(limit) } => format!(
                "the repetitions of the {} phase lie on both sides of the limit of {limit} ms: {} from {} to {}{}; {} hangs \
                 by that: raise --repetitions",
                phase.name(),
                metric.to_uppercase(),
                millis(*lowest),
                millis(*highest),
                apart(*lowest, *highest),
                match phase {
                    Phase::Before => "whether there is anything to fix",
                    Phase::After => "the verdict",
                }
            ),
            Doubt::GainUncertain { metric, ms, interval } => format!(
                "the after phase's {} is {:.1} ms lower, but the 95 % interval of that difference, {:+.1} to {:+.1} ms, holds \
                 zero: that it is a gain is not proven, whatever the limit says; raise --repetitions",
                metric.to_uppercase(),
                -ms,
                interval.lo,
                interval.hi
            ),
            Doubt::TelemetryLoss { created, failed, dropped, problem, samples } => {
                lost(*created, [*failed, *dropped], problem.as_deref(), *samples)
            }
            Doubt::NoExposition { problem } => format!(
                "{problem}; the run's figures are not affected; make room in the results folder, or scrape /metrics while the \
                 run lasts"
            ),
            Doubt::RepetitionsDisagree { phase, metric, lowest, highest, limit: None } => format!(
                "the repetitions of the {} phase disagree: {} from {} to {}; something changed between them: find it, \
                 or raise --repetitions",
                phase.name(),
                metric.to_uppercase(),
                millis(*lowest),
                millis(*highest)
            ),
            Doubt::ReplicaDiffers { what } => format!(
                "the before phase is not a faithful replica of the given load test: {what}; where packets are lost, \
                 retransmissions after whole seconds make both jump, so run again, and if it stays, compare how the two \
                 connect"
            ),
            Doubt::NothingToFix => {
                "the before phase already meets every line of the SLA: there is nothing to fix; lower the limit \
                 (--sla) or raise the load (-c)"
                    .to_string()
            }
        }
    }
}

/// What did not arrive, and what to do.
fn lost(created: u64, [failed, dropped]: [u64; 2], problem: Option<&str>, samples: u64) -> String {
    let mut lost = Vec::new();
    if failed + dropped > 0 {
        let why = problem.map(|problem| format!(", last because: {problem}")).unwrap_or_default();
        lost.push(format!(
            "{} of {created} spans did not reach the collector ({failed} failed, {dropped} dropped{why}); `spanload export` sends them again",
            failed + dropped
        ));
    }
    if samples > 0 {
        lost.push(format!(
            "telemetry did not see {samples} requests; metrics lack them, the logs have them: give the client more \
             processor time, or use the logs"
        ));
    }
    format!("{}; the run's figures are not affected", lost.join("; "))
}

/// How far two times are apart.
fn apart(lowest: Option<Micros>, highest: Option<Micros>) -> String {
    let both = lowest.zip(highest).filter(|(lowest, _)| *lowest > Micros(0));
    let share = both.map(|(lowest, highest)| highest.0 as f64 / lowest.0 as f64 - 1.0);
    share.map_or(String::new(), |share| format!(", {:.1} % apart", share * 100.0))
}

fn millis(value: Option<Micros>) -> String {
    value.map_or("no answer at that rank".into(), |value| format!("{value} ms"))
}

impl From<Doubt> for Caveat {
    fn from(doubt: Doubt) -> Caveat {
        Caveat::new(doubt.kind(), doubt.message())
    }
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
