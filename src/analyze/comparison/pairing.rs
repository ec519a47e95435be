//! Whether the repetitions of two sides are pairs.

/// Whether repetitions of the two sides are neighbours in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairing {
    /// The phases of one run alternate: the first of the one and the first of the other are.
    Interleaved,
    /// The runs were made at different times.
    Unpaired,
    /// Another tool sent one of them, nobody knows when and what.
    Foreign,
}
