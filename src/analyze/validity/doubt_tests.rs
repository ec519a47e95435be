//! Every doubt: that its message says what to do, and that the table of the docs has it.

use super::super::doubted_times::TimesSign;
use super::super::first_repetition::RepetitionFigure;
use super::super::message::message;
use super::*;
use crate::model::{Peer, Statistic, TimeKind, TimePlace, TimeSource, TimeUnit};

fn overload() -> OfferedLoad {
    let growth = Interval { lo: 6.1, hi: 9.7 };
    OfferedLoad {
        offered_rps: 57.0,
        achieved_rps: 49.1,
        backlog_most: 84,
        backlog_growth_rps: Some(7.9),
        backlog_growth_ci95_rps: Some(growth),
        overloaded: Some(true),
        untold: None,
    }
}

/// One of each kind, by the one before. A new variant does not compile before it stands here.
fn next(doubt: Option<&Doubt>) -> Option<Doubt> {
    let (phase, word) = (Phase::Before, || "a word".to_string());
    let Some(doubt) = doubt else { return Some(Doubt::Interrupted) };
    Some(match doubt {
        Doubt::Interrupted => Doubt::EndedEarly {
            part: word(),
            repetition: 1,
            at: Moment::from_micros(12_000_000),
            mostly: ErrorKind::ConnectRefused,
        },
        Doubt::EndedEarly { part, repetition, at, mostly: ErrorKind::ConnectRefused } => Doubt::EndedEarly {
            part: part.clone(),
            repetition: *repetition,
            at: *at,
            mostly: ErrorKind::LocalLimit,
        },
        Doubt::EndedEarly { .. } => Doubt::CallsGivenUp { batch: 1, mostly: ErrorKind::Timeout },
        Doubt::CallsGivenUp { batch: 1, .. } => Doubt::CallsGivenUp { batch: 8, mostly: ErrorKind::Http4xx },
        Doubt::CallsGivenUp { .. } => Doubt::NoBaselineScript { script: word() },
        Doubt::NoBaselineScript { .. } => Doubt::BaselineScriptFailed { script: word(), status: word() },
        Doubt::BaselineScriptFailed { .. } => Doubt::ScriptLogUnreadable { problem: word() },
        Doubt::ScriptLogUnreadable { .. } => Doubt::PayloadsDiffer { who: "whom" },
        Doubt::PayloadsDiffer { .. } => Doubt::PlansDiffer { one: word(), other: word() },
        Doubt::PlansDiffer { .. } => Doubt::TruncatedLog { log: word() },
        Doubt::TruncatedLog { .. } => Doubt::MissingLog { log: word() },
        Doubt::MissingLog { .. } => Doubt::NoBatchEndpoint { error: "http_4xx" },
        Doubt::NoBatchEndpoint { .. } => Doubt::MissingFile { file: word(), without: "nothing is known" },
        Doubt::MissingFile { .. } => Doubt::UnreadLog { problem: word() },
        Doubt::UnreadLog { .. } => Doubt::LogChanged { log: word() },
        Doubt::LogChanged { .. } => Doubt::MissingRows { phase, missing: 1, planned: 2 },
        Doubt::MissingRows { .. } => Doubt::UnknownColumns { log: word(), columns: vec![word()] },
        Doubt::UnknownColumns { .. } => Doubt::AnswersDiffer(Box::default()),
        Doubt::AnswersDiffer(_) => Doubt::AnswersVary { requests: 1, yardstick: None },
        Doubt::AnswersVary { .. } => Doubt::AnswersNotCopied { answers: 2, succeeded: 9, not_compared: 1 },
        Doubt::AnswersNotCopied { .. } => Doubt::NotJudged { pairs: 2, problem: word() },
        Doubt::NotJudged { .. } => Doubt::Overloaded { phase, load: overload() },
        Doubt::Overloaded { .. } => Doubt::OverloadUntold { phase, why: Untold::TooFew },
        Doubt::OverloadUntold { why: Untold::TooFew, .. } => {
            Doubt::OverloadUntold { phase, why: Untold::TooUncertain }
        }
        Doubt::OverloadUntold { why: Untold::TooUncertain, .. } => {
            Doubt::OverloadUntold { phase, why: Untold::RateChanges }
        }
        Doubt::OverloadUntold { .. } => {
            Doubt::NoSuccess { phase, failures: Vec::new(), sent_by: SentBy::default() }
        }
        Doubt::NoSuccess { .. } => {
            let failures = vec![FailureGroup { error: ErrorKind::Http4xx, status: Some(401), n: 19 }];
            Doubt::MostlyFailed { phase, failed: 19, sent: 20, failures, sent_by: SentBy::default() }
        }
        Doubt::MostlyFailed { .. } => Doubt::LocalLimit { phase, requests: 1, planned: 2 },
        Doubt::LocalLimit { .. } => Doubt::Unsent { phase, unsent: 1, planned: 2 },
        Doubt::Unsent { .. } => Doubt::NothingToFix { broken: false, closed: false },
        Doubt::NothingToFix { broken: false, .. } => Doubt::NothingToFix { broken: true, closed: false },
        Doubt::NothingToFix { closed: false, .. } => Doubt::NothingToFix { broken: true, closed: true },
        Doubt::NothingToFix { .. } => {
            Doubt::UnequalWork { basis: WorkBasis::ItemCosts, pairs: 1, ratio: 1.2 }
        }
        Doubt::UnequalWork { .. } => Doubt::HiddenOutage(HiddenOutage {
            phase,
            gaps: 12,
            share: 0.16,
            longest: Micros(801_000),
            rate: 300.0,
            measured: Micros(22_000),
            computed: Micros(587_000),
        }),
        Doubt::HiddenOutage(_) => {
            Doubt::NotKept { phase, kept: 0, of: 9, failed: 0, closings: Closings::default() }
        }
        Doubt::NotKept { .. } => Doubt::NeverBatched { phase, batch: 4, connections: 16 },
        Doubt::NeverBatched { .. } => Doubt::KeptRace { phase, lost: 1, closings: Closings::default() },
        Doubt::KeptRace { .. } => doubted(TimesSign::TooShort { told_ms: 0.15, waited_ms: 151.0 }),
        Doubt::ServerTimesDoubted(DoubtedTimes { sign: TimesSign::TooShort { .. }, .. }) => {
            doubted(TimesSign::TooLong { phase, share: 0.5, ratio: 3.0 })
        }
        Doubt::ServerTimesDoubted(_) => Doubt::ServerTimesUnread { answers: 3 },
        Doubt::ServerTimesUnread { .. } => many_failed(None),
        Doubt::RequestsFailed(ManyFailed { most: None, .. }) => many_failed(Some(0.01)),
        Doubt::RequestsFailed(_) => Doubt::UnequalErrors { before: 0.0, after: 0.1 },
        Doubt::UnequalErrors { .. } => {
            Doubt::ClientLate { phase, repetition: 1, p99: Micros(1), max: Micros(2) }
        }
        Doubt::ClientLate { .. } => Doubt::ReleasedLate {
            phase,
            repetition: 1,
            releases: Releases { all: 9, on_time: 3, lag_p99_us: 7_000, lag_max_us: 8_000 },
        },
        Doubt::ReleasedLate { .. } => Doubt::ClientBusy { phase, repetition: 1, share: 0.9, of: "a core" },
        Doubt::ClientBusy { .. } => {
            Doubt::TooFewSamples { metric: Metric::latency(Statistic::P95), n: 1, needed: 130 }
        }
        Doubt::TooFewSamples { .. } => disagree(phase, 1_021_893, 1_917_158, None),
        Doubt::RepetitionsDisagree { limit: None, .. } => {
            disagree(Phase::After, 532_650, 533_172, Some(Micros(533_000)))
        }
        Doubt::RepetitionsDisagree { limit: Some(_), .. } => Doubt::GainUncertain {
            metric: Metric::latency(Statistic::P95),
            ratio: 0.515,
            interval: Interval { lo: 0.21, hi: 1.03 },
        },
        Doubt::GainUncertain { .. } => Doubt::FirstRepetitionSlow(SlowFirst {
            phase,
            figure: RepetitionFigure::Median,
            first: Micros(967_000),
            others: [Micros(430_000), Micros(440_000)],
            gets_warm: true,
            warmup: None,
        }),
        Doubt::FirstRepetitionSlow(slow) if slow.warmup.is_none() => Doubt::FirstRepetitionSlow(SlowFirst {
            warmup: Some("all".into()),
            gets_warm: false,
            ..slow.clone()
        }),
        Doubt::FirstRepetitionSlow(_) => {
            let failures = vec![FailureGroup { error: ErrorKind::Http5xx, status: Some(503), n: 3 }];
            Doubt::WarmupFailed { failed: 3, sent: 9, failures, sent_by: SentBy::default() }
        }
        Doubt::WarmupFailed { .. } => loss(Some(3), None, 0),
        Doubt::TelemetryLoss { spans: Some(_), .. } => loss(None, Some(3), 0),
        Doubt::TelemetryLoss { server_spans: Some(_), .. } => loss(None, None, 7),
        Doubt::TelemetryLoss { .. } => Doubt::NoExposition { problem: word() },
        Doubt::NoExposition { .. } => Doubt::ClockStepped { step_ms: 1.0 },
        Doubt::ClockStepped { .. } => Doubt::Insecure,
        Doubt::Insecure => Doubt::PeersDiffer { before: vec![Peer::Unix], after: vec![Peer::Unix; 5] },
        Doubt::PeersDiffer { .. } => Doubt::SurplusAnswers { phase, connections: 2 },
        Doubt::SurplusAnswers { .. } => Doubt::ReplicaDiffers { what: word() },
        Doubt::ReplicaDiffers { .. } => return None,
    })
}

