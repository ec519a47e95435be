//! The closing summary of a run.

use super::deliver;
use super::output::OutputArgs;
use crate::model::Exit;
use crate::report::{Summary, ladder, moved_by, predicted, why_slow};
use crate::runlog::Results;
use crate::workflow::Findings;

/// Delivers what came of a run, and hands on what the command exits with.
pub(super) fn deliver(
    findings: &Findings,
    exit: Exit,
    results: &Results,
    output: &OutputArgs,
) -> anyhow::Result<Exit> {
    let manifest = results.manifest()?;
    let plan = manifest.plan;
    let summary = Summary {
        why: why_slow(&findings.comparison, &findings.analysis, &plan.after),
        strategies: [plan.before, plan.after],
        moved_by: moved_by(manifest.transport, &manifest.merged_stages),
        predicted: findings.analysis.prediction.as_ref().and_then(predicted),
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
