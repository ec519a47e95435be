//! A small repetition in paused time, and what must hold of any repetition whatever happened in it.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use hyper::Method;
use spanload::client::{AnswerLimits, BatchFormat, BatchRoom};
use spanload::engine::{self, Health, Pacing, Repetition};
use spanload::host::{Clock, Interrupt};
use spanload::model::{
    AnswerBody, ArrivalProcess, ByteBudget, Completed, Connections, ErrorKind, HttpChoice, Moment, Pulse,
    Sample, Stage, Strategy,
};
use spanload::plan::{ArrivalsEnd, Plan, PlannedArrivals, PlannedEndpoint, Slice, TraceIds};
use spanload::transport::dial::Resolve;
use spanload::transport::{AskedEndpoint, ConnectSettings, Direct, Endpoint, Transport};
use tokio::runtime::{Builder, Runtime};

use super::net::{Names, Net};

/// A repetition in the making.
pub struct Load {
    pub repetition: Repetition,
    pub interrupt: Interrupt,
    pub pulse: Arc<Pulse>,
}

/// What came of it.
pub struct Outcome {
    /// In the order of the sequence numbers.
    pub completed: Vec<Completed>,
    pub ended: Moment,
    /// How the client fared.
    pub health: Health,
}

impl Outcome {
    pub fn samples(&self) -> Vec<&Sample> {
        self.completed.iter().map(|completed| &completed.sample).collect()
    }

    pub fn sample(&self, seq: usize) -> &Sample {
        &self.completed[seq].sample
    }

    /// The answer of a request, where a copy was kept.
    pub fn answer(&self, seq: usize) -> Option<&[u8]> {
        self.completed[seq].answer.as_ref().and_then(AnswerBody::bytes)
    }
}

/// A runtime whose time moves only when nobody has anything else to do.
pub fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

impl Load {
    /// So many requests with the bodies `0`, `1`, `2` …, from so many callers, on a connection each.
    pub fn new(requests: u64, callers: u64) -> Self {
        Self::from(0, requests, callers)
    }

    /// The same with the bodies from `first` on.
    pub fn from(first: u64, requests: u64, callers: u64) -> Self {
        let bodies: String = (first..first + requests.max(1)).map(|body| format!("{body}\n")).collect();
        let endpoint = Endpoint::new("http://10.0.0.1:80", "/one", "/many", []).expect("a good URL");
        let repetition = Repetition {
            plan: plan(requests, &bodies),
            slice: Slice::WHOLE,
            traces: TraceIds::new("test", "before", 1),
            pacing: Pacing::Closed { workers: callers, think: Duration::ZERO },
            strategy: Strategy::PER_REQUEST,
            endpoint: Arc::new(endpoint),
            batch_format: BatchFormat::new("inputs", "outputs"),
            answers: limits(1 << 20, &ByteBudget::new(64 << 20)),
            checks: Arc::default(),
            timeout: Duration::from_secs(20),
            patience: None,
            at_most: None,
        };
        Load { repetition, interrupt: Interrupt::never(), pulse: Arc::default() }
    }

    pub fn think_ms(mut self, think: u64) -> Self {
        let Pacing::Closed { workers, .. } = self.repetition.pacing else {
            panic!("nobody thinks in an open loop")
        };
        self.repetition.pacing = Pacing::Closed { workers, think: Duration::from_millis(think) };
        self
    }

    /// The same requests, arriving by themselves.
    pub fn arriving(mut self, process: ArrivalProcess) -> Self {
        let end = ArrivalsEnd { requests: Some(self.repetition.plan.requests()), duration: None };
        let arrivals = PlannedArrivals::new(process, 7, end).expect("arrivals");
        let plan = Arc::into_inner(self.repetition.plan).expect("nobody else has it");
        self.repetition.plan = Arc::new(plan.arriving(arrivals));
        self.repetition.pacing = Pacing::Open { connections: 10_000 };
        self
    }

    pub fn pool(mut self, size: usize) -> Self {
        self.repetition.strategy.connections = Connections::Pool(size);
        self
    }

    pub fn batch(mut self, most: usize) -> Self {
        self.repetition.strategy.batch = most;
        self
    }

    pub fn at_most_ms(mut self, time: u64) -> Self {
        self.repetition.at_most = Some(Duration::from_millis(time));
        self
    }

    pub fn timeout_ms(mut self, timeout: u64) -> Self {
        self.repetition.timeout = Duration::from_millis(timeout);
        self
    }

    /// The same body for every request; it must be JSON on one line.
    pub fn body(mut self, body: &str) -> Self {
        self.repetition.plan = plan(self.repetition.plan.requests(), body);
        self
    }

    pub fn url(mut self, url: &str) -> Self {
        self.repetition.endpoint = Arc::new(Endpoint::new(url, "/one", "/many", []).expect("a good URL"));
        self
    }

