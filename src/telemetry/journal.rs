//! The run's own spans: the run, its parts, and their repetitions. Requests are linked to the last.

use std::collections::HashMap;

use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::ids::{Ids, SpanRef};
use super::origin::span_name;
use crate::model::{Part, Phase};

/// The open spans of a run.
#[derive(Debug)]
pub(super) struct Journal {
    run_id: String,
    run: Span,
    parts: HashMap<Part, Span>,
    repetition: Option<Span>,
}

impl Journal {
    /// The run begins.
    pub(super) fn open(run_id: &str) -> Self {
        let run = info_span!(target: "spanload.run", parent: None, "run", spanload.run_id = run_id);
        start(&run, SpanRef::of_run(run_id));
        Journal { run_id: run_id.to_string(), run, parts: HashMap::new(), repetition: None }
    }

    /// A repetition begins, and with the first one its part.
    pub(super) fn begin(&mut self, part: Part, repetition: u32) {
        let (name, phase) = (part.to_string(), part.phase().map(Phase::name));
        let part_span = self.parts.entry(part).or_insert_with(|| {
            let span = info_span!(
                target: "spanload.run", parent: &self.run, "part",
                otel.name = span_name(part), spanload.part = name, spanload.phase = phase
            );
            start(&span, SpanRef::of_part(&self.run_id, part));
            span
        });
        let span = info_span!(
            target: "spanload.run", parent: &*part_span, "repetition",
            otel.name = format!("repetition {part} {repetition}"),
            spanload.part = name, spanload.phase = phase, spanload.repetition = repetition
        );
        start(&span, SpanRef::of_repetition(&self.run_id, part, repetition));
        tracing::debug!(part = name, repetition, "a repetition begins");
        self.repetition = Some(span);
    }

    /// The repetition ends.
    pub(super) fn end(&mut self) {
        self.repetition = None;
    }
}

/// Makes the span start now, on this thread, with these ids.
fn start(span: &Span, ids: SpanRef) {
    Ids::with(ids, || drop(span.context()));
}
