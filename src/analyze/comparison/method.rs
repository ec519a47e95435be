//! How the intervals are made, in words.

use super::pairing::Pairing;
use super::spread::Spread;

/// How the intervals are made, in words.
pub(super) fn method(before: &Spread, after: &Spread, pairing: Pairing) -> String {
    let (a, b) = (before.repetitions(), after.repetitions());
    let own = match b {
        1 => "moving-block bootstrap, within one run only".to_string(),
        n => format!("t over {n} repetitions"),
    };
    match (pairing, a, b) {
        (Pairing::Interleaved, ..) => own,
        (Pairing::Foreign, ..) => {
            format!("{own}; of difference and ratio none, for another tool sent one of the sides")
        }
        (Pairing::Unpaired, 1, 1) => format!(
            "{own}; of difference and ratio as well: how far runs lie apart is not in it, nor what changed between them"
        ),
        (Pairing::Unpaired, 1, _) | (Pairing::Unpaired, _, 1) => {
            format!("{own}; of difference and ratio none, for one of the runs has a single repetition")
        }
        (Pairing::Unpaired, a, b) => format!(
            "{own}; of difference and ratio Welch's t over {a} and {b} repetitions, which are no pairs: what changed on \
             the machine between the runs is in the difference, not in the interval"
        ),
    }
}
