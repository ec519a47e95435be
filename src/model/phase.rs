//! The two arms of a comparison.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One arm of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The load as it is sent today.
    Before,
    /// The same load, sent with the optimisation.
    After,
}

impl Phase {
    /// Both, in the order in which they are reported.
    pub const BOTH: [Phase; 2] = [Phase::Before, Phase::After];

    /// The name in files, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Before => "before",
            Phase::After => "after",
        }
    }

    /// The order in which repetitions run, B A A B B A …: a slow drift of the machine hits both phases alike.
    pub fn interleaved(repetitions: u32) -> impl Iterator<Item = (Phase, u32)> {
        (1..=repetitions).flat_map(|repetition| {
            let [first, second] = Phase::BOTH;
            let pair = if repetition % 2 == 1 { [first, second] } else { [second, first] };
            pair.map(|phase| (phase, repetition))
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_alternate_and_swap() {
        let letter = |(phase, _)| if phase == Phase::Before { 'B' } else { 'A' };
        assert_eq!(Phase::interleaved(4).map(letter).collect::<String>(), "BAABBAAB");
    }
}
