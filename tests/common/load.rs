//! Runs a small repetition through the library and hands back its samples by sequence number: in real time, on sockets.
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use spanload::client::{AnswerLimits, BatchFormat, BatchRoom};
use spanload::engine;
use spanload::engine::{Health, Pacing, Patience, Repetition};
use spanload::host::{Clock, Interrupt};
use spanload::model::{ByteBudget, Completed, Connections, Micros, Moment, Pulse, Sample, Stage, Strategy};
use spanload::plan::{Plan, Slice, TraceIds};
use spanload::transport::dial::{SystemDialer, SystemResolver};
use spanload::transport::{Direct, Endpoint, Transport};
use tokio::runtime::Builder;

/// Room for every answer of a test.
const BUDGET: u64 = 64 << 20;

/// A repetition in the making.
pub struct Load {
    pub plan: Plan,
    pub workers: u64,
    pub strategy: Strategy,
    pub timeout: Duration,
    pub patience: Option<Patience>,
    pub answers: AnswerLimits,
}

impl Load {
    /// So many requests with the bodies `0`, `1`, `2` …, from so many workers, on a connection each.
    pub fn new(requests: u64, workers: u64) -> Self {
        let bodies: String = (0..requests.max(1)).map(|seq| format!("{seq}\n")).collect();
        Load {
            plan: plan(requests, &bodies),
            workers,
            strategy: Strategy::PER_REQUEST,
            timeout: Duration::from_secs(20),
            patience: None,
            answers: AnswerLimits {
                most: BUDGET,
                budget: ByteBudget::new(BUDGET),
                batches: BatchRoom::new(BUDGET),
            },
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

    /// On sockets, in real time.
    pub fn run(self, url: &str) -> Vec<Sample> {
        self.run_watched(url).0
    }

    /// The same, and how the client fared.
    pub fn run_watched(self, url: &str) -> (Vec<Sample>, Health) {
        let endpoint = Arc::new(endpoint(url));
        let direct = Direct::new(Arc::clone(&endpoint), SystemResolver, SystemDialer);
        self.run_on(endpoint, direct)
    }

    /// Runs to the end; checks what must hold of any repetition whatever happened in it.
    pub fn run_on(
        self,
        endpoint: Arc<Endpoint>,
        transport: impl Transport + 'static,
    ) -> (Vec<Sample>, Health) {
        let (completed, health) = self.completed_on(endpoint, transport);
        (completed.into_iter().map(|completed| completed.sample).collect(), health)
    }

    /// The same with the answers.
    pub fn completed_on(
        self,
        endpoint: Arc<Endpoint>,
        transport: impl Transport + 'static,
    ) -> (Vec<Completed>, Health) {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (workers, requests) = (self.workers as usize, self.plan.requests());
        let repetition = self.repetition(endpoint);
        let (sink, samples) = channel();
        let clock = Clock::start();
        let health = engine::run_on(
            runtime,
            repetition,
            transport,
            clock,
            sink,
            &Pulse::default(),
            &Interrupt::never(),
        );
        let ended = clock.now();
        let mut completed: Vec<Completed> = samples.into_iter().flatten().flatten().collect();
        completed.sort_by_key(|completed| completed.sample.seq);
        let samples = || completed.iter().map(|completed| &completed.sample);
        assert!(samples().map(|sample| sample.seq).eq(0..requests), "every planned request exactly once");
        assert!(samples().all(|sample| sample.end().is_none_or(|end| end <= ended)));
        check_dues(samples(), workers);
        (completed, health)
    }

    fn repetition(self, endpoint: Arc<Endpoint>) -> Repetition {
        Repetition {
            plan: Arc::new(self.plan),
            slice: Slice::WHOLE,
            traces: traces(),
            pacing: Pacing::Closed { workers: self.workers, think: Duration::ZERO },
            strategy: self.strategy,
            endpoint,
            batch_format: BatchFormat::new("inputs", "outputs"),
            answers: self.answers,
            checks: Arc::default(),
            timeout: self.timeout,
            patience: self.patience,
            at_most: None,
        }
    }
}

/// A worker's next request is due at the very microsecond at which one before it ended, the first
/// ones at the start; no end makes two requests due.
fn check_dues<'a>(samples: impl Iterator<Item = &'a Sample> + Clone, workers: usize) {
    let mut ends: Vec<Moment> = samples.clone().filter_map(|sample| sample.end()).collect();
    let dues = samples.filter_map(|sample| sample.due);
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
