//! The spans of a finished run once more: of its requests from their records, of itself from its times.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::env::process_env;
use super::error::TelemetryError;
use super::exporter::{Exporter, SpanTotals};
use super::ids::SpanRef;
use super::leaders::Leaders;
use super::origin::{Origin, part_attributes, span_name};
use super::otlp::{self, OtlpTarget};
use super::queue::Counts;
use super::run::SERVICE;
use super::sampler::Sampler;
use super::settings::TelemetrySettings;
use super::spans;
use super::verdict::slow_above;
use crate::host::console;
use crate::model::manifest::Destination;
use crate::model::{Part, Sample, SlaLine};

/// When a repetition took place, in microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// Its part of the run.
    pub part: Part,
    /// Counted from 1.
    pub repetition: u32,
    /// Its start.
    pub start: u64,
    /// Its end.
    pub end: u64,
}

/// An export that waits for its collector: nothing is measured any more, so nothing need be lost.
#[derive(Debug)]
pub struct Replay {
    run_id: String,
    exporter: Exporter,
    sampler: Sampler,
    current: Option<(Arc<Origin>, Leaders)>,
}

impl Replay {
    /// Starts an exporter for the run; `sla` says which requests are slow.
    ///
    /// # Errors
    /// No collector is named, or a setting that cannot be used.
    pub fn start(settings: &TelemetrySettings, run_id: &str, sla: &[SlaLine]) -> anyhow::Result<Self> {
        let target = OtlpTarget::resolve_asking(settings, &process_env)?;
        let target = target.ok_or_else(|| TelemetryError::Setting {
            name: "--otlp-endpoint".into(),
            problem: "nobody says where the spans go; give a collector such as http://127.0.0.1:4317".into(),
        })?;
        target.lesson().iter().for_each(|lesson| console::say(lesson));
        // Whoever exports wants traces, so a sampler that is always off is not meant for this.
        let ratio = otlp::ratio(settings, &process_env)?.unwrap_or(1.0);
        let run = KeyValue::new("spanload.run_id", run_id.to_string());
        let resource = otlp::resource(settings, SERVICE, &[run], &process_env);
        let exporter = Exporter::start(target, resource, Counts::default())?;
        let sampler = Sampler { ratio, limit: slow_above(sla) };
        Ok(Replay { run_id: run_id.to_string(), exporter, sampler, current: None })
    }

    /// The requests that follow are of this repetition.
    pub fn begin(&mut self, times: &Times, destination: Destination) {
        let origin = Origin::new(&self.run_id, times.part, times.repetition, destination);
        origin.started(times.start);
        self.current = Some((Arc::new(origin), Leaders::default()));
    }

    /// One request, in the order of the log.
    pub fn request(&mut self, sample: Sample) {
        let Some((origin, leaders)) = &mut self.current else { return };
        let leader = leaders.of(&sample);
        let slow = self.sampler.is_slow(&sample);
        if !self.sampler.keeps(&sample, leader, slow) {
            return;
        }
        let origin = Arc::clone(origin);
        let count = spans::count(&sample);
        self.exporter
            .queue()
            .offer_patiently(count, move |into| spans::make(&origin, &sample, leader, slow, into));
    }

    /// The run's own spans; `start` is that of the run.
    pub fn own_spans(&mut self, start: u64, repetitions: &[Times]) {
        let spans = own_spans(&self.run_id, start, repetitions);
        self.exporter.queue().offer_patiently(spans.len(), move |into| into.extend(spans));
    }

    /// Waits for the collector, for at most `limit`. Blocks.
    pub fn finish(self, limit: Duration) -> SpanTotals {
        self.exporter.finish(limit)
    }
}

/// As the run's own clock saw them: a part reaches from its first repetition to its last.
fn own_spans(run_id: &str, start: u64, repetitions: &[Times]) -> Vec<SpanData> {
    let end = repetitions.iter().map(|times| times.end).max().unwrap_or(start);
    let length = |from: u64, to: u64| to.saturating_sub(from);
    let own = |of: SpanRef, parent: SpanId, name: String, from, to| {
        spans::span(of.context(), parent, name.into(), from, length(from, to))
    };
    let id = |of: SpanRef| SpanId::from(of.span);
    let run = SpanRef::of_run(run_id);
    let mut all = vec![own(run, SpanId::INVALID, "run".into(), start, end)];
    all[0].attributes.push(KeyValue::new("spanload.run_id", run_id.to_string()));
    for times in repetitions {
        let Times { part, repetition, start, end } = *times;
        let whole = SpanRef::of_part(run_id, part);
        let of_part = repetitions.iter().filter(|other| other.part == part);
        if of_part.clone().map(|other| other.start).min() == Some(start) {
            let to = of_part.map(|other| other.end).max().unwrap_or(end);
            let mut span = own(whole, id(run), span_name(part), start, to);
            span.attributes.extend(part_attributes(part));
            all.push(span);
        }
        let of = SpanRef::of_repetition(run_id, part, repetition);
        let mut span = own(of, id(whole), format!("repetition {part} {repetition}"), start, end);
        span.attributes.extend(part_attributes(part));
        span.attributes.push(KeyValue::new("spanload.repetition", i64::from(repetition)));
        all.push(span);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;

    #[test]
    fn a_run_holds_its_phases_and_they_their_repetitions() {
        let times =
            |phase: Phase, repetition, start, end| Times { part: phase.into(), repetition, start, end };
        let (before, after) = (Phase::Before, Phase::After);
        let repetitions = [times(before, 1, 10, 20), times(after, 1, 20, 30), times(before, 2, 30, 45)];
        let all = own_spans("run", 5, &repetitions);
        let names: Vec<_> = all.iter().map(|span| span.name.as_ref()).collect();
        let expected = [
            "run",
            "phase before",
            "repetition before 1",
            "phase after",
            "repetition after 1",
            "repetition before 2",
        ];
        assert_eq!(names, expected);
        let id = |at: usize| all[at].span_context.span_id();
        assert_eq!([1, 3].map(|at: usize| all[at].parent_span_id), [id(0); 2]);
        assert_eq!([2, 5].map(|at: usize| all[at].parent_span_id), [id(1); 2]);
        assert_eq!(all[0].end_time, all[5].end_time);
        assert_eq!((all[1].start_time, all[1].end_time), (all[2].start_time, all[5].end_time));
    }

    #[test]
    fn calibration_is_a_part_and_no_phase() {
        let times = |part| Times { part, repetition: 1, start: 10, end: 20 };
        let all = own_spans("run", 5, &[times(Part::Calibration), times(Phase::After.into())]);
        let shown = |at: usize| {
            let attributes = all[at].attributes.iter().map(|one| format!("{}={}", one.key, one.value));
            (all[at].name.to_string(), attributes.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shown(1), ("part calibration".into(), "spanload.part=calibration".into()));
        assert_eq!(shown(3), ("phase after".into(), "spanload.part=after spanload.phase=after".into()));
        assert_eq!(shown(2).1, "spanload.part=calibration spanload.repetition=1");
    }
}
