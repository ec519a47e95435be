//! `before.script`: a load test that was there before, as a text (a file, or a line for the shell) or a list of arguments.

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

use crate::host::paths;

/// What is run, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GivenScript {
    /// A file where it names one, else a line for the shell.
    Text(String),
    /// A program and its arguments.
    Arguments(Vec<String>),
}

impl GivenScript {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            GivenScript::Text(text) => text.trim().is_empty(),
            GivenScript::Arguments(words) => words.first().is_none_or(|program| program.trim().is_empty()),
        }
    }

    /// Whether no process can be given it.
    pub(super) fn has_nul(&self) -> bool {
        match self {
            GivenScript::Text(text) => text.contains('\0'),
            GivenScript::Arguments(words) => words.iter().any(|word| word.contains('\0')),
        }
    }

    /// A path in a scenario file is relative to the file. A line for the shell, and arguments, stand as they are.
    pub(super) fn in_folder(&mut self, folder: &Path) {
        let joined = |path: &str| paths::tidy(&folder.join(path));
        let path = match self {
            GivenScript::Text(text) => Some(text).filter(|text| is_path(text) || joined(text).exists()),
            GivenScript::Arguments(words) => words.first_mut().filter(|program| is_path(program)),
        };
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            *path = joined(path).to_string_lossy().into_owned();
        }
    }
}

/// One word with a folder in it, or with a script's ending.
fn is_path(text: &str) -> bool {
    !text.contains(char::is_whitespace) && (text.contains('/') || text.ends_with(".py"))
}

impl<'de> Deserialize<'de> for GivenScript {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || {
            serde::de::Error::custom(
                "expected a command: a text, or a list of texts such as [\"k6\", \"run\"]",
            )
        };
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(GivenScript::Text(text)),
            Value::Array(words) => {
                let text = |word: Value| word.as_str().map(String::from);
                words
                    .into_iter()
                    .map(text)
                    .collect::<Option<_>>()
                    .map(GivenScript::Arguments)
                    .ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_scenario_is_relative_to_it_and_a_line_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("bench.sh"), "").expect("room");
        let there = folder.path().join("bench.sh").display().to_string();
        let text = |text: &str| {
            let mut script = GivenScript::Text(text.into());
            script.in_folder(folder.path());
            script
        };
        assert_eq!(text("bench.sh"), GivenScript::Text(there.clone()));
        assert_eq!(text("x/../bench.sh"), GivenScript::Text(there.clone()), "also one that is not there");
        for line in ["k6 run --out csv={log} ./test.js", "k6", ""] {
            assert_eq!(text(line), GivenScript::Text(line.into()));
        }
        let mut list = GivenScript::Arguments(vec!["./bench.sh".into(), "./x".into()]);
        list.in_folder(folder.path());
        assert_eq!(list, GivenScript::Arguments(vec![there, "./x".into()]));
    }
}
