//! The section `[quality]`: how the answers of the two phases are held against each other.

use serde::{Deserialize, Serialize};

use super::abort_after;
use super::error::ScenarioError;
use super::length;
use crate::model::{JsonPointer, QualityRules};

/// A judge that takes longer has lost its way.
const LONGEST_HOURS: u32 = 24;

/// The section as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawQuality {
    pub ignore: Vec<String>,
    pub content: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_ratio: Option<f64>,
    pub command: Vec<String>,
    #[serde(deserialize_with = "abort_after::text")]
    pub command_timeout: String,
}

impl Default for RawQuality {
    fn default() -> Self {
        RawQuality {
            ignore: vec![QualityRules::AUTO.into()],
            content: Vec::new(),
            tolerance: None,
            cosine: None,
            length_ratio: None,
            command: Vec::new(),
            command_timeout: "60s".into(),
        }
    }
}

pub(super) fn resolve(raw: RawQuality) -> Result<QualityRules, ScenarioError> {
    let pointers = raw.ignore.iter().filter(|word| *word != QualityRules::AUTO);
    pointers
        .map(|text| ("quality.ignore", text))
        .chain(raw.content.iter().map(|text| ("quality.content", text)))
        .try_for_each(|(key, text)| place(key, text))?;
    let shares = [
        ("quality.tolerance", raw.tolerance),
        ("quality.cosine", raw.cosine),
        ("quality.length_ratio", raw.length_ratio),
    ];
    for (key, share) in shares {
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(ScenarioError::value(key, "write a number from 0 to 1"));
        }
    }
    if raw.command.first().is_some_and(String::is_empty) {
        return Err(ScenarioError::value("quality.command", "the first word is the program; it is empty"));
    }
    let timeout = length::parse(raw.command_timeout.trim(), LONGEST_HOURS).filter(|length| !length.is_zero());
    let timeout = timeout.ok_or_else(|| {
        let problem = format!(
            "`{}` is no time; write one with its unit, such as \"60s\", up to 24h",
            raw.command_timeout
        );
        ScenarioError::value("quality.command_timeout", problem)
    })?;
    Ok(QualityRules {
        ignore: raw.ignore,
        content: raw.content,
        tolerance: raw.tolerance,
        cosine: raw.cosine,
        length_ratio: raw.length_ratio,
        command: raw.command,
        command_timeout_ms: timeout.as_millis() as u64,
    })
}

fn place(key: &str, text: &str) -> Result<(), ScenarioError> {
    let problem = match text.parse::<JsonPointer>() {
        Err(problem) => problem,
        Ok(pointer) if pointer.steps().is_empty() => {
            "the empty pointer is the whole answer; name a place in it"
        }
        Ok(_) => return Ok(()),
    };
    Err(ScenarioError::value(key, format!("`{text}`: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<QualityRules, String> {
        let raw: RawQuality = toml::from_str(text).map_err(|error| error.message().to_string())?;
        resolve(raw).map_err(|error| error.to_string())
    }

    #[test]
    fn known_apis_are_treated_as_such_unless_the_list_says_otherwise() {
        for (text, auto) in [
            ("", true),
            ("ignore = []", false),
            ("ignore = [\"auto\", \"/a/*/b\"]", true),
            ("ignore = [\"/a\"]", false),
        ] {
            assert_eq!(resolved(text).map(|rules| rules.is_auto()), Ok(auto), "{text}");
        }
        let rules = resolved("tolerance = 1e-6\ncosine = 0.99\ncommand_timeout = \"2m\"").expect("rules");
        assert_eq!(
            (rules.tolerance, rules.cosine, rules.command_timeout_ms),
            (Some(1e-6), Some(0.99), 120_000)
        );
    }

    #[test]
    fn what_cannot_be_a_rule_is_named_with_its_key() {
        for (text, words) in [
            ("ignore = [\"id\"]", ["quality.ignore", "`id`", "slash"]),
            ("content = [\"\"]", ["quality.content", "whole answer", "place"]),
            ("content = [\"auto\"]", ["quality.content", "`auto`", "slash"]),
            ("tolerance = 1.5", ["quality.tolerance", "0", "1"]),
            ("cosine = nan", ["quality.cosine", "0", "1"]),
            ("length_ratio = -0.1", ["quality.length_ratio", "0", "1"]),
            ("command = [\"\"]", ["quality.command", "program", "empty"]),
            ("command_timeout = \"soon\"", ["quality.command_timeout", "`soon`", "60s"]),
            ("command_timeout = 0", ["quality.command_timeout", "`0`", "60s"]),
            ("judge = 1", ["unknown field", "judge", "command"]),
        ] {
            let error = resolved(text).expect_err(text);
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
