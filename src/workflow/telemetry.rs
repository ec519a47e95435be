//! Telemetry's part in a run: what it is told, what it leaves behind, and what its losses mean.

use std::time::Duration;

use super::Run;
use super::server::Stopped;
use crate::analyze::{Comparison, Doubt, LostSpans, Verdict as Judgement};
use crate::host::Interrupt;
use crate::host::console;
use crate::mock::LAST_SPANS_WITHIN;
use crate::model::manifest::{DestinationRecord, SpanRecord, TelemetryRecord};
use crate::model::run_files;
use crate::model::{Limit, SlaLine};
use crate::report::Progress;
use crate::runlog::write_atomically;
use crate::scenario::Settings;
use crate::telemetry::{Destination, Line, SpanTotals, Telemetry, Unit, Verdict, Watched};
use crate::transport::{Endpoint, EndpointError};

/// How long the end waits for a collector of spans, counted from when the last mock was told to stop: its own spans and
/// those of the client are on their way at the same time.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Telemetry watches a repetition that is about to begin.
    pub(super) fn watch(&mut self, part: &str, repetition: u32, url: &str) -> anyhow::Result<Watched> {
        let destination = destination(&self.settings, url)?;
        self.manifest.telemetry.get_or_insert_default().destination = Some(DestinationRecord {
            host: destination.host.clone(),
            port: destination.port,
            url: destination.url.clone(),
            batch_url: destination.batch_url.clone(),
        });
        Ok(self.telemetry.begin(part, repetition, destination))
    }

    /// Sends the last spans and notes in the manifest what telemetry did. A loss is a caveat.
    pub(super) async fn close_telemetry(&mut self) {
        let stopped = self.server.stopped();
        let told = flush(&mut self.telemetry, stopped, &self.progress).await;
        let Told { spans, server_spans, samples_dropped, losses } = told;
        if let Some(losses) = losses {
            self.caveat(losses.into());
        }
        if let Err(error) = self.write_exposition() {
            self.caveat(Doubt::NoExposition { problem: format!("{error:#}") }.into());
        }
        let record = self.manifest.telemetry.get_or_insert_default();
        *record = TelemetryRecord {
            destination: record.destination.take(),
            spans: spans.as_ref().map(span_record),
            server_spans: server_spans.as_ref().map(span_record),
            samples_dropped,
            scrapes: self.telemetry.scrapes(),
        };
    }

    /// The verdict in the metrics, a last scrape that sees it, the last exposition.
    pub(super) async fn publish(&mut self, comparison: &Comparison) {
        self.telemetry.judge(&verdict(comparison));
        last_scrape(&self.telemetry, self.interrupt).await;
        // The caveats are judged already, and no figure hangs on this file.
        if let Err(error) = self.write_exposition() {
            self.progress.note(&format!("warning: {error:#}; {} lacks the verdict", run_files::METRICS));
        }
    }

    /// `metrics.prom`: what a scrape would read now.
    fn write_exposition(&self) -> anyhow::Result<()> {
        match self.telemetry.exposition() {
            Some(text) => write_atomically(&self.results.path(run_files::METRICS), text.as_bytes()),
            None => Ok(()),
        }
    }
}

/// What telemetry did until the end of the load.
pub(super) struct Told {
    /// `None` without traces.
    pub spans: Option<SpanTotals>,
    /// Those of the embedded server; `None` without traces, or where the server was given.
    pub server_spans: Option<SpanTotals>,
    pub samples_dropped: u64,
    /// What was lost; `None` if nothing was.
    pub losses: Option<Doubt>,
}

/// Sends the last spans and says what became of all of them.
pub(super) async fn flush(telemetry: &mut Telemetry, stopped: Stopped, progress: &Progress) -> Told {
    // A mock that hangs for another reason must not cost the client its spans.
    let limit = FLUSH_WITHIN - stopped.took.min(LAST_SPANS_WITHIN);
    let spans = match telemetry.stop_spans() {
        // On another thread: this one listens for Ctrl-C.
        Some(exporter) => tokio::task::spawn_blocking(move || exporter.finish(limit)).await.ok(),
        None => None,
    };
    if let Some(spans) = &spans {
        progress.say(&account(spans));
    }
    let server_spans = stopped.spans.filter(|_| spans.is_some());
    if let Some(spans) = &server_spans {
        progress.say(&format!("server {}", account(spans)));
    }
    let samples_dropped = telemetry.samples_dropped();
    let losses = losses(spans.as_ref(), server_spans.as_ref(), samples_dropped);
    Told { spans, server_spans, samples_dropped, losses }
}

