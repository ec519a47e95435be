//! The series of one phase, looked up once, and what a sample does to them.
//!
//! A sample is counted in figures of this thread's own; once a chunk these are handed over to what is exposed. Alone the
//! latency goes the library's way, observation by observation, for the sake of its exemplars.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::histogram::Tally;
use super::metrics::Metrics;
use super::origin::Origin;
use super::registry::{Counter, Gauge, Seconds, Traced};
use crate::model::Micros;
use crate::model::Pulse;
use crate::model::{ErrorKind, Phase, Sample, Stage};

const STAGES: usize = Stage::ALL.len();

/// What was decided of a finished request, beside what its sample says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decided {
    /// It is above the limit.
    pub slow: bool,
    /// Its exchange is counted with it.
    pub leads: bool,
    /// Its spans are exported.
    pub traced: bool,
}

/// A counter and what is still to be added to it.
struct Counted {
    counter: Counter,
    more: u64,
}

impl Counted {
    fn new(counter: Counter) -> Self {
        Counted { counter, more: 0 }
    }

    fn hand_over(&mut self) {
        if self.more > 0 {
            self.counter.inc_by(std::mem::take(&mut self.more));
        }
    }
}

/// Exchanges with one outcome.
struct Exchanges {
    endpoint: Option<Arc<str>>,
    status: Option<u16>,
    error: Option<ErrorKind>,
    durations: Tally,
}

/// What one phase writes to.
pub(super) struct PhaseSeries {
    phase: &'static str,
    latency: [Traced; 2],
    ttfb: Tally,
    /// By stage and by whether the connection was reused; made when first needed.
    stages: [[Option<Tally>; 2]; STAGES],
    /// With the microseconds that are still to be added.
    slow_stages: [(Seconds, Micros); STAGES],
    slow: Counted,
    /// Success, failed, unsent.
    requests: [Counted; 3],
    errors: [Counted; ErrorKind::ALL.len()],
    due: Counter,
    /// What of this repetition is in that one.
    due_counted: u64,
    /// Few, and the first one is nearly always the one.
    exchanges: Vec<Exchanges>,
    server: [Tally; 2],
    connects: Counted,
    syn_retransmits: Counted,
    retransmits: Counted,
    batch_size: Tally,
    loop_lag: Tally,
    active: Gauge,
    connections: Gauge,
}

impl PhaseSeries {
    pub(super) fn new(metrics: &Metrics, phase: Phase) -> Self {
        let (phase, requests) = (phase.name(), ["success", "failed", "unsent"]);
        PhaseSeries {
            phase,
            latency: ["success", "failed"].map(|outcome| metrics.latency.of(&[phase, outcome])),
            ttfb: Tally::new(metrics.ttfb.of(&[phase])),
            stages: std::array::from_fn(|_| [None, None]),
            slow_stages: Stage::ALL
                .map(|stage| (metrics.slow_stage.of(&[phase, stage.name()]), Micros::default())),
            slow: Counted::new(metrics.slow.of(&[phase])),
            requests: requests.map(|outcome| Counted::new(metrics.requests.of(&[phase, outcome]))),
            errors: ErrorKind::ALL.map(|word| Counted::new(metrics.errors.of(&[phase, word.name()]))),
            due: metrics.due.of(&[phase]),
            due_counted: 0,
            exchanges: Vec::new(),
            server: [metrics.server_queue.of(&[phase]), metrics.server_compute.of(&[phase])].map(Tally::new),
            connects: Counted::new(metrics.connects.of(&[phase])),
            syn_retransmits: Counted::new(metrics.syn_retransmits.of(&[phase])),
            retransmits: Counted::new(metrics.retransmits.of(&[phase])),
            batch_size: Tally::new(metrics.batch_size.of(&[phase])),
            loop_lag: Tally::new(metrics.loop_lag.of(&[phase])),
            active: metrics.active.of(&[phase]),
            connections: metrics.connections.of(&[phase]),
        }
    }

    /// Counts a finished request; all of it is seen once it is handed over.
    pub(super) fn observe(&mut self, metrics: &Metrics, origin: &Origin, sample: &Sample, decided: Decided) {
        let outcome = match sample.error {
            None => 0,
            Some(ErrorKind::Unsent) => 2,
            Some(_) => 1,
        };
        self.requests[outcome].more += 1;
        if let Some(word) = sample.error {
            self.errors[word as usize].more += 1;
        }
        if outcome == 2 {
            return;
        }
        let latency = sample.stages.latency();
        let traced = decided
            .traced
            .then(|| (vec![("trace_id", sample.trace_id.to_string())], ended(origin, sample, latency)));
        let (exemplar, at) = traced.unzip();
        self.latency[outcome].observe(seconds(latency), exemplar, at.flatten());
        if let Some(ttfb) = sample.stages.ttfb().filter(|_| outcome == 0) {
            self.ttfb.observe(ttfb.0);
        }
        self.observe_stages(metrics, sample, decided.slow);
        if decided.leads && sample.attempts > 0 {
            self.observe_exchange(metrics, origin, sample, latency);
        }
    }

