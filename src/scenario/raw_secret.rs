//! Values of the file that may be secrets. They are laid over each other as text; no message of an error repeats one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

use crate::host::paths;

/// The headers as they are written, by their names.
pub type RawHeaders = BTreeMap<String, RawHeaderValues>;

/// Text as it is written: the value, or where it comes from.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct RawSecret(pub String);

/// One value of a header, or several in their order.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct RawHeaderValues(pub Vec<RawSecret>);

impl fmt::Debug for RawSecret {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("***")
    }
}

impl RawSecret {
    /// A token of digits is text too.
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(RawSecret(text)),
            Value::Array(_) | Value::Table(_) => None,
            scalar => Some(RawSecret(scalar.to_string())),
        }
    }

    /// The same where its path is relative to a folder.
    pub fn in_folder(&mut self, folder: &Path) {
        if let Some(path) = self.0.strip_prefix("file:") {
            self.0 = format!("file:{}", paths::tidy(&folder.join(path)).display());
        }
    }
}

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawSecret::of(Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("the value is no text"))
    }
}

/// Headers with the values that the file has, or one.
pub fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RawHeaders, D::Error> {
    let values = BTreeMap::<String, Value>::deserialize(deserializer)?;
    let of = |(name, value): (String, Value)| {
        let values = match value {
            Value::Array(values) => values.into_iter().map(RawSecret::of).collect(),
            value => RawSecret::of(value).map(|value| vec![value]),
        };
        let wrong =
            || D::Error::custom(format!("the value of header `{name}` is neither text nor a list of texts"));
        let values = values.filter(|values: &Vec<_>| !values.is_empty()).ok_or_else(wrong)?;
        Ok((name, RawHeaderValues(values)))
    };
    values.into_iter().map(of).collect()
}
