//! `analysis.json`, schema 1: where the time went, why, and what a fix will buy.

use serde::Serialize;

/// The whole document. What a run gives no data for is absent.
#[derive(Clone, Debug, Serialize)]
pub struct Analysis {
    /// Version of this format.
    pub schema: u32,
}

/// Explains a run.
pub fn explain(_inputs: &super::Inputs<'_>) -> Analysis {
    Analysis { schema: 1 }
}
