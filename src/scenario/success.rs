//! The section `[target.success]`: what an answer must say to be a success.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::error::ScenarioError;
use crate::model::{AnswerCheck, AnswerChecks, Demanded};

/// The checks as they are written, by their JSON pointers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSuccess {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub equals: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

impl RawSuccess {
    pub(super) fn is_empty(&self) -> bool {
        *self == RawSuccess::default()
    }
}

pub(super) fn resolve(raw: &RawSuccess) -> Result<AnswerChecks, ScenarioError> {
    let equals = raw.equals.iter().map(|(pointer, value)| {
        let key = "target.success.equals";
        check(
            key,
            pointer,
            Demanded::Equals(
                json(value).map_err(|problem| ScenarioError::value(key, format!("{pointer} = {problem}")))?,
            ),
        )
    });
    let present =
        raw.present.iter().map(|pointer| check("target.success.present", pointer, Demanded::Present));
    let absent = raw.absent.iter().map(|pointer| check("target.success.absent", pointer, Demanded::Absent));
    equals.chain(present).chain(absent).collect::<Result<_, _>>().map(AnswerChecks::new)
}

fn check(key: &str, pointer: &str, wanted: Demanded) -> Result<AnswerCheck, ScenarioError> {
    let problem = |problem| ScenarioError::value(key, format!("`{pointer}`: {problem}"));
    Ok(AnswerCheck { pointer: pointer.parse().map_err(problem)?, wanted })
}

/// The value as JSON has it.
fn json(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(serde_json::Value::from(text.as_str()).to_string()),
        Value::Integer(_) | Value::Boolean(_) => Ok(value.to_string()),
        Value::Float(number) if number.is_finite() => Ok(serde_json::Value::from(*number).to_string()),
        other => Err(format!(
            "{other} is no value that an answer is compared with; write text, a number, true or false"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<AnswerChecks, String> {
        let raw: RawSuccess = toml::from_str(text).map_err(|error| error.message().to_string())?;
        resolve(&raw).map_err(|error| error.to_string())
    }

    #[test]
    fn each_kind_of_check_is_read() {
        let checks = resolved(
            "absent = [\"/error\"]\npresent = [\"/outputs/0\"]\n[equals]\n\"/status\" = \"ok\"\n\"/code\" = 0\n\"/x\" = 0.5\n",
        );
        let checks = serde_json::to_value(checks.expect("checks")).expect("a list");
        let expected = [
            "/code equals 0",
            "/status equals \"ok\"",
            "/x equals 0.5",
            "/outputs/0 present",
            "/error absent",
        ];
        assert_eq!(checks, serde_json::json!(expected));
        assert_eq!(resolved("").map(|none| none.is_empty()), Ok(true));
    }

    #[test]
    fn what_cannot_be_checked_is_named_with_its_key() {
        for (text, words) in [
            ("absent = [\"error\"]", ["target.success.absent", "`error`", "slash"]),
            ("present = [\"/~\"]", ["target.success.present", "`/~`", "tilde"]),
            ("equals = { \"/a\" = [1] }", ["target.success.equals", "/a", "text, a number"]),
            ("equals = { \"/a\" = nan }", ["target.success.equals", "/a", "text, a number"]),
            ("equal = {}", ["unknown field", "equal", "equals"]),
        ] {
            let error = resolved(text).expect_err(text);
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
