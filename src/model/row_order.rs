//! In which order the rows of a file become requests.

use serde::Serialize;

/// The order of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOrder {
    /// As they stand in the file, from the row of the seed on, and again from the top.
    #[default]
    Sequential,
    /// Shuffled by the seed, each row once before any comes again.
    Random,
}
