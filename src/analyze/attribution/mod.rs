//! Where the time of a phase went, stage by stage and cause by cause, and what makes the tail slow.
//!
//! Everything is built from one function, `split`, which gives each microsecond of a request one cause.

mod accept_order;
mod cause;
mod causes;
mod client_health;
mod context;
mod evidence;
mod groups;
mod habits;
mod held_back;
mod levels;
mod occupancy;
mod remedy;
mod requests;
mod reuse;
mod saturation;
mod split;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wording;

pub use cause::Cause;
pub use client_health::{ClientHealth, ClientStall};
pub use requests::causes_of;

use std::collections::BTreeMap;

use super::analysis::{FailureFigures, PhaseAnalysis, StageFigures, Table};
use super::comparison::rounded;
use super::phase::PhaseData;
use crate::clock::Micros;
use crate::sample::{ErrorWord, Stage};
use context::Context;
use evidence::Counts;
use groups::{Groups, millis, stage_lengths};

/// Analyses one phase.
pub fn attribute(phase: &PhaseData, health: &ClientHealth) -> PhaseAnalysis {
    let context = Context::new(phase, health);
    let groups = Groups::of(phase, &context);
    let counts = Counts::of(&context);
    let saturation = saturation::saturation(phase, &context);
    let saturated = saturation.as_ref().is_some_and(|found| found.saturated == Some(true));
    PhaseAnalysis {
        planned: phase.planned(),
        succeeded: phase.succeeded(),
        mean_ms: groups.all.mean_ms(),
        stages: stages(phase, &groups),
        causes_of_all: groups.all.by_cause(),
        tail: groups.tail(phase),
        causes: causes::causes(phase, &context, &groups, &counts, saturated),
        failures: failures(&context),
        reuse: reuse::reuse(&groups, counts.connections, saturation.as_ref()),
        saturation,
    }
}

fn stages(phase: &PhaseData, groups: &Groups) -> Table<StageFigures> {
    let total = groups.all.total();
    let figures = |stage: Stage| {
        let lengths = stage_lengths(phase.rows(), stage);
        let percentile = |permille| lengths.percentile(permille).map(Micros::as_millis);
        let sum = groups.all.stages[stage as usize] as f64;
        Some(StageFigures {
            n: lengths.planned(),
            mean_ms: millis(lengths.mean()?),
            p50_ms: percentile(500)?,
            p95_ms: percentile(950)?,
            p99_ms: percentile(990)?,
            share_of_total: (total > 0).then(|| rounded(sum / total as f64, 6)),
        })
    };
    Table(Stage::ALL.into_iter().filter_map(|stage| Some((stage.name(), figures(stage)?))).collect())
}

fn failures(context: &Context<'_>) -> Table<FailureFigures> {
    let mut by_word: BTreeMap<ErrorWord, (u64, u64, [u64; Cause::ALL.len()])> = BTreeMap::new();
    for (index, row) in context.rows().iter().enumerate() {
        let Some(word) = row.error().filter(|word| *word != ErrorWord::Unsent) else { continue };
        let (n, sum, causes) = by_word.entry(word).or_insert((0, 0, [0; Cause::ALL.len()]));
        *n += 1;
        *sum += row.latency().0;
        context.split(index).parts().for_each(|(cause, length)| causes[cause as usize] += length.0);
    }
    let figures = |(word, (n, sum, causes)): (ErrorWord, (u64, u64, [u64; Cause::ALL.len()]))| {
        let mostly = Cause::ALL.into_iter().rev().max_by_key(|cause| causes[*cause as usize]);
        let mostly = mostly.unwrap_or(Cause::Unexplained);
        (word.name(), FailureFigures { n, mean_ms: millis(sum as f64 / n as f64), mostly })
    };
    Table(by_word.into_iter().map(figures).collect())
}
