//! The telemetry of one run, from its ports to its last exposition.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use opentelemetry::KeyValue;

use super::collector::{Collector, Message};
use super::env::process_env;
use super::error::TelemetryError;
use super::exporter::Exporter;
use super::journal::Journal;
use super::leaders::Leaders;
use super::logs;
use super::metrics::Metrics;
use super::origin::Origin;
use super::otlp::{self, OtlpTarget};
use super::queue::Counts;
use super::registry::Counter;
use super::sampler::Sampler;
use super::series::PhaseSeries;
use super::server::{self, ExpositionServer, USUAL_PORT};
use super::settings::TelemetrySettings;
use super::tap::{CHUNKS, SampleTap};
use super::unheeded::unheeded;
use super::verdict::{VerdictFigures, slow_above};
use crate::host::{console, thread};
use crate::model::Pulse;
use crate::model::manifest::Destination;
use crate::model::{Completed, Part, Phase, SlaLine};

/// Name of the tool in traces, if nobody gives another.
pub(super) const SERVICE: &str = "spanload";
/// How long the end of a repetition waits for the collector's thread, which waits for readings only.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
/// How long the end waits for a last scrape: this, or until the next one is due.
const SCRAPE_WITHIN: Duration = Duration::from_secs(5);
const SCRAPE_WITHIN_MOST: Duration = Duration::from_secs(20);

/// What a run will tell, with its port bound and its endpoint checked, before the run has a name.
#[derive(Debug)]
pub struct Prepared {
    listener: Option<TcpListener>,
    /// To be said once the run begins: one that fails before has more to say.
    warning: Option<String>,
    /// The same, of what the environment asks for in vain.
    unheeded: Option<String>,
    metrics: bool,
    target: Option<OtlpTarget>,
    ratio: f64,
    settings: TelemetrySettings,
}

impl Prepared {
    /// Finds out what can be wrong. A usual port that is taken is said later, one that was asked for is an error.
    ///
    /// # Errors
    /// An endpoint, protocol or port that cannot be had as asked for.
    pub fn make(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let target = OtlpTarget::resolve_asking(settings, &process_env)?;
        let ratio = otlp::ratio(settings, &process_env)?;
        let (listener, warning) =
            if settings.metrics { listen(settings.metrics_port)? } else { (None, None) };
        let unheeded = unheeded(settings, &process_env, target.is_some() && ratio.is_some());
        Ok(Prepared {
            listener,
            warning,
            unheeded,
            metrics: settings.metrics,
            target: target.filter(|_| ratio.is_some()),
            ratio: ratio.unwrap_or_default(),
            settings: settings.clone(),
        })
    }

    /// Whether `/metrics` is served.
    pub fn is_scraped(&self) -> bool {
        self.listener.is_some()
    }

    /// What a child process needs in its environment to export to the same collector.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.target.as_ref().map(OtlpTarget::variables).unwrap_or_default()
    }
}

/// The listener, or what is to be said if the usual port is taken.
fn listen(asked: Option<u16>) -> Result<(Option<TcpListener>, Option<String>), TelemetryError> {
    match (server::bind(asked.unwrap_or(USUAL_PORT)), asked) {
        (Ok(listener), _) => Ok((Some(listener), None)),
        (Err(cause), Some(port)) => Err(TelemetryError::Port { port, cause }),
        (Err(cause), None) => Ok((
            None,
            Some(format!(
                "warning: no live metrics, port {USUAL_PORT} cannot be had: {cause}; the run goes on; name another \
                 with --metrics-port, or use --no-metrics"
            )),
        )),
    }
}

/// The telemetry of a run that is on.
#[derive(Debug)]
pub struct Telemetry {
    run_id: String,
    metrics: Option<Arc<Metrics>>,
    server: Option<ExpositionServer>,
    sender: Option<SyncSender<Message>>,
    exporter: Option<Exporter>,
    journal: Option<Journal>,
    samples_dropped: Counter,
}

/// A repetition that telemetry watches.
pub struct Watched {
    /// What its samples have in common.
    pub origin: Arc<Origin>,
    /// What the engine says of itself.
    pub pulse: Arc<Pulse>,
    tap: Option<SampleTap>,
}

impl Watched {
    /// Where finished chunks go, if telemetry wants them. To be taken once.
    pub fn tap(&mut self) -> Option<Box<dyn FnMut(Vec<Completed>) + Send>> {
        let mut tap = self.tap.take()?;
        Some(Box::new(move |chunk| tap.hand_on(chunk)))
    }
}

