//! The closing summary of a run.

use super::deliver;
use super::output::OutputArgs;
use crate::model::Exit;
use crate::report::{Summary, ladder, predicted, why_slow};
use crate::runlog::Results;
use crate::workflow::Findings;

/// Delivers what came of a run, and hands on what the command exits with.
pub(super) fn deliver(
    findings: &Findings,
    exit: Exit,
    results: &Results,
    output: &OutputArgs,
) -> anyhow::Result<Exit> {
    let plan = results.manifest()?.plan;
    let told = !findings.comparison.phases.mostly_failed();
    let summary = Summary {
        why: why_slow(&findings.comparison, &findings.analysis, &plan.after),
        failed: findings.failed.clone(),
        strategies: [plan.before, plan.after],
        predicted: findings.analysis.prediction.as_ref().filter(|_| told).and_then(predicted),
        ladder: ladder(
            findings.analysis.ladder.as_deref().unwrap_or_default(),
            findings.analysis.ladder_note.as_deref(),
        ),
        folder: Some(results.folder().to_path_buf()),
        exit,
        ..Summary::default()
    };
    deliver::deliver(&findings.comparison, summary, output)?;
    Ok(exit)
}
