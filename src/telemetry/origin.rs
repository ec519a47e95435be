//! Where samples come from: what all those of one repetition have in common, as telemetry sees it.

use std::sync::OnceLock;

use opentelemetry::KeyValue;

use super::ids::SpanRef;
use crate::model::manifest::Destination;
use crate::model::{Part, Phase};

/// What the span of a part of the run is called; calibration, single calls and ladder are no phases.
pub(super) fn span_name(part: Part) -> String {
    let word = if part.phase().is_some() { "phase" } else { "part" };
    format!("{word} {part}")
}

/// Which part of the run a span is of, and which phase, if it is one.
pub(super) fn part_attributes(part: Part) -> impl Iterator<Item = KeyValue> {
    let phase = part.phase().map(|phase| KeyValue::new("spanload.phase", phase.name()));
    std::iter::once(KeyValue::new("spanload.part", part.to_string())).chain(phase)
}

/// One repetition of a part of the run.
#[derive(Debug)]
pub struct Origin {
    /// Which part.
    pub part: Part,
    /// Counted from 1.
    pub repetition: u32,
    /// Where its requests go.
    pub destination: Destination,
    /// The span of the repetition, to which those of its requests are linked.
    pub(super) span: SpanRef,
    /// Its start in microseconds since the Unix epoch.
    started: OnceLock<u64>,
}

impl Origin {
    /// A repetition of `part` in the run `run_id`.
    pub fn new(run_id: &str, part: Part, repetition: u32, destination: Destination) -> Self {
        let span = SpanRef::of_repetition(run_id, part, repetition);
        Origin { part, repetition, destination, span, started: OnceLock::new() }
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
        self.part.phase()
    }

    pub(super) fn server(&self) -> (&str, u16) {
        (&self.destination.host, self.destination.port)
    }
}
