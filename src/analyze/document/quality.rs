//! Whether the answers are the same.

use serde::Serialize;

/// Answers of the two phases, request by request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Pairs in which both succeeded and can be compared.
    pub compared: u64,
    /// With equal answers.
    pub equal: u64,
    /// With different answers.
    pub different: u64,
    /// Pairs of which only one answer's value is known, for no copy of the other was kept; absent where there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_compared: u64,
    /// The first sequence numbers that differ.
    pub examples: Vec<u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
