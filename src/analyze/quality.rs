//! Whether speed was bought with worse answers: the two phases, request by request.

use super::document::Quality;
use super::observed::{Observation, PhaseData};
use crate::model::Digest;

/// Sequence numbers that are listed where answers differ.
const EXAMPLES: usize = 10;

/// Compares every answer of the after phase with an answer of the before phase to the same request:
/// that of the same repetition, or of another where that one has none.
pub(super) fn compare(before: &PhaseData, after: &PhaseData) -> Quality {
    let expected = answers(before);
    let mut quality = Quality::default();
    for repetition in 1..=after.repetitions() {
        let index = repetition as usize - 1;
        for (seq, answer) in after.by_seq(repetition, Observation::answer).into_iter().enumerate() {
            let same = expected.get(index).and_then(|answers| at(answers, seq));
            let any = || expected.iter().find_map(|answers| at(answers, seq));
            if let Some((answer, expected)) = answer.zip(same.or_else(any)) {
                count(&mut quality, seq, answer == expected);
            }
        }
    }
    quality.examples.sort_unstable();
    quality.examples.dedup();
    quality.examples.truncate(EXAMPLES);
    quality
}

/// Those of each repetition, by place in the plan.
fn answers(phase: &PhaseData) -> Vec<Vec<Option<Digest>>> {
    (1..=phase.repetitions()).map(|repetition| phase.by_seq(repetition, Observation::answer)).collect()
}

/// Answers are listed as far as there are rows.
fn at(answers: &[Option<Digest>], seq: usize) -> Option<Digest> {
    answers.get(seq).copied().flatten()
}

fn count(quality: &mut Quality, seq: usize, equal: bool) {
    quality.compared += 1;
    if equal {
        quality.equal += 1;
    } else {
        quality.different += 1;
        quality.examples.push(seq as u64);
    }
}

/// Requests to which a phase itself gave different answers in different repetitions.
pub(super) fn varying(phase: &PhaseData) -> u64 {
    let repetitions = answers(phase);
    let varies = |seq: &usize| {
        let mut given = repetitions.iter().filter_map(|answers| at(answers, *seq));
        let first: Option<Digest> = given.next();
        given.any(|answer| Some(answer) != first)
    };
    let requests = repetitions.iter().map(Vec::len).max().unwrap_or(0);
    (0..requests).filter(varies).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::observed::PhaseCollector;
    use crate::model::{Canonical, Moment};
    use crate::model::{ErrorKind, Sample, TraceId};

    /// A phase of one request; a repetition without an answer failed.
    fn phase(answers: &[Option<&str>]) -> PhaseData {
        let mut collector = PhaseCollector::new(1, answers.len() as u32);
        for (index, answer) in answers.iter().enumerate() {
            let unsent = Sample::unsent(0, TraceId(1), Some(Moment::START));
            let error = answer.is_none().then_some(ErrorKind::Timeout);
            let digest = answer.map(|answer| Digest::of_answer(answer.as_bytes(), &mut Canonical::default()));
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
    fn a_phase_that_disagrees_with_itself_is_noticed() {
        assert_eq!(varying(&phase(&[Some("1"), Some("2")])), 1);
        assert_eq!(varying(&phase(&[Some("1"), None, Some("1")])), 0);
    }
}
