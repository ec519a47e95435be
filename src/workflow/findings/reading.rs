//! From the files of a run to its comparison, which is a pure function of them.

use anyhow::bail;
use serde_json::Value;

use super::server_word::{self, IdleRows};
use super::{answers, changed, failures, health, kept, ladder, logs, missing, prediction, script, truth};
use crate::analyze;
use crate::analyze::{
    Analysis, AnswerPairs, Comparison, Doubt, Inputs, PhaseData, SentBy, SingleCall, analyse_script,
    attribute_both, calibration, shorter_than_phases,
};
use crate::host::both;
use crate::model::Caveat;
use crate::model::manifest::Manifest;
use crate::model::run_files::MANIFEST;
use crate::model::{Phase, StageSet};
use crate::report;
use crate::runlog::Results;
use crate::workflow::definition::{self, Defined};

/// What the analysis of a run comes to.
#[derive(Debug)]
pub struct Findings {
    /// After against before, as in `comparison.json`.
    pub comparison: Comparison,
    /// Where the time went and why, as in `analysis.json`.
    pub analysis: Analysis,
    /// How requests of each phase failed, a line a kind.
    pub failed: [Vec<String>; 2],
}

/// What a run's files hold beside what they come to.
#[derive(Debug)]
pub(super) struct Read {
    /// Under which conditions it took place.
    pub manifest: Manifest,
    /// Its rows, before first.
    pub phases: [PhaseData; 2],
    /// The single calls to the idle server beside its repetitions.
    pub single_calls: Vec<SingleCall>,
    /// What is not whole, beside the caveats.
    pub problems: Vec<String>,
    /// What is known of answers beyond their digests.
    pub answers: AnswerPairs,
}

/// Reads the logs and the manifest of a run, compares and explains. Changes nothing.
pub(super) fn read(results: &Results) -> anyhow::Result<(Findings, Read)> {
    let manifest = results.manifest()?;
    if manifest.sla.is_empty() && manifest.imported.is_none() {
        bail!(
            "{MANIFEST} has no line of an SLA, so there is nothing to judge; the file was changed or is damaged: restore it"
        );
    }
    let sides = [(Phase::Before, "before"), (Phase::After, "after")];
    let beside = manifest
        .before_log
        .as_ref()
        .map(|_| definition::common(sides.map(|(phase, name)| Defined::of(name, &manifest, phase))));
    let beside = beside.transpose()?;
    let counted = beside.as_ref().map_or([StageSet::ALL; 2], |common| common.counted);
    let (mut phases, mut doubts) = logs::phases(results, &manifest, counted)?;
    let script = script::read(results, &manifest, &mut doubts);
    let truth = script.as_ref().and_then(|(_, rows)| truth::of_script(results, &manifest, rows, &mut doubts));
    let notes = failures::read(results, &mut doubts);
    let (ladder, more) = ladder::read(results, &manifest)?;
    doubts.extend(more);
    let (mut idle, more) = IdleRows::read(results, &manifest)?;
    doubts.extend(more);
    doubts.extend(server_word::judge(&manifest, &mut phases, &mut idle));
    let answers = answers::read(results, &manifest, &phases);
    let [before, after] = phases;
    let fresh = manifest.idle_bodies.is_some_and(|bodies| bodies.are_fresh());
    let fit = if fresh { calibration::fit_fresh } else { calibration::fit };
    let calibration = fit(&idle.calibration);
    let single_calls = idle.single_calls;
    doubts.extend(missing::doubts(results, &manifest));
    doubts.extend(changed::doubts(results, &manifest, |_| true, &doubts));
    let not_kept = kept::doubts(&manifest, [&before, &after]);
    let keeps = !not_kept.iter().any(|doubt| matches!(doubt, Doubt::NotKept { .. }));
    doubts.extend(not_kept);
    let cut_short = manifest.interrupted.map(|_| Doubt::Interrupted);
    let mut caveats = manifest.caveats.clone();
    caveats.extend(cut_short.into_iter().chain(doubts).map(Caveat::from));
    caveats.extend(beside.iter().flat_map(|common| common.caveats.clone()));
    let inputs = Inputs {
        run_id: &manifest.run_id,
        plan_digest: &manifest.plan.digest,
        sla: &manifest.sla,
        before: &before,
        after: &after,
        script: script.as_ref().map(|(_, rows)| rows),
        baseline_script: script.as_ref().map(|(summary, _)| summary.clone()),
        single_calls: &single_calls,
        health: &health::of_repetitions(&manifest),
        processors: manifest.machine.processors,
        caveats,
        interrupted: manifest.interrupted,
        strict: manifest.strict,
        warmup: manifest.warmup.as_ref().map(|warmup| warmup.asked.as_str()),
        aa: manifest.aa,
        sent_by: SentBy::of(&manifest.scenario),
        answers: answers.clone(),
        max_error_rate: manifest.scenario.pointer("/load/max_error_rate").and_then(Value::as_f64),
    };
    let predict = || prediction::predict(&manifest, &before, &after, calibration.as_ref());
    let judge = match (&manifest.imported, &beside) {
        (Some(_), _) => analyze::judge_alone,
        (None, Some(_)) => analyze::judge_beside,
        (None, None) => analyze::compare,
    };
    let (comparison, predicted) = both(|| judge(inputs), predict);
    // Between two phases that send alike there is nothing to predict, nor from what another tool sent.
    let predicted = (!manifest.aa && beside.is_none()).then_some(predicted);
    let stalls = Phase::BOTH.map(|phase| health::stalls(&manifest, phase));
    let phases = [(&before, &stalls[0]), (&after, &stalls[1])];
    let caveats = comparison.caveats.clone();
    let mut analysis = attribute_both(&manifest.run_id, phases[0], phases[1], predicted, caveats);
    if !keeps {
        kept::conclude_nothing(&mut analysis);
    }
    analysis.baseline_script = script.map(|(_, rows)| analyse_script(&rows, truth.as_ref()));
    analysis.calibration = calibration;
    analysis.ladder_note = ladder.as_deref().and_then(|rungs| shorter_than_phases(rungs, before.planned()));
    analysis.ladder = ladder;
    let failed = [(Phase::Before, &before), (Phase::After, &after)].map(|(phase, data)| {
        report::failed(&data.failure_groups(), &failures::of_part(&notes, phase.name()))
    });
    let findings = Findings { comparison, analysis, failed };
    Ok((findings, Read { manifest, phases: [before, after], single_calls, problems: Vec::new(), answers }))
}
