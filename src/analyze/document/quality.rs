//! Whether the answers are the same.

use serde::Serialize;

use crate::stats::Interval;

/// Answers of the two phases, request by request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Pairs in which both succeeded and can be compared.
    pub compared: u64,
    /// With equal answers.
    pub equal: u64,
    /// With different answers.
    pub different: u64,
    /// Pairs of which it cannot be told, for no copy of an answer was kept; absent where there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_compared: u64,
    /// The first sequence numbers that differ.
    pub examples: Vec<u64>,
    /// Whether the after phase's answers differ from those of the before phase by more than these differ from one another; without a
    /// yardstick, whether any differs.
    pub degraded: bool,
    /// How often the before phase differs from itself; absent where no request was answered twice in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yardstick: Option<Yardstick>,
    /// What is known of pairs of which both answers were kept and that differ in numbers alone; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<NumericDifferences>,
}

/// Disagreement of answers to the same request: shares of pairs, averaged over requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Yardstick {
    /// Requests with two answers of the before phase and one of the after phase.
    pub requests: u64,
    /// Pairs of the before phase that differ.
    pub before_share: f64,
    /// Pairs of one answer of each phase that differ.
    pub after_share: f64,
    /// Where the latter lies 95 times of 100 if the phases answer alike.
    pub chance95: Interval,
}

/// Pairs of the two phases that differ in numbers alone, whether or not the scenario takes them for equal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumericDifferences {
    /// How many.
    pub pairs: u64,
    /// The largest difference, relative to the larger number, in an array to its largest.
    pub largest: f64,
    /// The least cosine of two arrays; absent where there is no array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_cosine: Option<f64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