    /// To two endpoints in equal shares; the second of them takes batches.
    pub fn two_endpoints(mut self) -> Self {
        let paths = [("/one", None), ("/two", Some("/many"))];
        let planned = |(path, _): (&str, _)| PlannedEndpoint {
            name: path.into(),
            method: "POST".into(),
            path: path.into(),
            weight: 1.0,
        };
        let plan = Plan::of_prompts(self.repetition.plan.requests(), 7);
        self.repetition.plan = Arc::new(plan.to_endpoints(7, paths.map(|path| (planned(path), None)).into()));
        let asked = paths.map(|(path, batch_path)| AskedEndpoint {
            path,
            batch_path,
            method: Method::POST,
            has_bodies: true,
        });
        let endpoint = Endpoint::of_several("http://10.0.0.1:80", asked, []).expect("a good URL");
        self.repetition.endpoint = Arc::new(endpoint);
        self
    }

    pub fn answers(mut self, most: u64, budget: &Arc<ByteBudget>) -> Self {
        self.repetition.answers = limits(most, budget);
        self
    }

    /// Runs on the simulated network.
    pub fn run(self, net: &Net) -> Outcome {
        self.run_resolving(net, Names::default())
    }

    /// Over HTTP/2 without TLS, so many streams on a connection.
    pub fn run_http2(mut self, net: &Net, streams: usize) -> Outcome {
        (self.repetition.strategy.http, self.repetition.strategy.streams) = (HttpChoice::Http2, streams);
        let settings = ConnectSettings { http: HttpChoice::Http2, streams, ..ConnectSettings::default() };
        let direct = Direct::new(Arc::clone(&self.repetition.endpoint), Names::default(), net.clone());
        self.run_on(direct.connecting(settings))
    }

    pub fn run_resolving(self, net: &Net, names: impl Resolve + 'static) -> Outcome {
        let transport = Direct::new(Arc::clone(&self.repetition.endpoint), names, net.clone());
        self.run_on(transport)
    }

    pub fn run_on(self, transport: impl Transport + 'static) -> Outcome {
        let runtime = paused();
        let clock = {
            let _inside = runtime.enter();
            Clock::start()
        };
        let (sink, chunks) = channel();
        let pacing = self.repetition.pacing;
        let plan = Arc::clone(&self.repetition.plan);
        let ends_by_time = self.repetition.at_most.is_some();
        let planned = self.repetition.plan.requests();
        let health =
            engine::run_on(runtime, self.repetition, transport, clock, sink, &self.pulse, &self.interrupt);
        let mut completed: Vec<Completed> = chunks.into_iter().flatten().flatten().collect();
        completed.sort_by_key(|completed| completed.sample.seq);
        let ended = Moment::from_micros(health.wall.0);
        let outcome = Outcome { completed, ended, health };
        let planned = if ends_by_time { outcome.completed.len() as u64 } else { planned };
        outcome.check(planned);
        match pacing {
            Pacing::Closed { workers, think } => check_dues(&outcome.samples(), workers as usize, think),
            Pacing::Open { .. } => {
                let times = plan.arrivals().expect("an open load has them").times();
                for (sample, due) in outcome.samples().into_iter().zip(times) {
                    let error = sample.error == Some(ErrorKind::Unsent);
                    assert!(sample.due == Some(due) || error, "due at the very microsecond of the plan");
                }
            }
        }
        outcome
    }
}

impl Outcome {
    fn check(&self, planned: u64) {
        let samples = self.samples();
        assert!(samples.iter().map(|sample| sample.seq).eq(0..planned), "every planned request exactly once");
        assert!(samples.iter().all(|sample| sample.end().is_none_or(|end| end <= self.ended)));
    }
}

/// A caller's next request is due at the very microsecond at which one before it ended, and has thought, the first
/// ones at the start; no end makes two requests due.
fn check_dues(samples: &[&Sample], callers: usize, think: Duration) {
    let mut ends: Vec<Moment> = samples.iter().filter_map(|sample| sample.end()).collect();
    let dues = samples.iter().filter_map(|sample| sample.due);
    for (seq, due) in dues.enumerate() {
        if seq < callers {
            assert_eq!(due, Moment::START, "request {seq}");
            continue;
        }
        let end = ends.iter().position(|end| *end + think == due);
        ends.swap_remove(end.unwrap_or_else(|| panic!("request {seq}: nothing ended when it became due")));
    }
}

fn limits(most: u64, budget: &Arc<ByteBudget>) -> AnswerLimits {
    AnswerLimits { most, budget: Arc::clone(budget), batches: BatchRoom::new(most) }
}

fn plan(requests: u64, lines: &str) -> Arc<Plan> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(lines.as_bytes()).expect("it can be written");
    Arc::new(Plan::of_file(requests, 0, file.path()).expect("JSON lines"))
}

/// The stages that a request had, in order, each with its length in microseconds.
pub fn stages(sample: &Sample) -> Vec<(&'static str, u64)> {
    let length = |stage: Stage| sample.stages.get(stage).map(|length| (stage.name(), length.0));
    Stage::ALL.into_iter().filter_map(length).collect()
}

pub fn at(ms: u64) -> Moment {
    Moment::from_micros(ms * 1_000)
}
