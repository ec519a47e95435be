//! What is known of answers beyond their digests: how those that differ differ, and what the judge said of them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::judged;
use super::kept_answers::kept;
use crate::analyze::{AnswerDifference, AnswerPair, AnswerPairs, PhaseData, differing_pairs};
use crate::model::manifest::Manifest;
use crate::model::{Digest, QualityRules};
use crate::runlog::Results;

/// The rules of a run; those of a manifest that has none are the strict ones of earlier versions.
pub(in crate::workflow) fn rules(manifest: &Manifest) -> QualityRules {
    let section = manifest.scenario.get("quality").cloned();
    section.and_then(|section| serde_json::from_value(section).ok()).unwrap_or_default()
}

/// Of a finished run.
pub(super) fn read(results: &Results, manifest: &Manifest, phases: &[PhaseData; 2]) -> AnswerPairs {
    let rules = rules(manifest);
    let kept = KeptPairs::read(results, phases);
    let judged = if rules.command.is_empty() { HashMap::new() } else { judged::read(results) };
    let found = kept.pairs.iter().filter_map(|pair| {
        let found = kept.difference(*pair, &rules)?;
        match judged.get(pair) {
            _ if found.tolerated || rules.command.is_empty() => Some((*pair, found)),
            // What a judge was to see and has not seen is not known.
            word => word.map(|equal| (*pair, AnswerDifference { tolerated: *equal, ..found })),
        }
    });
    let found: HashMap<_, _> = found.collect();
    // Of known APIs a difference may be tolerated without a rule.
    let lenient = rules.may_tolerate() || found.values().any(|found| found.tolerated);
    AnswerPairs::new(found, lenient)
}

/// Pairs that differ and that no rule tolerates, with both answers: those that a judge is asked about.
pub(in crate::workflow) fn undecided(
    results: &Results,
    rules: &QualityRules,
    phases: &[PhaseData; 2],
) -> Vec<(AnswerPair, [Box<RawValue>; 2])> {
    let kept = KeptPairs::read(results, phases);
    let strict = |pair: &&AnswerPair| kept.difference(**pair, rules).is_none_or(|found| !found.tolerated);
    let texts = |pair: &AnswerPair| {
        Some((*pair, [kept.answers.get(&pair.0)?.clone(), kept.answers.get(&pair.1)?.clone()]))
    };
    kept.pairs.iter().filter(strict).filter_map(texts).collect()
}

/// The answers to the same request that differ, and what was kept of them.
struct KeptPairs {
    pairs: Vec<AnswerPair>,
    answers: HashMap<Digest, Box<RawValue>>,
}

impl KeptPairs {
    fn read(results: &Results, [before, after]: &[PhaseData; 2]) -> Self {
        let pairs = differing_pairs(before, after);
        let wanted: HashSet<_> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
        let answers = if wanted.is_empty() { HashMap::new() } else { kept(results, &wanted) };
        KeptPairs { pairs, answers }
    }

    /// How two answers differ; `None` if one was not kept, or is nested too deep to be looked into.
    fn difference(&self, (one, other): AnswerPair, rules: &QualityRules) -> Option<AnswerDifference> {
        let value = |digest: Digest| serde_json::from_str::<Value>(self.answers.get(&digest)?.get()).ok();
        Some(AnswerDifference::between(&value(one)?, &value(other)?, rules))
    }
}
