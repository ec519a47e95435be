//! One row of a log, read back.

use crate::model::Sample;

/// One row: a sample and the repetition it belongs to.
#[derive(Clone, Debug)]
pub struct Row {
    /// Counted from 1.
    pub repetition: u32,
    /// The sample.
    pub sample: Sample,
}
