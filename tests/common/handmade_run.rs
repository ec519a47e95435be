//! A finished run made by hand: its folder with a manifest and two logs, small enough to be checked with a pencil.
use std::fs::File;
use std::path::Path;

use serde_json::json;
use spanload::model::SlaLine;
use spanload::model::manifest::{Machine, Manifest, PlanRecord};
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{ConnectionUse, ErrorKind, Phase, Sample, ServerTimes, Signal, Stage, Stages, TraceId};
use spanload::model::{Micros, Moment};
use spanload::runlog::LogWriter;

pub const RUN_ID: &str = "20260102T030405Z-abcd";

/// What a run is made of: for each phase its repetitions, each as many samples as the plan has requests.
pub struct HandmadeRun {
    pub run_id: &'static str,
    pub plan_digest: &'static str,
    pub sla: &'static str,
    pub strategies: [&'static str; 2],
    pub phases: [Vec<Vec<Sample>>; 2],
    /// The signal that stopped it.
    pub interrupted: Option<Signal>,
    /// Whether both phases send alike.
    pub aa: bool,
}

impl HandmadeRun {
    /// With an SLA of P95 ≤ 800 ms.
    pub fn of(before: Vec<Vec<Sample>>, after: Vec<Vec<Sample>>) -> Self {
        let strategies = ["per_request", "pool of 4, batches of up to 4"];
        let (sla, plan_digest) = ("800ms", "00112233445566778899aabbccddeeff");
        Self {
            run_id: RUN_ID,
            plan_digest,
            sla,
            strategies,
            phases: [before, after],
            interrupted: None,
            aa: false,
        }
    }

    /// Writes the folder.
    pub fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("the folder is writable");
        let manifest = serde_json::to_vec_pretty(&self.manifest()).expect("plain data");
        std::fs::write(folder.join("manifest.json"), manifest).expect("the folder is writable");
        for (phase, repetitions) in Phase::BOTH.into_iter().zip(&self.phases) {
            let file =
                File::create(folder.join(format!("{}.csv", phase.name()))).expect("the folder is writable");
            let mut log = LogWriter::new(file, self.run_id, phase.name()).expect("a header");
            for (repetition, samples) in (1..).zip(repetitions) {
                samples.iter().for_each(|sample| log.write(repetition, sample).expect("a row"));
            }
            log.flush().expect("the disk has room");
        }
    }

    fn manifest(&self) -> Manifest {
        let [before, after] = self.strategies.map(String::from);
        let plan = PlanRecord {
            digest: self.plan_digest.into(),
            requests: self.phases[0][0].len() as u64,
            repetitions: self.phases[0].len() as u32,
            workers: 4,
            think_ms: 0,
            before,
            after,
            strategies: None,
            arrival: None,
        };
        Manifest {
            version: "0.1.0".into(),
            command: vec!["spanload".into(), "prove".into()],
            started_at: "2026-01-02T03:04:05Z".into(),
            started_unix_us: 1_767_323_045_000_000,
            interrupted: self.interrupted,
            scenario: json!({"target": {"url": null}, "mock": {"replicas": 8}}),
            sla: vec![SlaLine::parse("p95", self.sla).expect("a line")],
            machine: Machine { platform: "linux x86_64".into(), ..Machine::default() },
            aa: self.aa,
            ..Manifest::new(self.run_id, plan)
        }
    }
}

/// A success: its stages in microseconds, on a connection of its own. Request `seq` is due `seq` tenths of a second
/// after the start, and its answer is a function of `seq`.
pub fn sample(seq: u64, stages: &[(Stage, u64)]) -> Sample {
    let mut lengths = [None; Stage::ALL.len()];
    stages.iter().for_each(|(stage, length)| lengths[*stage as usize] = Some(Micros(*length)));
    Sample {
        stages: Stages::from_lengths(lengths),
        server: ServerTimes {
            queue: Some(Micros(100_000)),
            compute: Some(Micros(150_000)),
            ..ServerTimes::default()
        },
        connection: Some(ConnectionUse {
            id: seq + 1,
            reused: false,
            syn_retransmits: Some(0),
            ..ConnectionUse::default()
        }),
        retransmits: Some(0),
        attempts: 1,
        status: Some(200),
        error: None,
        bytes_sent: 200,
        bytes_received: 1_500,
        answer_digest: Some(AnswerDigest::OfValue(Digest::of(&seq.to_le_bytes()))),
        ..Sample::unsent(seq, TraceId(0xabc0 + u128::from(seq)), Some(Moment::from_micros(seq * 100_000)))
    }
}

/// A success that waited for so many milliseconds.
pub fn waited(seq: u64, milliseconds: u64) -> Sample {
    sample(
        seq,
        &[
            (Stage::Queue, 500),
            (Stage::Connect, 300),
            (Stage::Wait, milliseconds * 1_000 - 1_000),
            (Stage::Receive, 200),
        ],
    )
}

/// The same request without an answer.
pub fn failed(sample: Sample, error: ErrorKind) -> Sample {
    Sample { error: Some(error), status: None, server: ServerTimes::default(), answer_digest: None, ..sample }
}

/// A repetition of requests that wait for `from`, then a millisecond longer each.
pub fn rising(requests: u64, from: u64) -> Vec<Sample> {
    (0..requests).map(|seq| waited(seq, from + seq)).collect()
}
