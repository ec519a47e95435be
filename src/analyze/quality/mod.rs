//! Whether speed was bought with worse answers: the two phases, request by request.

mod answer_difference;
mod answer_lists;
mod answer_pairs;
mod relabelled;
mod yardstick;

pub use answer_difference::{AnswerDifference, NumbersApart};
pub use answer_pairs::{AnswerPair, AnswerPairs, differing_pairs};

use std::collections::BTreeMap;

use answer_lists::{AnswerLists, answers_of, at};

use super::document::Quality;
use super::observed::{Observation, PhaseData};
use crate::model::AnswerDigest;

/// Sequence numbers that are listed where answers differ.
const EXAMPLES: usize = 10;

/// Compares every answer of the after phase with an answer of the before phase to the same request: that of the same
/// repetition, or of another where that one has none it could be compared with. Whether the after phase is worse is judged by how
/// often the before phase differs from itself.
pub(super) fn compare(before: &PhaseData, after: &PhaseData, pairs: &AnswerPairs) -> Quality {
    let phases = [answers_of(before), answers_of(after)];
    let mut quality = Quality::default();
    in_pairs(&phases, pairs, |seq, answer, told| take(&mut quality, seq, answer, told, pairs));
    quality.examples.sort_unstable();
    quality.examples.dedup();
    quality.examples.truncate(EXAMPLES);
    // Where all are equal there is nothing to measure, unless the before phase itself varies.
    let measured = yardstick::measure(&phases, pairs);
    quality.degraded = measured.as_ref().map_or(quality.different > 0, |measured| measured.is_worse);
    quality.yardstick = measured.map(|measured| measured.yardstick);
    quality
}

/// The first pair of answers to each request that differs, in the order of the plan, and no more than so many.
pub fn differing_requests(
    before: &PhaseData,
    after: &PhaseData,
    pairs: &AnswerPairs,
    most: usize,
) -> Vec<(u64, AnswerPair)> {
    let mut found = BTreeMap::new();
    in_pairs(&[answers_of(before), answers_of(after)], pairs, |seq, answer, told| {
        if let Some((expected, false)) = told {
            found.entry(seq as u64).or_insert((expected.digest(), answer.digest()));
            if found.len() > most {
                found.pop_last();
            }
        }
    });
    found.into_iter().collect()
}

/// Hands over each answer of the after phase that has one beside it, by its request, with that one and whether they are equal; nothing
/// where that cannot be told.
fn in_pairs(
    [expected, found]: &[AnswerLists; 2],
    pairs: &AnswerPairs,
    mut take: impl FnMut(usize, AnswerDigest, Option<(AnswerDigest, bool)>),
) {
    for (index, answers) in found.iter().enumerate() {
        for (seq, answer) in answers.iter().enumerate() {
            let Some(answer) = *answer else { continue };
            let of_same = expected.get(index).into_iter();
            let mut given = of_same.chain(expected).filter_map(|answers| at(answers, seq)).peekable();
            if given.peek().is_some() {
                let told = |expected| Some((expected, pairs.same(answer, expected)?));
                take(seq, answer, given.find_map(told));
            }
        }
    }
}

/// Takes an answer beside the expected one, and whether the two are equal, where that can be told.
fn take(
    quality: &mut Quality,
    seq: usize,
    answer: AnswerDigest,
    told: Option<(AnswerDigest, bool)>,
    pairs: &AnswerPairs,
) {
    let Some((expected, equal)) = told else {
        quality.not_compared += 1;
        return;
    };
    quality.compared += 1;
    quality.equal += u64::from(equal);
    if !equal {
        quality.different += 1;
        quality.examples.push(seq as u64);
    }
    if answer != expected {
        pairs.add_numeric(answer, expected, &mut quality.numeric);
    }
}

/// Requests to which a phase itself gave different answers in different repetitions.
pub(super) fn varying(phase: &PhaseData, pairs: &AnswerPairs) -> u64 {
    let repetitions = answers_of(phase);
    let varies = |seq: &usize| {
        let given = || repetitions.iter().filter_map(|answers| at(answers, *seq));
        // The first of either kind stands for all of it.
        let firsts = [true, false].map(|copied| given().find(|answer| answer.is_copied() == copied));
        given()
            .any(|answer| firsts.into_iter().flatten().any(|first| pairs.same(answer, first) == Some(false)))
    };
    let requests = repetitions.iter().map(Vec::len).max().unwrap_or(0);
    (0..requests).filter(varies).count() as u64
}