impl Telemetry {
    /// Starts its threads; `sla` is what the run will be judged by.
    ///
    /// # Errors
    /// No thread, no runtime, or an exporter that cannot be made of the settings.
    pub fn start(prepared: Prepared, run_id: &str, sla: &[SlaLine]) -> anyhow::Result<Self> {
        prepared.warning.iter().chain(&prepared.unheeded).for_each(|warning| console::warn(warning));
        let metrics = prepared.metrics.then(|| Arc::new(Metrics::new(run_id, sla)));
        let server = prepared.listener.zip(metrics.clone());
        let server = server.map(|(listener, metrics)| ExpositionServer::start(listener, metrics));
        let server = match server.transpose() {
            // As where the usual port is taken: nobody asked for it.
            Err(error) if prepared.settings.metrics_port.is_none() => {
                console::warn(&format!("warning: no live metrics: {error:#}; the run goes on"));
                None
            }
            outcome => outcome?,
        };
        if let Some(server) = &server {
            tracing::info!(port = server.port, "metrics on 127.0.0.1");
        }
        let counts = counts(metrics.as_deref());
        let exporter = prepared.target.map(|target| {
            target.lesson().iter().for_each(|lesson| console::say(lesson));
            tracing::info!(target = target.describe(), ratio = prepared.ratio, "spans over OTLP");
            let run = KeyValue::new("spanload.run_id", run_id.to_string());
            let resource = otlp::resource(&prepared.settings, SERVICE, &[run], &process_env);
            Exporter::start(target, resource, counts)
        });
        let exporter = exporter.transpose()?;
        let queue = exporter.as_ref().map(Exporter::queue);
        logs::route(queue.clone());
        let journal = queue.is_some().then(|| Journal::open(run_id));
        let sampler = Sampler { ratio: prepared.ratio, limit: slow_above(sla) };
        let samples_dropped =
            metrics.as_ref().map_or_else(Counter::default, |metrics| metrics.samples_dropped.of(&[]));
        let wanted = metrics.is_some() || queue.is_some();
        let sender = wanted.then(|| collect(Collector::new(metrics.clone(), queue, sampler))).transpose()?;
        Ok(Telemetry {
            run_id: run_id.to_string(),
            metrics,
            server,
            sender,
            exporter,
            journal,
            samples_dropped,
        })
    }

    /// The port of `/metrics`, where it is served.
    pub fn metrics_port(&self) -> Option<u16> {
        self.server.as_ref().map(|server| server.port)
    }

    /// Makes the series of phases that will come, so that a scraper finds them at 0: of a series that appears with a
    /// figure, Prometheus cannot know the increase that led there.
    pub fn expect(&self, phases: &[Phase]) {
        if let Some(metrics) = &self.metrics {
            phases.iter().for_each(|phase| drop(PhaseSeries::new(metrics, *phase)));
        }
    }

    /// A repetition begins.
    pub fn begin(&mut self, part: Part, repetition: u32, destination: Destination) -> Watched {
        let pulse = Arc::new(Pulse::default());
        let origin = Arc::new(Origin::new(&self.run_id, part, repetition, destination));
        if let Some(journal) = &mut self.journal {
            journal.begin(part, repetition);
        }
        if let Some((metrics, phase)) = self.metrics.as_ref().zip(part.phase()) {
            let _whole = metrics.change();
            metrics.repetition.of(&[phase.name()]).set(f64::from(repetition));
            metrics.phase_running.of(&[phase.name()]).set(1.0);
        }
        let tap = self.sender.as_ref().map(|sender| {
            // The collector waits for nothing but a reading of the figures, so neither does this.
            let _ = sender.send(Message::Begin(Arc::clone(&origin), Arc::clone(&pulse)));
            SampleTap {
                origin: Arc::clone(&origin),
                sender: sender.clone(),
                dropped: self.samples_dropped.clone(),
                lost: Leaders::default(),
            }
        });
        Watched { origin, pulse, tap }
    }

    /// The repetition has ended and all its samples were handed on.
    pub fn end(&mut self, watched: &Watched) {
        watched.pulse.rest();
        if let Some(sender) = &self.sender {
            let (seen, all_seen) = sync_channel(1);
            let _ = sender.send(Message::End(seen));
            let _ = all_seen.recv_timeout(SEEN_WITHIN);
        }
        if let Some((metrics, phase)) = self.metrics.as_ref().zip(watched.origin.phase()) {
            metrics.phase_running.of(&[phase.name()]).set(0.0);
        }
        if let Some(journal) = &mut self.journal {
            journal.end();
        }
    }