fn many_failed(most: Option<f64>) -> Doubt {
    let failures = vec![FailureGroup { error: ErrorKind::Http5xx, status: Some(503), n: 24 }];
    Doubt::RequestsFailed(ManyFailed { shares: [0.02, 0.02], failures, sent_by: SentBy::default(), most })
}

fn doubted(sign: TimesSign) -> Doubt {
    let header = TimePlace::Header("x-took".into());
    let source = TimeSource { kind: TimeKind::Compute, from: header, unit: TimeUnit::Millis };
    Doubt::ServerTimesDoubted(DoubtedTimes { sign, sources: vec![source] })
}

fn disagree(phase: Phase, lowest: u64, highest: u64, limit: Option<Micros>) -> Doubt {
    let (lowest, highest) = (Some(Micros(lowest)), Some(Micros(highest)));
    Doubt::RepetitionsDisagree { phase, metric: Metric::latency(Statistic::P95), lowest, highest, limit }
}

fn loss(spans: Option<u64>, server_spans: Option<u64>, samples: u64) -> Doubt {
    let lost = |failed| LostSpans { created: 9, failed, dropped: 0, problem: None };
    Doubt::TelemetryLoss { spans: spans.map(lost), server_spans: server_spans.map(lost), samples }
}

fn all() -> Vec<Doubt> {
    std::iter::successors(next(None), |doubt| next(Some(doubt))).collect()
}

