//! Runs a small repetition through the library and hands back its samples by sequence number.
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use spanload::client::BatchFormat;
use spanload::engine;
use spanload::engine::{Health, Pacing, Repetition};
use spanload::host::Clock;
use spanload::host::Interrupt;
use spanload::model::Pulse;
use spanload::model::{Completed, Sample, Stage};
use spanload::model::{Connections, Strategy};
use spanload::model::{Micros, Moment};
use spanload::plan::{Plan, TraceIds};
use spanload::transport::{Direct, Endpoint, Resolve, SystemResolver, Transport};

/// A repetition in the making.
pub struct Load {
    pub plan: Plan,
    pub workers: u64,
    pub strategy: Strategy,
    pub timeout: Duration,
}

impl Load {
    /// So many requests with the bodies `0`, `1`, `2` …, from so many workers, on a connection each.
    pub fn new(requests: u64, workers: u64) -> Self {
        let bodies: String = (0..requests.max(1)).map(|seq| format!("{seq}\n")).collect();
        Load {
            plan: plan(requests, &bodies),
            workers,
            strategy: Strategy { connections: Connections::PerRequest, batch: 1 },
            timeout: Duration::from_secs(20),
        }
    }

    pub fn pool(mut self, size: usize) -> Self {
        self.strategy.connections = Connections::Pool(size);
        self
    }

    pub fn batch(mut self, most: usize) -> Self {
        self.strategy.batch = most;
        self
    }

    pub fn timeout_ms(mut self, timeout: u64) -> Self {
        self.timeout = Duration::from_millis(timeout);
        self
    }

    /// The same body for every request; it must be JSON on one line.
    pub fn body(mut self, body: &str) -> Self {
        self.plan = plan(self.plan.requests(), body);
        self
    }

    pub fn run(self, url: &str) -> Vec<Sample> {
        self.run_resolving(url, SystemResolver)
    }

    pub fn run_resolving(self, url: &str, resolver: impl Resolve + 'static) -> Vec<Sample> {
        self.run_on(Clock::start(), Direct::new(endpoint(url), resolver), &Interrupt::never())
    }

    pub fn run_on(self, clock: Clock, transport: impl Transport + 'static, stop: &Interrupt) -> Vec<Sample> {
        let completed = self.complete(clock, transport, stop);
        completed.into_iter().map(|completed| completed.sample).collect()
    }

    /// Runs to the end; checks what must hold of any repetition whatever happened in it.
    pub fn complete(
        self,
        clock: Clock,
        transport: impl Transport + 'static,
        stop: &Interrupt,
    ) -> Vec<Completed> {
        self.complete_watched(clock, transport, stop).0
    }

    /// The same, and how the client fared.
    pub fn complete_watched(
        self,
        clock: Clock,
        transport: impl Transport + 'static,
        stop: &Interrupt,
    ) -> (Vec<Completed>, Health) {
        let (workers, requests) = (self.workers as usize, self.plan.requests());
        let repetition = Repetition {
            plan: Arc::new(self.plan),
            traces: traces(),
            pacing: Pacing::Closed { workers: self.workers },
            strategy: self.strategy,
            batch_format: BatchFormat::new("inputs", "outputs"),
            timeout: self.timeout,
        };
        let (sink, samples) = channel();
        let health = engine::run(repetition, transport, clock, sink, &Pulse::default(), stop)
            .expect("the engine runs");
        let ended = clock.now();
        let mut completed: Vec<Completed> = samples.into_iter().flatten().collect();
        completed.sort_by_key(|completed| completed.sample.seq);
        let samples: Vec<&Sample> = completed.iter().map(|completed| &completed.sample).collect();
        assert!(
            samples.iter().map(|sample| sample.seq).eq(0..requests),
            "every planned request exactly once"
        );
        assert!(samples.iter().all(|sample| sample.end().is_none_or(|end| end <= ended)));
        check_dues(&samples, workers);
        (completed, health)
    }
}

/// A worker's next request is due at the very microsecond at which one before it ended, the first
/// ones at the start; no end makes two requests due.
fn check_dues(samples: &[&Sample], workers: usize) {
    let mut ends: Vec<Moment> = samples.iter().filter_map(|sample| sample.end()).collect();
    let dues = samples.iter().filter_map(|sample| sample.due);
    for (seq, due) in dues.enumerate() {
        if seq < workers {
            assert_eq!(due, Moment::START, "request {seq}");
            continue;
        }
        let end = ends.iter().position(|end| *end == due);
        ends.swap_remove(end.unwrap_or_else(|| panic!("request {seq}: nothing ended when it became due")));
    }
}

pub fn traces() -> TraceIds {
    TraceIds::new("test", "before", 1)
}

pub fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, "/v1/infer", "/v1/infer/batch", []).expect("a good URL")
}

fn plan(requests: u64, lines: &str) -> Plan {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(lines.as_bytes()).expect("it can be written");
    Plan::of_file(requests, 0, file.path()).expect("JSON lines")
}

/// A stage in milliseconds, if the request had it.
pub fn ms(sample: &Sample, stage: Stage) -> Option<f64> {
    sample.stages.get(stage).map(Micros::as_millis)
}

/// The names of the stages that a request had, in order.
pub fn reached(sample: &Sample) -> Vec<&'static str> {
    let had = Stage::ALL.into_iter().filter(|stage| sample.stages.get(*stage).is_some());
    had.map(Stage::name).collect()
}
