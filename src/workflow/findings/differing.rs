//! The first answers that differ, as far as `answers.jsonl` has kept them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::analyze::PhaseData;
use crate::model::AnswerDigest;
use crate::model::run_files;
use crate::report::html::Differing;
use crate::runlog::Results;

/// Pairs that are shown.
const PAIRS: usize = 2;
/// Characters of an answer that are shown.
const LENGTH: usize = 400;

/// The pairs of the first requests that differ; an answer that was not kept is `None`.
pub(super) fn first(seqs: &[u64], phases: &[PhaseData; 2], results: &Results) -> Vec<Differing> {
    if seqs.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<_> = seqs.iter().take(PAIRS).map(|seq| (*seq, apart(phases, *seq))).collect();
    let wanted: Vec<&str> =
        pairs.iter().flat_map(|(_, digests)| digests.iter().flatten()).map(String::as_str).collect();
    let kept = kept(results, &wanted);
    let text = |digest: &Option<String>| digest.as_ref().and_then(|digest| kept.get(digest).cloned());
    pairs
        .iter()
        .map(|(seq, [before, after])| Differing { seq: *seq, before: text(before), after: text(after) })
        .collect()
}

/// The digests of a request's answers in the first repetition in which they differ.
fn apart([before, after]: &[PhaseData; 2], seq: u64) -> [Option<String>; 2] {
    let digest = |phase: &PhaseData, repetition: u32| {
        phase.repetition(repetition).find(|row| row.seq() == seq && row.succeeded())?.answer()
    };
    let pairs =
        (1..=before.repetitions()).map(|repetition| [digest(before, repetition), digest(after, repetition)]);
    let differ = |pair: &[Option<AnswerDigest>; 2]| {
        let same = pair[0].zip(pair[1]).and_then(|(one, other)| one.same(other));
        same == Some(false)
    };
    let apart = pairs.into_iter().find(differ);
    apart.unwrap_or_default().map(|answer| answer.map(|answer| answer.digest().to_string()))
}

/// The start of each answer that is wanted. A file that is not there or not whole has none.
fn kept(results: &Results, wanted: &[&str]) -> BTreeMap<String, String> {
    let Ok(file) = results.read(run_files::ANSWERS) else { return BTreeMap::new() };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let answer = |line: Vec<u8>| {
        let kept: Kept = serde_json::from_str(&String::from_utf8_lossy(&line)).ok()?;
        wanted
            .contains(&kept.digest.as_str())
            .then(|| (kept.digest, kept.answer.get().chars().take(LENGTH).collect()))
    };
    lines.filter_map(answer).collect()
}

/// A line of the file.
#[derive(Deserialize)]
struct Kept {
    digest: String,
    answer: Box<RawValue>,
}
