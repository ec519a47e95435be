//! The closing summary of a run.

use anyhow::Context;

use super::deliver;
use super::output::OutputArgs;
use crate::model::{Exit, Phase};
use crate::report::{FOREIGN_LATENCY, Summary, endpoints, ladder, moved_by, predicted, ways, why_slow};
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
    let plan = manifest.plan.clone();
    // Where the embedded mock is, and what it speaks, is nobody's concern.
    let is_given = manifest.scenario.pointer("/target/url").is_some_and(|url| !url.is_null());
    let sent = |strategy: String, phase| {
        let way = ways(&findings.analysis.phases.of(phase).ways).filter(|_| is_given);
        way.map_or_else(|| strategy.clone(), |way| format!("{strategy}; {way}"))
    };
    // Of two phases that send alike nothing is explained as the work of one, nor where another tool sent one of them.
    let is_compared = findings.comparison.aa.is_none() && manifest.before_log.is_none();
    let phases = &findings.comparison.phases;
    let told = is_compared && !phases.mostly_failed() && !phases.overloaded();
    let why = || why_slow(&findings.comparison, &findings.analysis, &plan.after);
    let summary = Summary {
        why: if is_compared { why() } else { Vec::new() },
        failed: findings.failed.clone(),
        strategies: [sent(plan.before, Phase::Before), sent(plan.after.clone(), Phase::After)],
        moved_by: moved_by(manifest.transport, &manifest.merged_stages),
        predicted: findings.analysis.prediction.as_ref().filter(|_| told).and_then(predicted),
        ladder: ladder(
            findings.analysis.ladder.as_deref().unwrap_or_default(),
            findings.analysis.ladder_note.as_deref(),
        ),
        endpoints: endpoints(&findings.analysis.phases),
        folder: Some(results.folder().to_path_buf()),
        exit,
        judged: if manifest.imported.is_some() { "by the imported log" } else { "after the optimisation" },
        latency: if manifest.foreign(Phase::Before).is_some() {
            FOREIGN_LATENCY
        } else {
            Summary::default().latency
        },
        ..Summary::default()
    };
    deliver::deliver(&findings.comparison, summary, output).with_context(|| {
        format!("the files in {} are whole, what goes elsewhere is not", results.folder().display())
    })?;
    Ok(exit)
}
