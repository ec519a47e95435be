//! Sets of stages: what a transport can see.

use super::{Stage, Stages};

/// A set of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageSet(u8);

impl StageSet {
    /// Every stage.
    pub const ALL: StageSet = StageSet(u8::MAX);

    /// The same set without one stage.
    pub const fn without(self, stage: Stage) -> Self {
        StageSet(self.0 & !(1 << stage as u8))
    }

    /// Whether a stage is in it.
    pub const fn contains(self, stage: Stage) -> bool {
        self.0 & (1 << stage as u8) != 0
    }

    /// Of some stages those that are in it.
    pub fn of(self, stages: &Stages) -> Stages {
        Stages::from_lengths(Stage::ALL.map(|stage| stages.get(stage).filter(|_| self.contains(stage))))
    }

    /// The stages that are not in it, in the order in time.
    pub fn missing(self) -> impl Iterator<Item = Stage> {
        Stage::ALL.into_iter().filter(move |stage| !self.contains(*stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_missing() {
        let some = StageSet::ALL.without(Stage::Send).without(Stage::Tls);
        assert_eq!(some.missing().collect::<Vec<_>>(), [Stage::Tls, Stage::Send]);
        assert!(some.contains(Stage::Wait) && StageSet::ALL.missing().next().is_none());
    }
}
