//! The two arms of a comparison.

/// One arm of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}
