//! One request as a waterfall: its stages to scale, why each took what it took, and what was seen of it.

use super::screen::Screen;
use super::style::{Colour, Style};
use crate::analyze::Cause;
use crate::model::Micros;
use crate::model::{ErrorKind, Phase, Sample, Stage, printable};

/// Characters of the longest bar: with what stands before it, a line fits 80 columns.
const BAR: usize = 48;
/// Digests and trace ids are copied, so they stand in full.
const NAME: usize = 10;

/// A request of one repetition of a phase.
#[derive(Clone, Debug)]
pub struct Waterfall {
    /// Its phase.
    pub phase: Phase,
    /// Counted from 1.
    pub repetition: u32,
    /// Its row.
    pub sample: Sample,
    /// Why it took what it took; the lengths sum to its latency.
    pub causes: Vec<(Cause, Micros)>,
}

/// A request and the same one of the other phase.
#[derive(Clone, Debug)]
pub struct ExplainedRequest {
    /// The one that was asked for.
    pub request: Waterfall,
    /// The same sequence number and repetition of the other phase, where it has a row.
    pub beside: Option<Waterfall>,
}

/// The requests one below the other, those of a pair to the same scale.
pub fn explain(run_id: &str, requests: &[ExplainedRequest], colour: Colour) -> Vec<u8> {
    let mut screen = Screen::new(colour);
    screen.line(&format!("run {run_id}"));
    for ExplainedRequest { request, beside } in requests {
        let scale =
            [Some(request), beside.as_ref()].into_iter().flatten().map(|one| one.sample.stages.latency());
        let scale = scale.max().unwrap_or_default();
        screen.line("");
        request.show(&mut screen, scale);
        match beside {
            Some(beside) => beside.show(&mut screen, scale),
            None => screen.line("The other phase has no row of this request."),
        }
    }
    screen.into_bytes()
}

impl Waterfall {
    fn show(&self, screen: &mut Screen, scale: Micros) {
        let sample = &self.sample;
        let latency = sample.stages.latency();
        let (style, outcome) = self.outcome();
        let name = format!("request {}, {}, repetition {}: ", sample.seq, self.phase.name(), self.repetition);
        screen.pieces(&[(Style::Strong, &name), (style, &outcome)]);
        self.facts().iter().for_each(|fact| screen.line(&format!("  {fact}")));
        if sample.error == Some(ErrorKind::Unsent) {
            return;
        }
        let head = format!("  {:<NAME$}{:>11}  share  0 to {scale} ms", "stage", "ms");
        screen.pieces(&[(Style::Faint, &head)]);
        self.stages(screen, scale);
        let head = format!("  {:<52}{:>11}  share", "cause", "ms");
        screen.pieces(&[(Style::Faint, &head)]);
        let mut causes = self.causes.clone();
        causes.sort_by_key(|(cause, length)| (std::cmp::Reverse(*length), *cause));
        for (cause, length) in causes {
            screen.line(&format!(
                "  {:<52}{:>11}{:>7}",
                cause.words(),
                length.to_string(),
                share(length, latency)
            ));
        }
    }

    fn outcome(&self) -> (Style, String) {
        let sample = &self.sample;
        let status = sample.status.map_or(String::new(), |status| format!(", HTTP {status}"));
        let latency = sample.stages.latency();
        match sample.error {
            None => (Style::Good, format!("answered after {latency} ms{status}")),
            Some(ErrorKind::Unsent) => (Style::Bad, "never sent".into()),
            Some(word) => (Style::Bad, format!("failed after {latency} ms: {}{status}", word.name())),
        }
    }

    /// What was seen of it beside its stages, a line each.
    fn facts(&self) -> Vec<String> {
        let sample = &self.sample;
        let due = sample.due.map(|due| format!("due {} ms after the start, ", Micros(due.as_micros())));
        let mut facts = vec![format!("{}trace {}", due.unwrap_or_default(), sample.trace_id)];
        facts.extend(sample.endpoint.as_ref().map(|name| format!("sent to {}", printable::line(name))));
        facts.extend(self.connection());
        facts.extend(sample.batch.map(|batch| match batch.size {
            1 => format!("batch {}, alone in it", batch.id),
            size => format!("batch {}, shared by {size} requests: so are all stages but the queue", batch.id),
        }));
        facts.extend(self.server());
        facts
    }

    fn connection(&self) -> Option<String> {
        let sample = &self.sample;
        let used = sample.connection?;
        let opened = if used.reused { "kept from before" } else { "opened for it" };
        let kernel = match (used.syn_retransmits, sample.retransmits) {
            (None, None) => "the kernel's counters are not known".to_string(),
            (syn, data) => {
                let count = |count: Option<u32>| count.map_or("unknown".into(), |count| count.to_string());
                format!("retransmitted: SYN {}, data {}", count(syn), count(data))
            }
        };
        let attempts =
            if sample.attempts > 1 { format!(", {} attempts", sample.attempts) } else { String::new() };
        Some(format!("connection {}, {opened}, {kernel}{attempts}", used.id))
    }

    /// The server's own word, and what of the wait it leaves open.
    fn server(&self) -> Option<String> {
        let sample = &self.sample;
        let (queue, compute) = (sample.server.queue, sample.server.compute);
        let told = queue.unwrap_or_default() + compute.unwrap_or_default();
        if queue.is_none() && compute.is_none() {
            return sample
                .stages
                .get(Stage::Wait)
                .map(|_| "the server says nothing of its own time".to_string());
        }
        let time = |time: Option<Micros>| time.map_or("unknown".into(), |time| format!("{time} ms"));
        let wait = sample.stages.get(Stage::Wait).unwrap_or_default();
        let rest = Micros(wait.0.saturating_sub(told.0));
        Some(format!(
            "the server says: queue {}, compute {}; {rest} ms of the wait are not its own",
            time(queue),
            time(compute)
        ))
    }

    fn stages(&self, screen: &mut Screen, scale: Micros) {
        let latency = self.sample.stages.latency();
        let mut start = Micros(0);
        for stage in Stage::ALL {
            let Some(length) = self.sample.stages.get(stage) else { continue };
            let [from, to] = [start, start + length].map(|at| column(at, scale));
            let bar = if to > from { "█".repeat(to - from) } else { "▏".to_string() };
            let text = format!(
                "  {:<NAME$}{:>11}{:>7}  {}",
                stage.name(),
                length.to_string(),
                share(length, latency),
                " ".repeat(from)
            );
            screen.pieces(&[(Style::Plain, &text), (Style::Of(stage), &bar)]);
            start = start + length;
        }
    }
}

/// Where an instant stands in a bar.
fn column(at: Micros, scale: Micros) -> usize {
    let share = at.0 as f64 / scale.0.max(1) as f64;
    ((share * BAR as f64).round() as usize).min(BAR)
}

fn share(part: Micros, of: Micros) -> String {
    format!("{:.0} %", part.0 as f64 / of.0.max(1) as f64 * 100.0)
}
