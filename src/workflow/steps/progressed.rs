//! Whether a run goes on after a step.

/// Whether there is a point in going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Progressed {
    /// To the next repetition.
    Further,
    /// Nothing but failures ended: another repetition would cost time and tell the same.
    NoFurther,
}
