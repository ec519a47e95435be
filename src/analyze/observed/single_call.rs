//! Calls to the idle server beside the repetitions.

use super::observation::Observation;
use crate::model::Phase;

/// A single call to the idle server, made beside a repetition and part of no phase.
#[derive(Clone, Debug)]
pub struct SingleCall {
    /// Beside a repetition of this phase.
    pub phase: Phase,
    /// That repetition, from 1.
    pub repetition: u32,
    /// Whether it was made after the repetition's end; else before its start.
    pub at_end: bool,
    /// What was measured; the same `seq` is the same request.
    pub row: Observation,
}
