//! Phases and comparisons made by hand: small enough to be checked with a pencil.
use spanload::analyze::{
    BaselineScript, Comparison, Inputs, PhaseCollector, PhaseData, ThreePercentiles, compare,
};
use spanload::model::SlaLine;
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{ErrorKind, Sample, Stage, Stages, TraceId};
use spanload::model::{Micros, Moment};

/// A phase from the latencies of each repetition in milliseconds; `None` timed out after a second. Request
/// `seq` is due `seq` tenths of a second after the start.
pub fn phase(repetitions: &[Vec<Option<u64>>]) -> PhaseData {
    let requests = repetitions[0].len() as u64;
    let mut phase = PhaseCollector::new(requests, repetitions.len() as u32);
    for (repetition, latencies) in (1..).zip(repetitions) {
        for (seq, latency) in (0..).zip(latencies) {
            phase.take(repetition, &sample(seq, *latency)).expect("a planned request");
        }
    }
    phase.finish()
}

fn sample(seq: u64, latency: Option<u64>) -> Sample {
    let mut lengths = [None; Stage::ALL.len()];
    lengths[Stage::Queue as usize] = Some(Micros(500));
    lengths[Stage::Wait as usize] = Some(Micros(latency.unwrap_or(1_000) * 1_000 - 500));
    Sample {
        stages: Stages::from_lengths(lengths),
        attempts: 1,
        status: latency.map(|_| 200),
        error: latency.is_none().then_some(ErrorKind::Timeout),
        answer_digest: latency.map(|_| AnswerDigest::OfValue(Digest::of(&seq.to_le_bytes()))),
        ..Sample::unsent(seq, TraceId(seq.into()), Some(Moment::from_micros(seq * 100_000)))
    }
}

/// Lines of an SLA from their spelling on the command line.
pub fn sla(lines: &[&str]) -> Vec<SlaLine> {
    let line = |line: &&str| {
        let (metric, limit) = line.split_once('=').expect("metric=limit");
        SlaLine::parse(metric, limit).expect("a line")
    };
    lines.iter().map(line).collect()
}

/// The comparison of two phases.
pub fn compared(before: &PhaseData, after: &PhaseData, lines: &[&str], strict: bool) -> Comparison {
    compare(Inputs {
        run_id: "20260102T030405Z-abcd",
        plan_digest: "00112233445566778899aabbccddeeff",
        sla: &sla(lines),
        before,
        after,
        baseline_script: Some(BaselineScript {
            path: "input.py".into(),
            sha256: "ab".repeat(32),
            exit_code: Some(0),
            requests: 20,
            succeeded: 20,
            failed: 0,
            latency_ms: ThreePercentiles { p50: Some(905.5), p95: Some(1_402.25), p99: Some(1_500.0) },
            name: None,
            log: None,
        }),
        script: None,
        single_calls: &[],
        health: &[],
        processors: None,
        caveats: Vec::new(),
        interrupted: None,
        strict,
        warmup: None,
        aa: false,
        sent_by: Default::default(),
        answers: Default::default(),
        max_error_rate: None,
    })
}
