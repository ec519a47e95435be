//! One repetition as telemetry sees it: what all its samples have in common.

use std::sync::OnceLock;

use opentelemetry::KeyValue;

use super::ids::SpanRef;
use crate::model::Phase;
use crate::model::manifest::Destination;

/// The phase of this name; calibration, single calls and ladder are parts of a run but no phases.
pub(super) fn phase(part: &str) -> Option<Phase> {
    Phase::BOTH.into_iter().find(|phase| phase.name() == part)
}

/// What the span of a part of the run is called.
pub(super) fn span_name(part: &str) -> String {
    let word = if phase(part).is_some() { "phase" } else { "part" };
    format!("{word} {part}")
}

/// Which part of the run a span is of, and which phase, if it is one.
pub(super) fn part_attributes(part: &str) -> impl Iterator<Item = KeyValue> {
    let phase = phase(part).map(|phase| KeyValue::new("spanload.phase", phase.name()));
    std::iter::once(KeyValue::new("spanload.part", part.to_string())).chain(phase)
}

/// One repetition of a part of the run.
#[derive(Debug)]
pub struct Part {
    /// `before`, `after`, `calibration`, `single_calls` or a rung of the ladder.
    pub name: String,
    /// Counted from 1.
    pub repetition: u32,
    /// Where its requests go.
    pub destination: Destination,
    /// The span of the repetition, to which those of its requests are linked.
    pub(super) span: SpanRef,
    /// Its start in microseconds since the Unix epoch.
    started: OnceLock<u64>,
}

impl Part {
    /// A repetition of `name` in the run `run_id`.
    pub fn new(run_id: &str, name: &str, repetition: u32, destination: Destination) -> Self {
        let span = SpanRef::of_repetition(run_id, name, repetition);
        Part { name: name.to_string(), repetition, destination, span, started: OnceLock::new() }
    }

    /// The repetition's clock started at `unix_us`, in microseconds since the Unix epoch.
    pub fn started(&self, unix_us: u64) {
        let _ = self.started.set(unix_us);
    }

    /// When the repetition's clock started; 0 before it did.
    pub(super) fn start_us(&self) -> u64 {
        self.started.get().copied().unwrap_or_default()
    }

    /// The phase, if it is one: calibration and ladder have no metrics.
    pub(super) fn phase(&self) -> Option<Phase> {
        phase(&self.name)
    }

    pub(super) fn server(&self) -> (&str, u16) {
        (&self.destination.host, self.destination.port)
    }
}
