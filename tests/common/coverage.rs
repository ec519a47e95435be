//! How often the intervals of a comparison hold the truth: simulated runs, judged by the code that judges real ones.
use spanload::analyze::{Comparison, Inputs, PhaseCollector, PhaseData, compare};
use spanload::model::{Micros, Moment};
use spanload::model::{Sample, Stage, Stages, TraceId};
use spanload::stats::Interval;

use super::latencies::Normals;
pub use super::latencies::Process;

/// Requests of a repetition.
const REQUESTS: usize = 600;
/// The before phase is so many times slower.
const SLOWER: f64 = 2.0;

/// What is counted of one statement over many draws.
#[derive(Clone, Copy, Default)]
pub struct Count {
    drawn: u32,
    held: u32,
    stated: u32,
    width: f64,
}

impl Count {
    pub fn take(&mut self, interval: Option<Interval>, truth: f64) {
        self.drawn += 1;
        let Some(interval) = interval else { return };
        self.stated += 1;
        self.held += u32::from(interval.holds(truth));
        self.width += (interval.hi - interval.lo) / truth.abs();
    }

    /// The share of the runs that state an interval.
    pub fn stated(&self) -> f64 {
        f64::from(self.stated) / f64::from(self.drawn.max(1))
    }

    /// The share of the intervals that hold the truth; 0 without any.
    pub fn coverage(&self) -> f64 {
        f64::from(self.held) / f64::from(self.stated.max(1))
    }

    /// Mean width, as a share of the truth.
    pub fn width(&self) -> f64 {
        self.width / f64::from(self.stated.max(1))
    }
}

/// What is stated of one process.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub p50: Count,
    pub p95: Count,
    pub p99: Count,
    /// After − before at P95.
    pub difference: Count,
    /// After ÷ before at P95.
    pub ratio: Count,
}

impl Counts {
    pub fn named(&self) -> [(&'static str, Count); 5] {
        let Counts { p50, p95, p99, difference, ratio } = *self;
        [("P50", p50), ("P95", p95), ("P99", p99), ("difference", difference), ("ratio", ratio)]
    }
}

/// Draws runs of a process and counts.
pub fn measure(process: Process, repetitions: u32, draws: u32, seed: u64) -> Counts {
    let mut normals = Normals::new(seed);
    let mut counts = Counts::default();
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| process.truth(share));
    for _ in 0..draws {
        let comparison = run(process, repetitions, &mut normals);
        let after = &comparison.phases.after.latency_ci95_ms;
        counts.p50.take(after.p50, p50);
        counts.p95.take(after.p95, p95);
        counts.p99.take(after.p99, p99);
        let difference = &comparison.difference.p95;
        // The mean difference of repetitions whose levels are log-normal.
        let mean = (1.0 - SLOWER) * p95 * (process.between.powi(2) / 2.0).exp();
        counts.difference.take(difference.ci95_ms, mean);
        counts.ratio.take(difference.ci95_ratio, 1.0 / SLOWER);
    }
    counts
}

/// One run of both phases; the levels of their repetitions are drawn apart, so that pairing gains nothing.
fn run(process: Process, repetitions: u32, normals: &mut Normals) -> Comparison {
    let [before, after] = [SLOWER, 1.0].map(|slower| {
        let mut phase = PhaseCollector::new(REQUESTS as u64, repetitions);
        for repetition in 1..=repetitions {
            let level = slower * process.level(normals);
            let latencies = process.repetition(level, REQUESTS, normals);
            for (seq, latency) in (0..).zip(latencies) {
                phase.take(repetition, &sample(seq, latency)).expect("a planned request");
            }
        }
        phase.finish()
    });
    compared(&before, &after)
}

/// The comparison of two phases, by the code that makes those of real runs.
pub fn compared(before: &PhaseData, after: &PhaseData) -> Comparison {
    compare(Inputs {
        run_id: "simulated",
        plan_digest: "",
        sla: &[],
        before,
        after,
        baseline_script: None,
        script: None,
        single_calls: &[],
        health: &[],
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

pub fn sample(seq: u64, latency: u64) -> Sample {
    let mut lengths = [None; Stage::ALL.len()];
    lengths[Stage::Wait as usize] = Some(Micros(latency));
    let due = Some(Moment::from_micros(seq * 1_000));
    let stages = Stages::from_lengths(lengths);
    Sample {
        stages,
        attempts: 1,
        status: Some(200),
        error: None,
        ..Sample::unsent(seq, TraceId(seq.into()), due)
    }
}
