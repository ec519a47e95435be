//! Which pairs of answers are taken for the same: those with one digest, and those that were looked into and found alike.

use std::collections::{BTreeSet, HashMap};

use super::answer_difference::{AnswerDifference, NumbersApart};
use super::answer_lists::answers_of;
use crate::analyze::document::NumericDifferences;
use crate::analyze::observed::PhaseData;
use crate::model::{AnswerDigest, Digest};

/// Pairs that are looked into at most.
const MOST_PAIRS: usize = 200_000;

/// Two different answers, the smaller digest first.
pub type AnswerPair = (Digest, Digest);

/// What is known of answers beyond their digests.
#[derive(Clone, Debug, Default)]
pub struct AnswerPairs {
    found: HashMap<AnswerPair, AnswerDifference>,
    /// Whether different digests may be tolerated: then of a pair that was not looked into nothing is known.
    lenient: bool,
}

impl AnswerPairs {
    /// What looking into pairs has found; `lenient` where a difference may be tolerated.
    pub fn new(found: HashMap<AnswerPair, AnswerDifference>, lenient: bool) -> Self {
        AnswerPairs { found, lenient }
    }

    /// Whether two answers are taken for the same; `None` where that cannot be told.
    pub(super) fn same(&self, one: AnswerDigest, other: AnswerDigest) -> Option<bool> {
        match (one.same(other), self.between(one, other)) {
            (Some(false), Some(found)) => Some(found.tolerated),
            (Some(false), None) if self.lenient => None,
            (told, _) => told,
        }
    }

    fn between(&self, one: AnswerDigest, other: AnswerDigest) -> Option<&AnswerDifference> {
        self.found.get(&pair(one.digest(), other.digest()))
    }

    /// Adds a pair to what is known of those that differ in numbers alone.
    pub(super) fn add_numeric(
        &self,
        one: AnswerDigest,
        other: AnswerDigest,
        known: &mut Option<NumericDifferences>,
    ) {
        let apart = self.between(one, other).and_then(|found| found.numeric);
        let Some(NumbersApart { largest, cosine }) = apart else { return };
        let known = known.get_or_insert(NumericDifferences { pairs: 0, largest: 0.0, least_cosine: None });
        known.pairs += 1;
        known.largest = known.largest.max(largest);
        known.least_cosine = [known.least_cosine, cosine].into_iter().flatten().reduce(f64::min);
    }
}

fn pair(one: Digest, other: Digest) -> AnswerPair {
    (one.min(other), one.max(other))
}

/// The different answers to the same request, each pair once: the first of the plan's, and no more than are looked into.
pub fn differing_pairs(before: &PhaseData, after: &PhaseData) -> Vec<AnswerPair> {
    let repetitions: Vec<_> = [before, after].into_iter().flat_map(answers_of).collect();
    let requests = repetitions.iter().map(Vec::len).max().unwrap_or(0);
    let (mut seen, mut pairs) = (BTreeSet::new(), Vec::new());
    for seq in 0..requests {
        let given = repetitions.iter().filter_map(|answers| answers.get(seq).copied().flatten());
        let mut digests: Vec<_> =
            given.filter(|answer| answer.is_copied()).map(AnswerDigest::digest).collect();
        digests.sort_unstable();
        digests.dedup();
        for (at, one) in digests.iter().enumerate() {
            let others = digests[at + 1..].iter().map(|other| (*one, *other));
            pairs.extend(others.filter(|pair| seen.insert(*pair)));
        }
        if pairs.len() >= MOST_PAIRS {
            pairs.truncate(MOST_PAIRS);
            break;
        }
    }
    pairs
}