/// Waits for whoever scraped during the run to see its end; a wish to stop ends it.
pub(super) async fn last_scrape(telemetry: &Telemetry, interrupt: &Interrupt) {
    let Some(limit) = telemetry.last_scrape_within() else { return };
    if interrupt.signal().is_some() {
        return;
    }
    console::say(&format!(
        "waiting up to {:.0} s for a last scrape of /metrics (Ctrl-C skips it)",
        limit.as_secs_f64()
    ));
    tokio::select! {
        () = telemetry.scraped() => {}
        () = tokio::time::sleep(limit) => {}
        _ = interrupt.wait() => {}
    }
}

/// Where requests go, as spans name it.
pub(super) fn destination(settings: &Settings, url: &str) -> Result<Destination, EndpointError> {
    let target = &settings.target;
    let endpoint = Endpoint::new(url, &target.path, &target.batch_path, &target.headers)?;
    let address = endpoint.address();
    let of = |path: &hyper::Uri| {
        let query = if path.query().is_some() { "?***" } else { "" };
        format!("http://{address}{}{query}", path.path())
    };
    Ok(Destination {
        url: of(&endpoint.path),
        batch_url: of(&endpoint.batch_path),
        port: endpoint.port,
        host: endpoint.host,
    })
}

/// The SLA as telemetry has it.
pub(super) fn lines(sla: &[SlaLine]) -> Vec<Line> {
    let line = |line: &SlaLine| {
        let (unit, scale) = match line.limit() {
            Limit::Time(_) => (Unit::Seconds, 1e-3),
            Limit::Share(_) => (Unit::Ratio, 1.0),
            Limit::Rate(_) => (Unit::RequestsPerSecond, 1.0),
        };
        let limit = line.limit().value() * scale;
        Line { metric: line.name().to_string(), unit, limit, before: None, after: None, met: false }
    };
    sla.iter().map(line).collect()
}

fn verdict(comparison: &Comparison) -> Verdict {
    let lines = comparison.sla.iter().map(|line| {
        let (unit, scale) = match line.unit {
            "ms" => (Unit::Seconds, 1e3),
            "share" => (Unit::Ratio, 1.0),
            _ => (Unit::RequestsPerSecond, 1.0),
        };
        let scaled = |value: Option<f64>| value.map(|value| value / scale);
        Line {
            metric: line.metric.clone(),
            unit,
            limit: line.limit / scale,
            before: scaled(line.before),
            after: scaled(line.after),
            met: line.verdict == Judgement::Met,
        }
    });
    Verdict { lines: lines.collect(), met: comparison.verdict == Judgement::Met }
}

/// What became of the spans, in one line for people.
pub fn account(spans: &SpanTotals) -> String {
    let SpanTotals { created, exported, failed, dropped, .. } = spans;
    format!("traces: {created} spans created = {exported} exported + {failed} failed + {dropped} dropped")
}

fn span_record(spans: &SpanTotals) -> SpanRecord {
    SpanRecord {
        created: spans.created,
        exported: spans.exported,
        failed: spans.failed,
        dropped: spans.dropped,
    }
}

/// Spans of a kind of which some were lost.
fn lost(spans: Option<&SpanTotals>) -> Option<LostSpans> {
    let SpanTotals { created, failed, dropped, problem, .. } = spans.filter(|spans| spans.lost() > 0)?;
    Some(LostSpans { created: *created, failed: *failed, dropped: *dropped, problem: problem.clone() })
}

/// `None` if nothing was lost.
fn losses(spans: Option<&SpanTotals>, server: Option<&SpanTotals>, samples: u64) -> Option<Doubt> {
    let (spans, server_spans) = (lost(spans), lost(server));
    let any = spans.is_some() || server_spans.is_some() || samples > 0;
    any.then_some(Doubt::TelemetryLoss { spans, server_spans, samples })
}
