//! One input of an exchange, with all that follows from its bytes.
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::MockSettings;
use super::answer::answer;
use super::digest::ItemDigest;
use super::faults::is_degraded;
use super::model;
use super::refusal::Refusal;

pub(super) struct Item {
    pub digest: ItemDigest,
    pub cost_ms: f64,
    fields: Map<String, Value>,
}

impl Item {
    /// Reads JSON objects. The digest of each is that of exactly its bytes, so it is the same by either endpoint.
    pub(super) fn parse_all(inputs: &[&RawValue], settings: &MockSettings) -> Result<Vec<Self>, Refusal> {
        inputs.iter().map(|raw| Self::parse(raw, settings)).collect::<Result<_, _>>().map_err(|cause| {
            Refusal::bad_request("bad_item", format!("an item must be a JSON object: {cause}"))
        })
    }

    fn parse(raw: &RawValue, settings: &MockSettings) -> serde_json::Result<Self> {
        let digest = ItemDigest::of(raw.get().as_bytes());
        let fields = serde_json::from_str(raw.get())?;
        Ok(Self { fields, cost_ms: model::item_ms(settings, &digest), digest })
    }

    pub(super) fn answer(&self) -> String {
        answer(&self.fields, &self.digest, false)
    }

    /// The answer as the batch endpoint gives it: cut, where that fault is asked for.
    pub(super) fn batch_answer(&self, settings: &MockSettings) -> String {
        answer(&self.fields, &self.digest, is_degraded(settings, &self.digest))
    }
}
