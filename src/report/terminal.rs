//! The closing summary: one screen with the verdict at its end, the same numbers as `comparison.json`.

use super::Format;
use super::aa;
use super::columns::{Alignment, Column, aligned};
use super::screen::Screen;
use super::style::{Colour, Style};
use super::words::{self, Summary};
use crate::analyze::{Comparison, Confidence, SlaResult, Verdict};
use crate::model::Exit;

/// The summary for a terminal, or for a file that looks like one.
#[derive(Debug, Default)]
pub struct Terminal {
    /// What is said beside the comparison.
    pub summary: Summary,
    /// Whether there is colour.
    pub colour: Colour,
    /// Characters of a line, if the terminal says; texts are wrapped to it, but to 100 at most.
    pub width: Option<usize>,
}

impl Format for Terminal {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let mut screen = Screen::new(self.colour).wrapped_to(self.width);
        let summary = &self.summary;
        for (name, strategy) in summary.names.iter().zip(&summary.strategies) {
            screen.named(name, strategy, Style::Strong);
        }
        if let Some(transport) = &summary.moved_by {
            screen.named("transport", transport, Style::Plain);
        }
        table(&mut screen, comparison, summary);
        if let Some(note) = words::note(comparison) {
            screen.named(words::MARK, &note, Style::Caution);
        }
        summary.endpoints.iter().for_each(|line| screen.line(line));
        below(&mut screen, comparison, summary);
        for (name, text) in &summary.why {
            screen.named(name, text, Style::Plain);
        }
        summary.predicted.iter().chain(&summary.ladder).for_each(|line| screen.line(line));
        let judged = comparison.sla.iter().filter(|_| comparison.aa.is_none());
        let partial = comparison.is_partial();
        judged.for_each(|line| sla_line(&mut screen, line, summary.names, partial));
        screen.named("[ ] 95 %", &comparison.interval_method, Style::Plain);
        for caveat in &comparison.caveats {
            screen.named("caveat", &caveat.message, Style::Caution);
        }
        self.verdict(&mut screen, comparison);
        if let Some(folder) = &summary.folder {
            screen.line(&format!("files: {}", folder.display()));
        }
        Ok(screen.into_bytes())
    }
}

impl Terminal {
    fn verdict(&self, screen: &mut Screen, comparison: &Comparison) {
        let Summary { exit, judged, .. } = &self.summary;
        if comparison.is_partial() {
            let text = format!(": partial, nothing is proven (exit code {exit})");
            return screen.pieces(&[(Style::Bad, "INTERRUPTED"), (Style::Plain, &text)]);
        }
        if *exit == Exit::Failed {
            let text = format!(": a phase has not one success, nothing is compared (exit code {exit})");
            return screen.pieces(&[(Style::Bad, "RUN FAILED"), (Style::Plain, &text)]);
        }
        if let Some(found) = &comparison.aa {
            screen.named("A/A", &aa::details(comparison, found), Style::Plain);
            let style = if found.difference_found { Style::Bad } else { Style::Good };
            let exit = format!(" (exit code {exit})");
            return screen.pieces(&[
                (Style::Plain, "A/A: "),
                (style, aa::headline(found)),
                (Style::Plain, &exit),
            ]);
        }
        let (word, style) = match comparison.verdict {
            Verdict::Met => ("MET", Style::Good),
            Verdict::Missed => ("MISSED", Style::Bad),
        };
        let doubt = match comparison.confidence {
            Confidence::Straddles if comparison.sla.iter().any(words::lacks_interval) => {
                "; too few requests for an interval: leave out --quick, or raise -n (or -d) and --repetitions"
            }
            Confidence::Straddles => ", in doubt: no interval settles it",
            Confidence::Clear if *exit == Exit::InDoubt => ", in doubt: see the caveats",
            Confidence::Clear => "",
        };
        let doubt = words::no_result(comparison).map_or(doubt.into(), |why| format!("; no result: {why}"));
        let text = format!(" {judged} (exit code {exit}){doubt}");
        screen.pieces(&[(Style::Plain, "SLA "), (style, word), (Style::Plain, &text)]);
    }
}

/// A name, two figures, what sets them apart: 80 characters, more where a figure needs it.
const COLUMNS: [Column; 6] = [
    (Alignment::Left, 22),
    (Alignment::Right, 11),
    (Alignment::Right, 11),
    (Alignment::Right, 11),
    (Alignment::Right, 6),
    (Alignment::Right, 14),
];

fn table(screen: &mut Screen, comparison: &Comparison, summary: &Summary) {
    let Summary { names: [before, after], latency, .. } = summary;
    let cells = |row: [&str; 6]| row.map(String::from);
    let mut rows = vec![cells([latency, before, after, "difference", "ratio", "95 % of ratio"])];
    rows.extend(
        words::rows(comparison)
            .into_iter()
            .map(|row| [row.name, row.before, row.after, row.difference, row.ratio, row.interval]),
    );
    let phases = &comparison.phases;
    let [before, after] =
        [&phases.before, &phases.after].map(|phase| format!("{}/{}", phase.succeeded, phase.planned));
    rows.push(cells(["succeeded / planned", &before, &after, "", "", ""]));
    for (at, line) in aligned(COLUMNS, &rows).iter().enumerate() {
        screen.pieces(&[(if at == 0 { Style::Strong } else { Style::Plain }, line)]);
    }
}

fn below(screen: &mut Screen, comparison: &Comparison, summary: &Summary) {
    let sides = summary.names.iter().zip(comparison.phases.both()).zip(&summary.failed);
    for ((name, (_, phase)), told) in sides {
        for errors in words::errors(phase, told) {
            screen.named(&format!("errors {name}"), &errors, Style::Bad);
        }
    }
    let quality = &comparison.quality;
    let style = if quality.degraded { Style::Bad } else { Style::Plain };
    screen.named("answers", &words::answers(quality), style);
    if let Some(script) = &comparison.baseline_script {
        let [p50, p95, p99] =
            [script.latency_ms.p50, script.latency_ms.p95, script.latency_ms.p99].map(words::number);
        let log =
            script.log.as_ref().map_or(String::new(), |log| format!(", {}: {}", log.format, log.latency));
        let figures = format!("P50 {p50}, P95 {p95}, P99 {p99} (its own clock{log})");
        screen.named(script.called(), &figures, Style::Plain);
    }
}

/// A run that was cut short judges nothing.
fn sla_line(screen: &mut Screen, line: &SlaResult, [before, after]: [&str; 2], partial: bool) {
    let words = words::SlaWords::of(line);
    let figures = format!(
        "SLA {} {}: {before} {}, {after} {} {}: ",
        words.name, words.limit, words.before, words.after, words.interval
    );
    let style = match (line.verdict, line.confidence) {
        _ if partial => Style::Caution,
        (Verdict::Missed, _) => Style::Bad,
        (_, Confidence::Straddles) => Style::Caution,
        (Verdict::Met, Confidence::Clear) => Style::Good,
    };
    let judgement = match partial {
        true => "not judged".to_string(),
        false => format!("{}, {}", words.verdict, words.confidence),
    };
    screen.judged(&figures, style, &judgement);
}