    /// Ends the run's own spans and gives the exporter away, to be finished; `None` without traces.
    pub fn stop_spans(&mut self) -> Option<Exporter> {
        self.journal = None;
        logs::route(None);
        self.exporter.take()
    }

    /// Samples that telemetry did not get to see.
    pub fn samples_dropped(&self) -> u64 {
        self.samples_dropped.get()
    }

    /// How often `/metrics` was read.
    pub fn scrapes(&self) -> u64 {
        self.server.as_ref().map_or(0, |server| server.scrapes.count())
    }

    /// Sets the figures of the comparison.
    pub fn judge(&self, verdict: &VerdictFigures) {
        if let Some(metrics) = &self.metrics {
            metrics.judge(verdict);
        }
    }

    /// How long to wait for a scrape that sees the verdict; `None` where nobody has scraped.
    pub fn last_scrape_within(&self) -> Option<Duration> {
        let server = self.server.as_ref().filter(|server| server.scrapes.count() > 0)?;
        let next =
            server.scrapes.interval().map_or(SCRAPE_WITHIN, |interval| interval + Duration::from_secs(1));
        Some(next.clamp(SCRAPE_WITHIN, SCRAPE_WITHIN_MOST))
    }

    /// Waits for one more scrape.
    pub async fn scraped(&self) {
        match &self.server {
            Some(server) => server.scrapes.beyond(server.scrapes.count()).await,
            None => std::future::pending().await,
        }
    }

    /// What `/metrics` says now; `None` without metrics.
    pub fn exposition(&self) -> Option<String> {
        self.metrics.as_ref().map(|metrics| metrics.render())
    }
}

fn counts(metrics: Option<&Metrics>) -> Counts {
    metrics.map_or_else(Counts::default, |metrics| Counts {
        created: metrics.spans_created.of(&[]),
        exported: metrics.spans.of(&["exported"]),
        failed: metrics.spans.of(&["failed"]),
        dropped: metrics.spans.of(&["dropped"]),
    })
}

fn collect(collector: Collector) -> anyhow::Result<SyncSender<Message>> {
    let (sender, receiver) = sync_channel(CHUNKS);
    thread("telemetry", move || collector.run(&receiver))?;
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sample, TraceId};

    #[test]
    fn the_series_of_phases_to_come_are_there_at_0() {
        let settings = TelemetrySettings { metrics_port: Some(0), ..TelemetrySettings::default() };
        let prepared = Prepared::make(&settings).expect("a free port");
        let telemetry = Telemetry::start(prepared, "run", &[]).expect("its threads start");
        telemetry.expect(&Phase::BOTH);
        let text = telemetry.exposition().expect("metrics are on");
        for phase in ["before", "after"] {
            let line =
                format!("spanload_requests_total{{run=\"run\",phase=\"{phase}\",outcome=\"success\"}} 0");
            assert!(text.lines().any(|one| one == line), "no {line} in {text}");
        }
    }

    /// The thread behind the tap is held up as nothing but a fault could: by whoever asked whether all was seen.
    #[test]
    fn samples_that_a_stuck_thread_does_not_see_are_in_the_exposition() {
        let settings = TelemetrySettings { metrics_port: Some(0), ..TelemetrySettings::default() };
        let prepared = Prepared::make(&settings).expect("a free port");
        let mut telemetry = Telemetry::start(prepared, "run", &[]).expect("its threads start");
        let (seen, all_seen) = sync_channel(0);
        telemetry.sender.as_ref().expect("metrics are on").send(Message::End(seen)).expect("it listens");
        let mut watched = telemetry.begin(Phase::Before.into(), 1, Destination::default());
        let mut tap = watched.tap().expect("metrics are on");
        let sample = || Sample::unsent(0, TraceId(1), None);
        let chunk = || (0..3).map(|_| Completed { sample: sample(), answer: None }).collect();
        (0..2 * CHUNKS).for_each(|_| tap(chunk()));
        let lost = telemetry.samples_dropped();
        assert!(lost as usize >= 3 * CHUNKS, "{lost}");
        all_seen.recv().expect("it was waiting");
        drop(tap);
        telemetry.end(&watched);
        let text = telemetry.exposition().expect("metrics are on");
        let has = |line: String| assert!(text.lines().any(|one| one == line), "no {line} in {text}");
        has(format!("spanload_samples_dropped_total{{run=\"run\"}} {lost}"));
        let counted = 6 * CHUNKS as u64 - lost;
        has(format!("spanload_requests_total{{run=\"run\",phase=\"before\",outcome=\"unsent\"}} {counted}"));
    }
}
