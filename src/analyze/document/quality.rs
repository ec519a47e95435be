//! Whether the answers are the same.

use serde::Serialize;

/// Answers of the two phases, request by request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Pairs in which both succeeded.
    pub compared: u64,
    /// With equal answers.
    pub equal: u64,
    /// With different answers.
    pub different: u64,
    /// The first sequence numbers that differ.
    pub examples: Vec<u64>,
}