    fn observe_stages(&mut self, metrics: &Metrics, sample: &Sample, slow: bool) {
        let reused = sample.connection.is_some_and(|connection| connection.reused);
        for stage in Stage::ALL {
            let Some(length) = sample.stages.get(stage) else { continue };
            let phase = self.phase;
            let series = self.stages[stage as usize][usize::from(reused)].get_or_insert_with(|| {
                let reused = if reused { "true" } else { "false" };
                Tally::new(metrics.stage.of(&[phase, stage.name(), reused]))
            });
            series.observe(length.0);
            if slow {
                self.slow_stages[stage as usize].1.0 += length.0;
            }
        }
        self.slow.more += u64::from(slow);
    }

    fn observe_exchange(&mut self, metrics: &Metrics, origin: &Origin, sample: &Sample, latency: Micros) {
        let queue = sample.stages.get(Stage::Queue).unwrap_or_default();
        self.exchange(metrics, origin, sample).observe(latency.0 - queue.0);
        self.batch_size.observe(sample.batch.map_or(1, |batch| batch.size).into());
        for (series, time) in self.server.iter_mut().zip([sample.server.queue, sample.server.compute]) {
            if let Some(time) = time {
                series.observe(time.0);
            }
        }
        self.retransmits.more += u64::from(sample.retransmits.unwrap_or(0));
        if let Some(connection) = sample.connection.filter(|connection| !connection.reused) {
            self.syn_retransmits.more += u64::from(connection.syn_retransmits.unwrap_or(0));
            let established =
                [Stage::Send, Stage::Wait].into_iter().any(|stage| sample.stages.get(stage).is_some());
            self.connects.more += u64::from(established);
        }
    }

    /// The durations of exchanges that ended as this one did.
    fn exchange(&mut self, metrics: &Metrics, origin: &Origin, sample: &Sample) -> &mut Tally {
        let (status, error) = (sample.status, sample.error);
        let known = self
            .exchanges
            .iter()
            .position(|one| (one.status, one.error) == (status, error) && one.endpoint == sample.endpoint);
        let at = known.unwrap_or_else(|| {
            let labels =
                [status.map(|status| status.to_string()), error_type(sample)].map(Option::unwrap_or_default);
            let (host, port) = origin.server();
            let (method, _) = origin.destination.of(sample.endpoint.as_deref(), false);
            let port = port.to_string();
            let durations = metrics.exchange.of(&[self.phase, method, host, &port, &labels[0], &labels[1]]);
            let endpoint = sample.endpoint.clone();
            self.exchanges.push(Exchanges { endpoint, status, error, durations: Tally::new(durations) });
            self.exchanges.len() - 1
        });
        &mut self.exchanges[at].durations
    }

    /// Makes all that was observed seen.
    pub(super) fn hand_over(&mut self) {
        let counters = [&mut self.slow, &mut self.connects, &mut self.syn_retransmits, &mut self.retransmits];
        counters.into_iter().chain(&mut self.requests).chain(&mut self.errors).for_each(Counted::hand_over);
        for (counter, more) in self.slow_stages.iter_mut().filter(|(_, more)| *more > Micros(0)) {
            counter.inc_by(seconds(std::mem::take(more)));
        }
        let tallies = self.stages.iter_mut().flatten().flatten().chain(&mut self.server);
        let exchanges = self.exchanges.iter_mut().map(|exchanges| &mut exchanges.durations);
        tallies.chain(exchanges).chain([&mut self.ttfb, &mut self.batch_size]).for_each(Tally::hand_over);
    }

    /// Takes what the engine said of itself.
    pub(super) fn feel(&mut self, pulse: &Pulse) {
        let due = pulse.due();
        self.due.inc_by(due - self.due_counted);
        self.due_counted = due;
        self.active.set(pulse.active() as f64);
        self.connections.set(pulse.connections() as f64);
        pulse.take_lags().into_iter().for_each(|lag| self.loop_lag.observe(lag.0));
        self.loop_lag.hand_over();
    }
}

