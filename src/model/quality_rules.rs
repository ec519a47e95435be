//! How the answers of two phases are held against each other, as a scenario says it and a manifest keeps it.

use serde::{Deserialize, Serialize};

use super::{AnswerView, JsonPointer};

/// The section `[quality]`. Pointers were checked when the scenario was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityRules {
    /// Pointers whose values are removed; the word `auto` stands for those of known APIs.
    pub ignore: Vec<String>,
    /// Pointers whose values alone are compared; empty is everything.
    pub content: Vec<String>,
    /// How far two numbers may lie apart, relative to the larger.
    pub tolerance: Option<f64>,
    /// The least cosine of two arrays of numbers.
    pub cosine: Option<f64>,
    /// The least length of the shorter of two texts, relative to the longer.
    pub length_ratio: Option<f64>,
    /// The program that judges pairs of answers that differ, and its arguments.
    pub command: Vec<String>,
    /// For how long it may run.
    pub command_timeout_ms: u64,
}

impl QualityRules {
    /// The word among the pointers that stands for those of known APIs.
    pub const AUTO: &str = "auto";
    /// The least cosine of embeddings of known APIs, where no other is asked for.
    pub const COSINE: f64 = 0.999;

    /// Whether answers of known APIs are treated as such.
    pub fn is_auto(&self) -> bool {
        self.ignore.iter().any(|word| word == Self::AUTO)
    }

    /// The pointers that the scenario itself names.
    pub fn own_ignored(&self) -> impl Iterator<Item = &str> {
        self.ignore.iter().map(String::as_str).filter(|text| *text != Self::AUTO)
    }

    /// Whether answers that differ may be taken for equal.
    pub fn may_tolerate(&self) -> bool {
        let judged = !self.command.is_empty();
        judged || self.tolerance.is_some() || self.cosine.is_some() || self.length_ratio.is_some()
    }

    /// What of an answer is compared.
    pub fn view(&self) -> AnswerView {
        let pointers = |texts: &[String]| -> Vec<JsonPointer> {
            texts.iter().filter(|text| *text != Self::AUTO).filter_map(|text| text.parse().ok()).collect()
        };
        AnswerView::new(self.is_auto(), &pointers(&self.ignore), &pointers(&self.content))
    }
}
