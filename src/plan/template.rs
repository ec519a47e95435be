//! A body with places to fill in: `{{column}}`, `{{seq}}`, `{{uuid}}`.
//!
//! A place inside a JSON string takes text, escaped; any other takes a whole JSON value. So every body is JSON if the
//! template is with one of each in their places, and if the cells of the latter are: that is checked once for the template,
//! and for each row in the pass that makes the index.

use std::path::Path;

use super::cell::Cell;
use super::payload_error::PayloadError;
use super::uuid::uuid;

const KEY: &str = "load.template";
const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A template, cut at its places.
#[derive(Debug)]
pub(super) struct Template {
    /// What stands before each place.
    parts: Vec<(String, Hole)>,
    tail: String,
}

/// What a place is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    Seq,
    Uuid,
    /// The cell of a column, by its number in the file.
    Column(usize),
}

#[derive(Clone, Copy, Debug)]
struct Hole {
    fill: Fill,
    /// Whether it stands inside a JSON string.
    in_string: bool,
}

impl Template {
    /// Cuts a text and checks what does not depend on a row. A column goes before a word of the same name.
    pub(super) fn parse(path: &Path, text: &str, columns: &[String]) -> Result<Self, PayloadError> {
        let (mut parts, mut tail) = (Vec::new(), String::new());
        // The template with something harmless of the same length in each place.
        let mut sample = String::with_capacity(text.len());
        let (mut in_string, mut rest) = (false, text);
        while let Some(letter) = rest.chars().next() {
            if let Some(behind) = rest.strip_prefix(OPEN) {
                let at = text.len() - rest.len();
                let end = behind.find(CLOSE).filter(|end| !behind[..*end].contains('\n'));
                let end = end.ok_or_else(|| place(path, text, at, unclosed()))?;
                let fill =
                    fill(behind[..end].trim(), columns).map_err(|problem| place(path, text, at, problem))?;
                parts.push((std::mem::take(&mut tail), Hole { fill, in_string }));
                let length = OPEN.len() + end + CLOSE.len();
                sample.push_str(&if in_string { "x".repeat(length) } else { format!("{:<length$}", "null") });
                rest = &rest[length..];
                continue;
            }
            // What is escaped does not end the string.
            let escaped = if in_string && letter == '\\' { rest[1..].chars().next() } else { None };
            in_string ^= letter == '"';
            let length = letter.len_utf8() + escaped.map_or(0, char::len_utf8);
            tail.push_str(&rest[..length]);
            sample.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        is_json(path, &sample)?;
        Ok(Template { parts, tail })
    }

    /// Its columns, and whether each stands where a JSON value has to be.
    pub(super) fn columns(&self) -> impl Iterator<Item = (usize, bool)> {
        self.parts.iter().filter_map(|(_, hole)| match hole.fill {
            Fill::Column(column) => Some((column, !hole.in_string)),
            Fill::Seq | Fill::Uuid => None,
        })
    }

    /// The body of one request; `cell` gives the row's cell of a column.
    pub(super) fn render<'a>(
        &self,
        seed: u64,
        seq: u64,
        cell: impl Fn(usize) -> Option<Cell<'a>>,
    ) -> Option<Vec<u8>> {
        let mut body = Vec::with_capacity(2 * self.tail.len() + 256);
        for (before, Hole { fill, in_string }) in &self.parts {
            body.extend_from_slice(before.as_bytes());
            match fill {
                Fill::Seq => body.extend_from_slice(seq.to_string().as_bytes()),
                Fill::Uuid if *in_string => body.extend_from_slice(uuid(seed, seq).as_bytes()),
                Fill::Uuid => body.extend_from_slice(format!("\"{}\"", uuid(seed, seq)).as_bytes()),
                Fill::Column(column) if *in_string => cell(*column)?.put_text(&mut body),
                Fill::Column(column) => cell(*column)?.put_value(&mut body),
            }
        }
        body.extend_from_slice(self.tail.as_bytes());
        Some(body)
    }
}

fn fill(name: &str, columns: &[String]) -> Result<Fill, String> {
    let mut numbers = (0..columns.len()).filter(|number| columns[*number] == name);
    match (numbers.next(), numbers.next(), name) {
        (Some(_), Some(_), _) => Err(format!("there are two columns `{name}`; rename one of them")),
        (Some(number), None, _) => Ok(Fill::Column(number)),
        (None, _, "seq") => Ok(Fill::Seq),
        (None, _, "uuid") => Ok(Fill::Uuid),
        _ if columns.is_empty() => {
            Err(format!("`{name}` is not known; there are `seq` and `uuid`, and columns with load.columns"))
        }
        _ => Err(format!(
            "there is no column `{name}`; there are `{}`, and `seq` and `uuid`",
            columns.join("`, `")
        )),
    }
}