/// The convention's `error.type`: the status where the server answered, else our word.
pub(super) fn error_type(sample: &Sample) -> Option<String> {
    match (sample.error?, sample.status) {
        (ErrorKind::Http3xx | ErrorKind::Http4xx | ErrorKind::Http5xx, Some(status)) => {
            Some(status.to_string())
        }
        (word, _) => Some(word.name().to_string()),
    }
}

/// When the request ended, by the wall clock.
fn ended(origin: &Origin, sample: &Sample, latency: Micros) -> Option<SystemTime> {
    let since_1970 = origin.start_us() + sample.due?.as_micros() + latency.0;
    Some(UNIX_EPOCH + Duration::from_micros(since_1970))
}

fn seconds(length: Micros) -> f64 {
    length.0 as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;
    use crate::model::manifest::Destination;
    use crate::model::{BatchUse, ConnectionUse, ServerTimes, Stages, TraceId};

    fn sample() -> Sample {
        let mut lengths = [None; STAGES];
        lengths[Stage::Queue as usize] = Some(Micros(250_000));
        lengths[Stage::Connect as usize] = Some(Micros(1_000_000));
        lengths[Stage::Wait as usize] = Some(Micros(500_000));
        Sample {
            stages: Stages::from_lengths(lengths),
            server: ServerTimes {
                queue: Some(Micros(1_000)),
                compute: Some(Micros(2_000)),
                ..ServerTimes::default()
            },
            connection: Some(ConnectionUse {
                id: 1,
                reused: false,
                syn_retransmits: Some(1),
                ..ConnectionUse::default()
            }),
            retransmits: Some(2),
            batch: Some(BatchUse { id: 1, size: 2 }),
            attempts: 1,
            status: Some(503),
            error: Some(ErrorKind::Http5xx),
            ..Sample::unsent(0, TraceId(1), Some(Moment::START))
        }
    }

    #[test]
    fn an_exchange_counts_once_and_each_of_its_members_too() {
        let metrics = Metrics::new("run", &[]);
        let destination = Destination { host: "api".into(), port: 80, ..Destination::default() };
        let origin = Origin::new("run", Phase::Before.into(), 1, destination);
        let mut series = PhaseSeries::new(&metrics, Phase::Before);
        let leader = Decided { slow: true, leads: true, traced: false };
        series.observe(&metrics, &origin, &sample(), leader);
        series.observe(&metrics, &origin, &sample(), Decided { slow: false, leads: false, ..leader });
        series.hand_over();
        let text = metrics.render();
        let has = |line: &str| assert!(text.lines().any(|one| one == line), "no {line} in {text}");
        let before = "run=\"run\",phase=\"before\"";
        has(&format!("spanload_latency_seconds_sum{{{before},outcome=\"failed\"}} 3.5"));
        has(&format!("spanload_slow_requests_total{{{before}}} 1"));
        has(&format!("spanload_slow_stage_seconds_total{{{before},stage=\"connect\"}} 1.0"));
        has(&format!("spanload_retransmits_total{{{before}}} 2"));
        has(&format!("spanload_syn_retransmits_total{{{before}}} 1"));
        has(&format!("spanload_connects_total{{{before}}} 1"));
        has(&format!("spanload_batch_size_sum{{{before}}} 2.0"));
        has(&format!("spanload_errors_total{{{before},error=\"http_5xx\"}} 2"));
        let labels = "http_request_method=\"POST\",server_address=\"api\",server_port=\"80\",\
                      http_response_status_code=\"503\",error_type=\"503\"";
        has(&format!("http_client_request_duration_seconds_sum{{{before},{labels}}} 1.5"));
        assert!(!text.contains("trace_id"), "no trace was kept, so none is named: {text}");
    }

    #[test]
    fn the_bucket_of_a_traced_request_names_its_trace_and_when_it_ended() {
        let metrics = Metrics::new("run", &[]);
        let origin = Origin::new("run", Phase::Before.into(), 1, Destination::default());
        origin.started(1_700_000_000_000_000);
        let mut series = PhaseSeries::new(&metrics, Phase::Before);
        let decided = Decided { slow: false, leads: true, traced: true };
        series.observe(&metrics, &origin, &sample(), decided);
        let text = metrics.render();
        let latency = sample().stages.latency();
        let named = format!(
            "# {{trace_id=\"{}\"}} {:?} {:?}",
            TraceId(1),
            seconds(latency),
            1.7e9 + seconds(latency)
        );
        let lines = text.lines().filter(|line| line.contains("trace_id")).collect::<Vec<_>>();
        assert!(
            matches!(lines[..], [one] if one.contains("_bucket") && one.ends_with(&named)),
            "{lines:?}, not {named}"
        );
    }
}
