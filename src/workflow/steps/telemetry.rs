//! The step that ends the telemetry of a run: what it leaves behind, and the verdict in its metrics.

use crate::analyze::{Comparison, Doubt};
use crate::model::manifest::{SpanRecord, TelemetryRecord};
use crate::model::run_files::METRICS;
use crate::runlog::write_atomically;
use crate::telemetry::SpanTotals;
use crate::workflow::sending::Run;
use crate::workflow::sending::telemetry::{Told, flush, last_scrape, verdict};

/// Sends the last spans and notes in the manifest what telemetry did. A loss is a caveat.
pub(in crate::workflow) async fn close(run: &mut Run<'_>) {
    let stopped = run.runner.server.stopped();
    let told = flush(&mut run.runner.telemetry, stopped, &run.runner.progress).await;
    let Told { spans, server_spans, samples_dropped, losses } = told;
    if let Some(losses) = losses {
        run.caveat(losses);
    }
    if let Err(error) = write_exposition(run) {
        run.caveat(Doubt::NoExposition { problem: format!("{error:#}") });
    }
    let record = run.manifest.telemetry.get_or_insert_default();
    *record = TelemetryRecord {
        destination: record.destination.take(),
        spans: spans.as_ref().map(span_record),
        server_spans: server_spans.as_ref().map(span_record),
        samples_dropped,
        scrapes: run.runner.telemetry.scrapes(),
    };
}

/// The verdict in the metrics, a last scrape that sees it, the last exposition.
pub(in crate::workflow) async fn publish(run: &Run<'_>, comparison: &Comparison) {
    run.runner.telemetry.judge(&verdict(comparison));
    last_scrape(&run.runner.telemetry, run.runner.interrupt).await;
    // The caveats are judged already, and no figure depends on this file.
    if let Err(error) = write_exposition(run) {
        run.runner.progress.note(&format!("warning: {error:#}; {METRICS} lacks the verdict"));
    }
}

/// `metrics.prom`: what a scrape would read now.
fn write_exposition(run: &Run<'_>) -> anyhow::Result<()> {
    match run.runner.telemetry.exposition() {
        Some(text) => write_atomically(&run.results.path(METRICS), text.as_bytes()),
        None => Ok(()),
    }
}

fn span_record(spans: &SpanTotals) -> SpanRecord {
    SpanRecord {
        created: spans.created,
        exported: spans.exported,
        failed: spans.failed,
        dropped: spans.dropped,
    }
}
