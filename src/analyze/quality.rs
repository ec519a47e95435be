//! Whether speed was bought with worse answers: the two phases, request by request.

use super::comparison::Quality;
use super::phase::PhaseData;

/// Sequence numbers that are listed where answers differ.
const EXAMPLES: usize = 10;

/// Compares each repetition of the one phase with the same repetition of the other, wherever both
/// have an answer.
pub(super) fn compare(before: &PhaseData, after: &PhaseData) -> Quality {
    let mut quality = Quality { compared: 0, equal: 0, different: 0, examples: Vec::new() };
    for repetition in 1..=before.repetitions() {
        let (before, after) = (before.answers(repetition), after.answers(repetition));
        for (seq, pair) in before.iter().zip(&after).enumerate() {
            let (Some(before), Some(after)) = pair else { continue };
            quality.compared += 1;
            if before == after {
                quality.equal += 1;
            } else {
                quality.different += 1;
                quality.examples.push(seq as u64);
            }
        }
    }
    quality.examples.sort_unstable();
    quality.examples.dedup();
    quality.examples.truncate(EXAMPLES);
    quality
}
