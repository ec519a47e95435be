//! The ids of the run's own spans: derived from names, so that a span rebuilt from the manifest is the one
//! that requests were linked to.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use crate::model::{Digest, Part};

/// Trace and id of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanRef {
    pub(super) trace: u128,
    pub(super) span: u64,
}

impl SpanRef {
    /// The root span of a run.
    pub fn of_run(run_id: &str) -> Self {
        SpanRef { trace: numbers(run_id).0, span: numbers(run_id).1 }
    }

    /// The span of a part of it.
    pub fn of_part(run_id: &str, part: Part) -> Self {
        SpanRef { span: numbers(&format!("{run_id}/{part}")).1, ..SpanRef::of_run(run_id) }
    }

    /// The span of a repetition of it.
    pub fn of_repetition(run_id: &str, part: Part, repetition: u32) -> Self {
        SpanRef { span: numbers(&format!("{run_id}/{part}/{repetition}")).1, ..SpanRef::of_run(run_id) }
    }

    /// As the exporter wants it.
    pub(super) fn context(self) -> SpanContext {
        context(self.trace, self.span)
    }
}

/// A sampled context of this process.
pub(super) fn context(trace: u128, span: u64) -> SpanContext {
    SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::SAMPLED, false, TraceState::NONE)
}

fn numbers(name: &str) -> (u128, u64) {
    let text = Digest::of(name.as_bytes()).to_string();
    let trace = u128::from_str_radix(&text[..32], 16).expect("a digest is hexadecimal");
    (trace.max(1), ((trace >> 64) as u64 ^ trace as u64).max(1))
}

thread_local! {
    static NEXT: Cell<Option<SpanRef>> = const { Cell::new(None) };
}

/// Hands out the ids that were asked for on this thread, else random ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids(RandomIdGenerator);

impl Ids {
    /// The span that is started in `start` on this thread gets these ids.
    pub(super) fn with<T>(next: SpanRef, start: impl FnOnce() -> T) -> T {
        NEXT.set(Some(next));
        let started = start();
        NEXT.set(None);
        started
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        NEXT.get().map_or_else(|| self.0.new_trace_id(), |next| TraceId::from(next.trace))
    }

    fn new_span_id(&self) -> SpanId {
        NEXT.get().map_or_else(|| self.0.new_span_id(), |next| SpanId::from(next.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;

    #[test]
    fn ids_follow_from_names_and_differ() {
        let before = Part::Phase(Phase::Before);
        let of = |repetition| SpanRef::of_repetition("run", before, repetition);
        assert_eq!(of(1), of(1));
        let all = [SpanRef::of_run("run"), SpanRef::of_part("run", before), of(1), of(2)];
        assert!(all.iter().all(|one| one.trace == all[0].trace));
        let spans: std::collections::HashSet<_> = all.iter().map(|one| one.span).collect();
        assert_eq!(spans.len(), all.len());
    }

    #[test]
    fn only_the_span_that_was_meant_gets_the_ids() {
        let wanted = SpanRef { trace: 5, span: 6 };
        let ids = Ids::default();
        Ids::with(wanted, || {
            assert_eq!((ids.new_trace_id(), ids.new_span_id()), (TraceId::from(5_u128), SpanId::from(6_u64)));
        });
        assert_ne!(ids.new_span_id(), SpanId::from(6_u64));
    }
}