/// Whether some part of it begins with what to do.
fn has_a_remedy(message: &str) -> bool {
    const TO_DO: [&str; 19] = [
        "fix",
        "run",
        "keep",
        "raise",
        "lower",
        "correct",
        "install",
        "use",
        "mend",
        "set",
        "free",
        "make",
        "restore",
        "give",
        "find",
        "scrape",
        "compare",
        "it needs",
        "`spanload export` sends",
    ];
    let parts = message.split([';', ':', ',', '(']).map(str::trim_start);
    let mut after_and =
        parts.flat_map(|part| [part, part.split_once(" and ").map_or(part, |(_, rest)| rest)]);
    after_and.any(|part| TO_DO.iter().any(|word| part.trim_start_matches("so ").starts_with(word)))
}

#[test]
fn every_doubt_says_what_to_do() {
    for doubt in all() {
        assert!(has_a_remedy(&message(&doubt)), "{}: {}", doubt.kind(), message(&doubt));
    }
    assert!(!has_a_remedy("the last row was cut off and is not counted"));
}

#[test]
fn the_table_of_the_docs_has_every_kind() {
    let docs = include_str!("../../../docs/analysis.md");
    let table = docs.split("## Validity").nth(1).expect("the chapter");
    let table: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    for doubt in all() {
        let kind = format!("`{}`", doubt.kind());
        let named = |line: &&str| line.split(" | ").next().is_some_and(|kinds| kinds.contains(&kind));
        assert_eq!(table.iter().filter(|line| named(line)).count(), 1, "{kind}");
    }
}

#[test]
fn a_limit_between_the_repetitions_is_said_as_that() {
    let both_sides = message(&disagree(Phase::After, 532_650, 533_172, Some(Micros(533_000))));
    for words in
        ["both sides of the limit of 533", "0.1 % apart", "the verdict hangs by that", "--repetitions"]
    {
        assert!(both_sides.contains(words), "{both_sides}");
    }
    assert!(!both_sides.contains("something changed"), "{both_sides}");
    assert!(message(&disagree(Phase::Before, 1, 2, None)).contains("something changed"));
}
