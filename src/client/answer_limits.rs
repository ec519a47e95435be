//! How much of answers is taken.

use std::sync::Arc;

use super::batch_room::BatchRoom;
use crate::model::ByteBudget;

/// The limits of one answer, and of all together.
#[derive(Clone, Debug)]
pub struct AnswerLimits {
    /// Bytes of one answer, as they come and decoded; a longer one has failed.
    pub most: u64,
    /// Copies of all answers that the recorder has not seen yet.
    pub budget: Arc<ByteBudget>,
    /// Answers that must be looked at, as those to batches, and are not complete.
    pub batches: Arc<BatchRoom>,
}
