//! Small phases for the tests of this room.

use super::{Inputs, PhaseCollector, PhaseData, RepetitionHealth, ScriptRow, ScriptRows};
use crate::analyze::{Comparison, compare};
use crate::model::SlaLine;
use crate::model::{Equivalence, LatencyStart, Stage};
use crate::model::{Micros, Moment};
use crate::model::{Sample, Stages, TraceId};

/// A success that only waited, for so many microseconds.
pub(crate) fn sample(seq: u64, latency: u64) -> Sample {
    let mut lengths = [None; 8];
    lengths[6] = Some(Micros(latency));
    let unsent = Sample::unsent(seq, TraceId(u128::from(seq)), Some(Moment::START));
    Sample { stages: Stages::from_lengths(lengths), error: None, attempts: 1, ..unsent }
}

/// A phase of successes, a slice of latencies in microseconds for each repetition.
pub(crate) fn phase(repetitions: &[&[u64]]) -> PhaseData {
    let mut collector = PhaseCollector::new(repetitions[0].len() as u64, repetitions.len() as u32);
    for (repetition, latencies) in (1..).zip(repetitions) {
        for (seq, latency) in (0..).zip(*latencies) {
            collector.take(repetition, &sample(seq, *latency)).expect("planned");
        }
    }
    collector.finish()
}

/// A phase of one repetition.
pub(crate) fn phase_of(requests: u64, samples: impl IntoIterator<Item = Sample>) -> PhaseData {
    let mut collector = PhaseCollector::new(requests, 1);
    for sample in samples {
        collector.take(1, &sample).expect("planned");
    }
    collector.finish()
}

/// A line of the SLA.
pub(crate) fn sla(metric: &str, limit_ms: u64) -> SlaLine {
    SlaLine::parse(metric, &format!("{limit_ms}ms")).expect("a good line")
}

/// Rows of a given load test, by the columns of its CSV.
pub(crate) fn script_rows(csv: &str) -> ScriptRows {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let row = |fields: Vec<&str>| {
        let field =
            |name: &str| fields[header.iter().position(|column| *column == name)?].parse::<f64>().ok();
        let success = field("success") == Some(1.0);
        let latency = field("latency_ms").filter(|_| success).map(|ms| Micros((ms * 1e3).round() as u64));
        ScriptRow {
            request: field("request_id").map(|id| id as u64),
            started_s: field("started_at"),
            latency,
        }
    };
    let contains = Equivalence { from: LatencyStart::Start, ..Equivalence::own(&Stage::ALL[2..6]) };
    ScriptRows::new(lines.map(row).collect(), contains)
}

/// A phase of one repetition of requests that come each 10 ms whatever becomes of others; each takes so many microseconds.
pub(crate) fn open_phase(requests: u64, latency: impl Fn(u64) -> u64) -> PhaseData {
    let mut collector = PhaseCollector::new(requests, 1).open(true);
    for seq in 0..requests {
        let row = Sample { due: Some(Moment::from_micros(seq * 10_000)), ..sample(seq, latency(seq)) };
        collector.take(1, &row).expect("planned");
    }
    collector.finish()
}

/// Two phases compared by lines of an SLA such as `p95=800ms`.
pub(crate) fn compared(
    [before, after]: [&PhaseData; 2],
    lines: &[&str],
    health: &[RepetitionHealth],
) -> Comparison {
    let line = |line: &&str| {
        let (metric, limit) = line.split_once('=').expect("metric=limit");
        SlaLine::parse(metric, limit).expect("a good line")
    };
    compare(Inputs {
        run_id: "run",
        plan_digest: "plan",
        sla: &lines.iter().map(line).collect::<Vec<_>>(),
        before,
        after,
        script: None,
        baseline_script: None,
        single_calls: &[],
        health,
        processors: None,
        caveats: Vec::new(),
        interrupted: None,
        strict: false,
        warmup: None,
        aa: false,
        sent_by: Default::default(),
        answers: Default::default(),
        max_error_rate: None,
    })
}
