//! `comparison.json`.

use anyhow::Context;

use super::Format;
use crate::analyze::Comparison;

/// The whole comparison as JSON for people: indented.
pub struct Json;

impl Format for Json {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let mut text =
            serde_json::to_vec_pretty(comparison).context("the comparison cannot be written as JSON")?;
        text.push(b'\n');
        Ok(text)
    }
}
