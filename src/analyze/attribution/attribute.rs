//! One phase: where its time went, and why the slow requests are slow.

use std::collections::BTreeMap;

use super::client_health::ClientHealth;
use super::context::Context;
use super::evidence::RowCounts;
use super::groups::{Groups, millis, stage_lengths};
use super::habits::Habits;
use super::outlook::Outlook;
use super::remedy::Advice;
use super::{causes, reuse, saturation, utilisation};
use crate::analyze::document::{Cause, FailureFigures, PhaseAnalysis, StageFigures, Table};
use crate::analyze::observed::PhaseData;
use crate::model::Micros;
use crate::model::{ErrorKind, Stage};
use crate::stats::distribution::percentiles;
use crate::stats::rounded;

/// Analyses one phase by itself.
pub fn attribute(phase: &PhaseData, health: &ClientHealth) -> PhaseAnalysis {
    attribute_with(phase, health, &Outlook::default())
}

/// Analyses one phase; saturation and remedies know what is predicted. The times of the causes do not hang on it.
pub fn attribute_with(phase: &PhaseData, health: &ClientHealth, outlook: &Outlook) -> PhaseAnalysis {
    let context = Context::new(phase, health);
    let (groups, counts) = summed(phase, &context);
    let saturation = saturation::saturation(phase, &context, outlook.replicas());
    let utilisation = utilisation::utilisation(phase, &context, outlook.replicas());
    // Beside a load that shows neither callers nor arrivals a prediction says nothing.
    let none = Outlook::default();
    let outlook = if saturation.is_some() || utilisation.is_some() { outlook } else { &none };
    let full = saturation.as_ref().map(|found| found.saturated);
    let full = full.or(utilisation.as_ref().map(|found| found.saturated)).flatten();
    let tail = groups.tail(phase);
    let advice = Advice {
        no_tail: tail.is_even() && full != Some(true),
        saturated: full == Some(true),
        habits: Habits::of(&context),
        outlook,
        now_ms: [950, 990].map(|permille| phase.latency().percentile(permille).map(Micros::as_millis)),
    };
    PhaseAnalysis {
        planned: phase.planned(),
        succeeded: phase.succeeded(),
        mean_ms: groups.all.mean_ms(),
        ways: phase.ways().listed(),
        stages: stages(phase, &groups),
        causes_of_all: groups.all.by_cause(),
        tail,
        causes: causes::causes(phase, &context, &groups, &counts, &advice),
        failures: failures(&context),
        reuse: reuse::reuse(&groups, counts.connections, saturation.as_ref(), &advice),
        saturation,
        utilisation,
        endpoints: phase.endpoints().figures(),
    }
}

/// All sums that need the causes of each request: to find them costs more than to add them up.
fn summed(phase: &PhaseData, context: &Context<'_>) -> (Groups, RowCounts) {
    let (mut groups, mut counts) = (Groups::new(phase), RowCounts::default());
    for (index, row) in context.rows().iter().enumerate() {
        let split = context.split(index);
        counts.take(row, &split);
        if row.succeeded() {
            groups.take(row, &split);
        }
    }
    (groups, counts)
}

fn stages(phase: &PhaseData, groups: &Groups) -> Table<Stage, StageFigures> {
    let total = groups.all.total();
    let figures = |(stage, mut lengths): (Stage, Vec<u64>)| {
        let sum = groups.all.stages[stage as usize] as f64;
        let [p50, p95, p99] = percentiles(&mut lengths, [500, 950, 990])?.map(Micros::as_millis);
        let figures = StageFigures {
            n: lengths.len() as u64,
            mean_ms: millis(sum / lengths.len() as f64),
            p50_ms: p50,
            p95_ms: p95,
            p99_ms: p99,
            share_of_total: (total > 0).then(|| rounded(sum / total as f64, 6)),
        };
        Some((stage, figures))
    };
    Table(Stage::ALL.into_iter().zip(stage_lengths(phase.rows())).filter_map(figures).collect())
}

fn failures(context: &Context<'_>) -> Table<ErrorKind, FailureFigures> {
    let mut by_word: BTreeMap<ErrorKind, (u64, u64, [u64; Cause::ALL.len()])> = BTreeMap::new();
    for (index, row) in context.rows().iter().enumerate() {
        let Some(word) = row.error().filter(|word| *word != ErrorKind::Unsent) else { continue };
        let (n, sum, causes) = by_word.entry(word).or_insert((0, 0, [0; Cause::ALL.len()]));
        *n += 1;
        *sum += row.latency().0;
        context.split(index).parts().for_each(|(cause, length)| causes[cause as usize] += length.0);
    }
    let figures = |(word, (n, sum, causes)): (ErrorKind, (u64, u64, [u64; Cause::ALL.len()]))| {
        let mostly = Cause::ALL.into_iter().rev().max_by_key(|cause| causes[*cause as usize]);
        let mostly = mostly.unwrap_or(Cause::Unexplained);
        (word, FailureFigures { n, mean_ms: millis(sum as f64 / n as f64), mostly })
    };
    Table(by_word.into_iter().map(figures).collect())
}
