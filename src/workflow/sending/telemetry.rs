//! Telemetry's part in a run: what it is told, how it ends, and what its losses mean.

use std::time::Duration;

use super::server::Stopped;
use crate::analyze::{Comparison, Doubt, LostSpans, SlaResult};
use crate::host::console;
use crate::host::{Interrupt, aside};
use crate::mock::LAST_SPANS_WITHIN;
use crate::report::Progress;
use crate::telemetry::{LineFigures, SpanTotals, Telemetry, VerdictFigures};

/// How long the end waits for a collector of spans, counted from when the last mock was told to stop: its own spans and
/// those of the client are on their way at the same time.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

/// What telemetry did until the end of the load.
pub(in crate::workflow) struct Told {
    /// `None` without traces.
    pub spans: Option<SpanTotals>,
    /// Those of the embedded server; `None` without traces, or where the server was given.
    pub server_spans: Option<SpanTotals>,
    pub samples_dropped: u64,
    /// What was lost; `None` if nothing was.
    pub losses: Option<Doubt>,
}

/// Sends the last spans and says what became of all of them.
pub(in crate::workflow) async fn flush(
    telemetry: &mut Telemetry,
    stopped: Stopped,
    progress: &Progress,
) -> Told {
    // A mock that hangs for another reason must not cost the client its spans.
    let limit = FLUSH_WITHIN - stopped.took.min(LAST_SPANS_WITHIN);
    let spans = match telemetry.stop_spans() {
        // On another thread: this one listens for Ctrl-C.
        Some(exporter) => aside("last spans", move || exporter.finish(limit)).await.ok(),
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
pub(in crate::workflow) async fn last_scrape(telemetry: &Telemetry, interrupt: &Interrupt) {
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
        () = tokio::time::sleep(limit) => console::say("no scrape came; the last figures are in the run's folder"),
        _ = interrupt.wait() => console::say("skipped; the last figures are in the run's folder"),
    }
}

/// How the comparison came out, as telemetry has it.
pub(in crate::workflow) fn verdict(comparison: &Comparison) -> VerdictFigures {
    let line = |line: &SlaResult| LineFigures {
        metric: line.metric,
        before: line.before,
        after: line.after,
        verdict: line.verdict,
    };
    VerdictFigures { lines: comparison.sla.iter().map(line).collect(), verdict: comparison.verdict }
}

/// What became of the spans, in one line for people.
pub fn account(spans: &SpanTotals) -> String {
    let SpanTotals { created, exported, failed, dropped, .. } = spans;
    format!("traces: {created} spans created = {exported} exported + {failed} failed + {dropped} dropped")
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
