//! Whether speed was bought with worse answers: the two phases, request by request.

use super::document::Quality;
use super::observed::{Observation, PhaseData};
use crate::model::AnswerDigest;

/// Sequence numbers that are listed where answers differ.
const EXAMPLES: usize = 10;

/// Compares every answer of the after phase with an answer of the before phase to the same request: that of the same
/// repetition, or of another where that one has none it could be compared with.
pub(super) fn compare(before: &PhaseData, after: &PhaseData) -> Quality {
    let expected = answers(before);
    let mut quality = Quality::default();
    for repetition in 1..=after.repetitions() {
        let index = repetition as usize - 1;
        for (seq, answer) in after.by_seq(repetition, Observation::answer).into_iter().enumerate() {
            let Some(answer) = answer else { continue };
            let of_same = expected.get(index).into_iter();
            let mut given = of_same.chain(&expected).filter_map(|answers| at(answers, seq)).peekable();
            if given.peek().is_some() {
                take(&mut quality, seq, given.find_map(|expected| answer.same(expected)));
            }
        }
    }
    quality.examples.sort_unstable();
    quality.examples.dedup();
    quality.examples.truncate(EXAMPLES);
    quality
}

/// Those of each repetition, by place in the plan.
fn answers(phase: &PhaseData) -> Vec<Vec<Option<AnswerDigest>>> {
    (1..=phase.repetitions()).map(|repetition| phase.by_seq(repetition, Observation::answer)).collect()
}

/// Answers are listed as far as there are rows.
fn at(answers: &[Option<AnswerDigest>], seq: usize) -> Option<AnswerDigest> {
    answers.get(seq).copied().flatten()
}

/// Takes a pair; whether the two are equal, where that can be told.
fn take(quality: &mut Quality, seq: usize, equal: Option<bool>) {
    match equal {
        Some(true) => quality.equal += 1,
        Some(false) => {
            quality.different += 1;
            quality.examples.push(seq as u64);
        }
        None => quality.not_compared += 1,
    }
    quality.compared += u64::from(equal.is_some());
}

/// Requests to which a phase itself gave different answers in different repetitions.
pub(super) fn varying(phase: &PhaseData) -> u64 {
    let repetitions = answers(phase);
    let varies = |seq: &usize| {
        let given = || repetitions.iter().filter_map(|answers| at(answers, *seq));
        // The first of either kind stands for all of it.
        let firsts = [true, false].map(|copied| given().find(|answer| answer.is_copied() == copied));
        given().any(|answer| firsts.into_iter().flatten().any(|first| answer.same(first) == Some(false)))
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
        let quality = compare(&phase(&[None, Some("1")]), &phase(&[Some("2"), None]));
        assert_eq!((quality.compared, quality.different, quality.examples), (1, 1, vec![0]));
        let quality = compare(&phase(&[Some("1"), Some("1")]), &phase(&[Some("1"), Some("1.0")]));
        assert_eq!((quality.compared, quality.equal), (2, 2));
        assert_eq!(compare(&phase(&[None]), &phase(&[Some("1")])).compared, 0);
    }

    #[test]
    fn bytes_are_compared_with_bytes_alone() {
        let of = |before: &[Option<&str>], after: &[Option<&str>]| {
            let quality = compare(&phase(before), &phase(after));
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
        assert_eq!(varying(&phase(&[Some("1"), Some("2")])), 1);
        assert_eq!(varying(&phase(&[Some("1"), None, Some("1")])), 0);
        assert_eq!(varying(&phase(&[Some("1"), Some("(2"), Some("1")])), 0, "who knows");
        assert_eq!(varying(&phase(&[Some("1"), Some("(2"), Some("(3")])), 0, "nor here");
    }

    #[test]
    fn answers_without_a_copy_are_counted() {
        assert_eq!(not_copied(&phase(&[Some("1"), Some("(2"), None, Some("(3")])), 2);
    }
}
