//! The steps of a pointer, ready to be held against keys as a canonical text spells them.

use crate::model::{Canonical, JsonPointer};

/// Stands for every item of an array.
const EVERY: &str = "*";

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlaceStep {
    /// The key in its quotes.
    key: Vec<u8>,
    index: Option<usize>,
    every: bool,
}

/// All steps to a place, or to several.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlaceSteps(Vec<PlaceStep>);

impl PlaceSteps {
    pub(super) fn new(pointer: &JsonPointer) -> Self {
        let mut canonical = Canonical::default();
        let mut step = |step: &String| {
            let quoted = serde_json::Value::from(step.as_str()).to_string();
            let key = canonical.text(quoted.as_bytes()).unwrap_or(quoted.as_bytes()).to_vec();
            PlaceStep { key, index: JsonPointer::index(step), every: step == EVERY }
        };
        PlaceSteps(pointer.steps().iter().map(&mut step).collect())
    }

    pub(super) fn all(&self) -> &[PlaceStep] {
        &self.0
    }
}

impl PlaceStep {
    /// Whether it leads to the member of this key, or, without one, to the item of this number.
    pub(super) fn fits(&self, key: Option<&[u8]>, index: usize) -> bool {
        match key {
            Some(key) => self.key == key,
            None => self.every || self.index == Some(index),
        }
    }
}