fn unclosed() -> String {
    "`{{` is not closed in its line; write {{column}}, or \\u007b{ for two braces in a text".into()
}

fn is_json(path: &Path, sample: &str) -> Result<(), PayloadError> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(sample) else { return Ok(()) };
    let problem = "with its places filled in it is no JSON";
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let problem =
        format!("{problem}: {message}; a text needs quotes around {{{{column}}}}, a whole JSON value none");
    let (line, column) = (error.line() as u64, error.column() as u64);
    Err(PayloadError::Place { key: KEY, path: path.into(), line, column, problem })
}

fn place(path: &Path, text: &str, at: usize, problem: String) -> PayloadError {
    let before = &text[..at];
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    PayloadError::Place { key: KEY, path: path.into(), line, column, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, columns: &[&str]) -> Result<Template, String> {
        let columns: Vec<_> = columns.iter().map(|name| name.to_string()).collect();
        Template::parse(Path::new("body.tmpl"), text, &columns).map_err(|error| error.to_string())
    }

    fn rendered(text: &str) -> String {
        let cell = |column| {
            [Cell::Text("a\"\n"), Cell::Value("[1, 2]"), Cell::Value("\"q\"")].into_iter().nth(column)
        };
        let template = parsed(text, &["text", "list", "name"]).expect("a good template");
        String::from_utf8(template.render(7, 12, cell).expect("the cells are there")).expect("UTF-8")
    }

    #[test]
    fn places_in_a_string_take_text_and_others_a_value() {
        assert_eq!(
            rendered(r#"{"p": "<{{text}}>", "l": {{list}}, "n": {{ name }}, "s": "{{list}}{{name}}"}"#),
            r#"{"p": "<a\"\n>", "l": [1, 2], "n": "q", "s": "[1, 2]q"}"#
        );
        assert_eq!(
            rendered(r#"{"a":{"n":{{seq}}}}"#),
            r#"{"a":{"n":12}}"#,
            "braces of objects are none of ours"
        );
        assert_eq!(rendered(r#"["\"{{seq}}\\", {{list}}, "{{seq}}"]"#), r#"["\"12\\", [1, 2], "12"]"#);
        assert_eq!(rendered(r#"["\u007b{x}}"]"#), r#"["\u007b{x}}"]"#, "two braces in a text");
        let [raw, quoted] = [rendered("[{{uuid}}]"), rendered("[\"{{uuid}}\"]")];
        assert_eq!(raw, quoted);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let cases = [
            ("{\n \"ä\": \"{{quest}}\"}", &["line 2, column 8", "`quest`", "`text`, `list`", "`uuid`"][..]),
            ("{\"a\": \"{{text\"}\n}}", &["line 1, column 8", "not closed", "\\u007b"]),
            ("{\"a\": {{text}}", &["line 1, column 14", "no JSON", "quotes around {{column}}"]),
            ("{{{text}}: 1}", &["line 1", "`{text`"]),
            ("{ {{list}}: 1}", &["line 1, column 3", "key must be a string"]),
            ("[1{{list}}]", &["line 1", "no JSON"]),
            ("[{{list}}{{list}}]", &["line 1", "no JSON"]),
            ("[\"\\{{text}}\"]", &["line 1", "no JSON"]),
            ("[\"\\u00{{text}}\"]", &["line 1", "no JSON"]),
            ("", &["line 1", "no JSON"]),
        ];
        for (text, words) in cases {
            let error = parsed(text, &["text", "list"]).expect_err(text);
            for word in words.iter().chain(&["load.template", "body.tmpl"]) {
                assert!(error.contains(word), "{text}: no {word} in {error}");
            }
        }
        assert!(parsed("[\"{{a}}\"]", &["a", "a"]).expect_err("twice").contains("two columns `a`"));
        assert!(parsed("[\"{{a}}\"]", &[]).expect_err("no columns").contains("load.columns"));
    }

    #[test]
    fn a_column_goes_before_a_word() {
        let template = parsed("[\"{{uuid}}\", {{seq}}]", &["uuid"]).expect("a good template");
        let body = template.render(1, 5, |_| Some(Cell::Text("mine"))).expect("the cell is there");
        assert_eq!(body, b"[\"mine\", 5]");
    }
}
