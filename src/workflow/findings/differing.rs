//! The requests whose answers differ, as far as `answers.jsonl` has kept them.

use std::collections::HashSet;

use super::kept_answers::kept;
use crate::analyze::{AnswerPairs, PhaseData, differing_requests};
use crate::report::html::{Differing, MarkedAnswer};
use crate::runlog::Results;

/// Requests that are listed.
const LISTED: usize = 1_000;
/// Of them, whose answers are shown.
const SHOWN: usize = 10;

/// In the order of the plan.
pub(super) fn requests(
    [before, after]: &[PhaseData; 2],
    pairs: &AnswerPairs,
    results: &Results,
) -> Vec<Differing> {
    let requests = differing_requests(before, after, pairs, LISTED);
    if requests.is_empty() {
        return Vec::new();
    }
    let wanted: HashSet<_> = requests.iter().flat_map(|(_, (before, after))| [*before, *after]).collect();
    let kept = kept(results, &wanted);
    let differing = |(at, (seq, (before, after))): (usize, &(u64, _))| {
        let texts = [before, after].map(|digest| kept.get(digest).map(|answer| answer.get()));
        let is_kept = texts.iter().all(Option::is_some);
        let shown = (at < SHOWN).then(|| MarkedAnswer::both(texts));
        Differing { seq: *seq, is_kept, shown }
    };
    requests.iter().enumerate().map(differing).collect()
}
