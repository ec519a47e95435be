//! The parts of a run: each sends requests of its own and has a log of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Phase;

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Part {
    /// What is compared.
    Phase(Phase),
    /// Calls to the idle server, alone and in batches.
    Calibration,
    /// Single calls to the idle server beside the repetitions.
    SingleCalls,
    /// What is sent before the first repetition, so that no phase meets a cold server.
    Warmup,
    /// One step of the ladder.
    Rung(Rung),
    /// A phase at one rate after the other.
    Capacity(Phase),
}

/// A step of the ladder: the optimisations added one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// As the before phase sends.
    Before,
    /// With the connections of the after phase.
    Reuse,
    /// And with up to so many streams on each.
    ReuseStreams(usize),
    /// And with batches of up to so many.
    ReuseBatch(usize),
}

impl Part {
    /// The phase, if it is one.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Part::Phase(phase) => Some(phase),
            _ => None,
        }
    }

    /// The name of its log in the folder of the run.
    pub fn log(self) -> String {
        super::run_files::log_of(&self.to_string())
    }
}

impl From<Phase> for Part {
    fn from(phase: Phase) -> Part {
        Part::Phase(phase)
    }
}

/// The name in files, spans and on the screen.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Phase(phase) => f.write_str(phase.name()),
            Part::Calibration => f.write_str("calibration"),
            Part::SingleCalls => f.write_str("single_calls"),
            Part::Capacity(phase) => write!(f, "capacity_{}", phase.name()),
            Part::Warmup => f.write_str("warmup"),
            Part::Rung(Rung::Before) => f.write_str("ladder_before"),
            Part::Rung(Rung::Reuse) => f.write_str("ladder_reuse"),
            Part::Rung(Rung::ReuseStreams(most)) => write!(f, "ladder_reuse_streams_{most}"),
            Part::Rung(Rung::ReuseBatch(most)) => write!(f, "ladder_reuse_batch_{most}"),
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let numbered = || {
            let streams = name
                .strip_prefix("ladder_reuse_streams_")
                .map(|most| (most, Rung::ReuseStreams as fn(usize) -> Rung));
            let batch = name
                .strip_prefix("ladder_reuse_batch_")
                .map(|most| (most, Rung::ReuseBatch as fn(usize) -> Rung));
            let (most, rung) = streams.or(batch)?;
            most.parse().ok().map(|most| Part::Rung(rung(most)))
        };
        let fixed = [
            Part::Phase(Phase::Before),
            Part::Phase(Phase::After),
            Part::Calibration,
            Part::SingleCalls,
            Part::Capacity(Phase::Before),
            Part::Capacity(Phase::After),
            Part::Warmup,
            Part::Rung(Rung::Before),
            Part::Rung(Rung::Reuse),
        ];
        let known = fixed.into_iter().find(|part| part.to_string() == name);
        let known = known.or_else(numbered);
        known.ok_or_else(|| format!("`{name}` is no part of a run that this version knows"))
    }
}

impl From<Part> for String {
    fn from(part: Part) -> String {
        part.to_string()
    }
}

impl TryFrom<String> for Part {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        let rungs = [Rung::Before, Rung::Reuse, Rung::ReuseBatch(8), Rung::ReuseStreams(16)].map(Part::Rung);
        let capacity = Phase::BOTH.map(Part::Capacity);
        let others =
            [Phase::Before.into(), Phase::After.into(), Part::Calibration, Part::SingleCalls, Part::Warmup];
        for part in rungs.into_iter().chain(others).chain(capacity) {
            assert_eq!(part.to_string().parse(), Ok(part));
            let json = serde_json::to_string(&part).expect("plain data");
            assert_eq!(json, format!("\"{part}\""));
            assert_eq!(serde_json::from_str::<Part>(&json).expect("as written"), part);
        }
        assert_eq!(rungs.map(Part::log)[2], "ladder_reuse_batch_8.csv");
    }

    #[test]
    fn what_is_no_part_names_no_file() {
        for name in ["", "warm", "ladder_", "ladder_reuse_batch_", "ladder_reuse_batch_-1", "../before"] {
            assert!(name.parse::<Part>().is_err(), "{name}");
        }
    }
}