/// Answers of which no copy was kept, so that their values are not known.
pub(super) fn not_copied(phase: &PhaseData) -> u64 {
    let rows = (1..=phase.repetitions()).flat_map(|repetition| phase.repetition(repetition));
    rows.filter_map(Observation::answer).filter(|answer| !answer.is_copied()).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::model::{Canonical, Digest, Moment};
    use crate::model::{ErrorKind, Sample, TraceId};

    /// A phase of one request; a repetition without an answer failed, and of one in brackets only the bytes are known.
    fn phase(answers: &[Option<&str>]) -> PhaseData {
        let mut collector = PhaseCollector::new(1, answers.len() as u32);
        for (index, answer) in answers.iter().enumerate() {
            let unsent = Sample::unsent(0, TraceId(1), Some(Moment::START));
            let error = answer.is_none().then_some(ErrorKind::Timeout);
            let digest = answer.map(|answer| match answer.strip_prefix('(') {
                Some(bytes) => AnswerDigest::OfBytes(Digest::of(bytes.as_bytes())),
                None => {
                    AnswerDigest::OfValue(Digest::of_answer(answer.as_bytes(), &mut Canonical::default()))
                }
            });
            let sample = Sample { error, answer_digest: digest, ..unsent };
            collector.take(index as u32 + 1, &sample).expect("a planned request");
        }
        collector.finish()
    }

    #[test]
    fn an_answer_is_compared_wherever_both_phases_have_one() {
        let compare = |before: &PhaseData, after: &PhaseData| compare(before, after, &AnswerPairs::default());
        let quality = compare(&phase(&[None, Some("1")]), &phase(&[Some("2"), None]));
        assert_eq!((quality.compared, quality.different, quality.examples), (1, 1, vec![0]));
        let quality = compare(&phase(&[Some("1"), Some("1")]), &phase(&[Some("1"), Some("1.0")]));
        assert_eq!((quality.compared, quality.equal), (2, 2));
        assert_eq!(compare(&phase(&[None]), &phase(&[Some("1")])).compared, 0);
    }

    #[test]
    fn bytes_are_compared_with_bytes_alone() {
        let of = |before: &[Option<&str>], after: &[Option<&str>]| {
            let quality = compare(&phase(before), &phase(after), &AnswerPairs::default());
            (quality.equal, quality.different, quality.not_compared)
        };
        assert_eq!(of(&[Some("1")], &[Some("(1")]), (0, 0, 1), "one of each kind");
        assert_eq!(of(&[Some("(1")], &[Some("2")]), (0, 0, 1));
        assert_eq!(of(&[Some("(1")], &[Some("(1")]), (1, 0, 0));
        assert_eq!(of(&[Some("(1")], &[Some("(2")]), (0, 0, 1), "perhaps another spelling");
        assert_eq!(
            of(&[Some("(1"), Some("1")], &[Some("2"), None]),
            (0, 1, 0),
            "another repetition's is a value"
        );
        assert_eq!(of(&[None], &[Some("(1")]), (0, 0, 0), "no pair");
    }

    #[test]
    fn a_phase_that_disagrees_with_itself_is_noticed() {
        let varying = |phase: PhaseData| super::varying(&phase, &AnswerPairs::default());
        assert_eq!(varying(phase(&[Some("1"), Some("2")])), 1);
        assert_eq!(varying(phase(&[Some("1"), None, Some("1")])), 0);
        assert_eq!(varying(phase(&[Some("1"), Some("(2"), Some("1")])), 0, "who knows");
        assert_eq!(varying(phase(&[Some("1"), Some("(2"), Some("(3")])), 0, "nor here");
    }

    #[test]
    fn answers_without_a_copy_are_counted() {
        assert_eq!(not_copied(&phase(&[Some("1"), Some("(2"), None, Some("(3")])), 2);
    }

    #[test]
    fn with_one_repetition_any_difference_is_worse_and_with_more_chance_is_none() {
        let of = |before: &[Option<&str>], after: &[Option<&str>]| {
            let quality = compare(&phase(before), &phase(after), &AnswerPairs::default());
            (quality.different > 0, quality.degraded, quality.yardstick.is_some())
        };
        assert_eq!(of(&[Some("1")], &[Some("2")]), (true, true, false));
        assert_eq!(of(&[Some("1"), Some("1")], &[Some("2"), Some("1")]), (true, false, true));
        assert_eq!(of(&[Some("1"), None], &[Some("1"), Some("1")]), (false, false, false));
        assert_eq!(of(&[Some("1"), Some("(1")], &[Some("1"), Some("1")]), (false, false, false), "not told");
    }

    #[test]
    fn what_was_looked_into_is_known_better_than_by_its_digest() {
        let digest = |answer: &str| Digest::of(answer.as_bytes());
        let (before, after) = (phase(&[Some("1"), Some("1")]), phase(&[Some("2"), Some("3")]));
        assert_eq!(differing_pairs(&before, &after).len(), 3);
        let key = |one: &str, other: &str| {
            let (one, other) = (digest(one), digest(other));
            (one.min(other), one.max(other))
        };
        let apart = NumbersApart { largest: 0.5, cosine: None };
        let found = AnswerDifference { tolerated: true, numeric: Some(apart) };
        let pairs = AnswerPairs::new([(key("1", "2"), found)].into(), true);
        let quality = compare(&before, &after, &pairs);
        assert_eq!((quality.equal, quality.different, quality.not_compared), (1, 0, 1));
        assert_eq!(quality.numeric.map(|numeric| (numeric.pairs, numeric.largest)), Some((1, 0.5)));
        let strict = AnswerDifference { tolerated: false, ..found };
        let quality = compare(&before, &after, &AnswerPairs::new([(key("1", "2"), strict)].into(), false));
        assert_eq!((quality.equal, quality.different, quality.not_compared), (0, 2, 0));
    }
}
