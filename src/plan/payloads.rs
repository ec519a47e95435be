//! Where request bodies come from: the built-in prompts, the lines of a file, or a template and the rows that fill it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::columns::Columns;
use super::encoding::{behind_mark, foreign};
use super::order;
use super::payload_error::{PayloadError, PlanLost};
use super::prompts;
use super::row_file::RowFile;
use super::row_format::{RowFormat, RowText};
use super::template::Template;
use crate::host::regular;
use crate::model::RowOrder;

/// Bytes of a template, which is in memory.
const LONGEST_TEMPLATE: u64 = 16 << 20;

/// A source of request bodies. Clones share the file that was read.
#[derive(Clone, Debug)]
pub(super) enum Payloads {
    Nothing,
    Prompts,
    Lines(Arc<RowFile>),
    Template(Arc<(Template, Option<Columns>)>),
}

impl Payloads {
    /// The lines of a file, each of which is a JSON document.
    pub(super) fn lines(path: &Path) -> Result<Self, PayloadError> {
        let file = RowFile::open("load.payloads", path, RowFormat::Json)?;
        Ok(Payloads::Lines(Arc::new(file.index(is_json)?)))
    }

    /// A template, filled with the rows of a file where it has columns.
    pub(super) fn template(path: &Path, columns: Option<&Path>) -> Result<Self, PayloadError> {
        let text = template_text(path)?;
        let parse = |columns: &[String]| Template::parse(path, &text, columns);
        let source = match columns {
            None => (parse(&[])?, None),
            Some(columns) => {
                let (columns, template) = Columns::read(columns, parse)?;
                (template, Some(columns))
            }
        };
        Ok(Payloads::Template(Arc::new(source)))
    }

    pub(super) fn body(&self, order: RowOrder, seed: u64, seq: u64) -> Result<Bytes, PlanLost> {
        match self {
            Payloads::Nothing => Ok(Bytes::new()),
            Payloads::Prompts => Ok(prompts::body(seed, seq).into()),
            Payloads::Lines(file) => {
                let line = file.row(order::row(order, seed, seq, file.rows()))?;
                Ok(line.slice_ref(line.trim_ascii()))
            }
            Payloads::Template(source) => match source.as_ref() {
                (template, Some(columns)) => {
                    let row = order::row(order, seed, seq, columns.rows());
                    Ok(columns.fill(template, row, seed, seq)?.into())
                }
                (template, None) => Ok(template.render(seed, seq, |_| None).unwrap_or_default().into()),
            },
        }
    }
}

fn template_text(path: &Path) -> Result<String, PayloadError> {
    const KEY: &str = "load.template";
    let text = regular::read(path, LONGEST_TEMPLATE)
        .map_err(|error| PayloadError::file(KEY, path, format!("cannot be read: {error}")))?;
    let text = &text[behind_mark(&text)..];
    for (line, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        if let Some(encoding) = foreign(text) {
            return Err(PayloadError::line(
                KEY,
                path,
                line,
                format!("is {encoding}; save the file as UTF-8"),
            ));
        }
    }
    Ok(String::from_utf8_lossy(text).trim_end().to_string())
}

fn is_json(row: &RowText<'_>) -> Result<(), String> {
    let RowText::Json(line) = row else { return Ok(()) };
    let parsed = serde_json::from_slice::<IgnoredAny>(line);
    parsed.map(drop).map_err(|error| format!("is no JSON: {error}; write one JSON document a line"))
}
#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("it can be written");
        file
    }

    fn lines(file: &tempfile::NamedTempFile) -> Result<Payloads, PayloadError> {
        Payloads::lines(file.path())
    }

    fn body(payloads: &Payloads, seed: u64, seq: u64) -> Bytes {
        payloads.body(RowOrder::Sequential, seed, seq).expect("the file is as it was")
    }

    #[test]
    fn lines_are_taken_in_order_and_again() {
        let file = file("{\"a\":1}\n\n  {\"a\":2}  \r\n{\"a\":3}");
        let bodies: Vec<_> = (0..4).map(|seq| body(&lines(&file).expect("a good file"), 1, seq)).collect();
        assert_eq!(bodies, ["{\"a\":2}", "{\"a\":3}", "{\"a\":1}", "{\"a\":2}"]);
    }

    #[test]
    fn a_mark_is_skipped_and_other_encodings_are_named_with_their_line() {
        let mut marked = file("\u{feff}{\"a\":1}\n{\"a\":2}\n");
        let payloads = lines(&marked).expect("a good file");
        assert_eq!([0, 1].map(|seq| body(&payloads, 0, seq)), ["{\"a\":1}", "{\"a\":2}"]);
        marked.write_all(b"\"\xe4\"\n").expect("it can be written");
        let error = lines(&marked).expect_err("Latin-1").to_string();
        assert!(error.contains("line 3 is no UTF-8") && error.contains("load.payloads"), "{error}");
        let wide: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut file = file("");
        file.write_all(&wide).expect("it can be written");
        let error = lines(&file).expect_err("UTF-16").to_string();
        assert!(error.contains("line 1 is UTF-16"), "{error}");
    }

    #[test]
    fn a_bad_line_is_named() {
        let file = file("{\"a\":1}\n{oops}\n");
        let error = lines(&file).expect_err("line 2 is no JSON").to_string();
        assert!(error.contains("line 2") && error.contains("load.payloads"), "{error}");
    }

    /// The bodies of two requests for each row of a file with this ending.
    fn filled(template: &str, ending: &str, rows: &[u8]) -> Result<Vec<serde_json::Value>, PayloadError> {
        let folder = tempfile::tempdir().expect("a folder");
        let [body, columns] =
            ["body.tmpl".to_string(), format!("data.{ending}")].map(|name| folder.path().join(name));
        std::fs::write(&body, template).expect("the folder is writable");
        std::fs::write(&columns, rows).expect("the folder is writable");
        let payloads = Payloads::template(&body, Some(&columns))?;
        let Payloads::Template(source) = &payloads else { panic!("{payloads:?}") };
        let requests = 2 * source.1.as_ref().map_or(0, Columns::rows);
        let bodies = (0..requests).map(|seq| self::body(&payloads, 0, seq));
        Ok(bodies.map(|body| serde_json::from_slice(&body).expect("each body is JSON")).collect())
    }

    fn csv(rows: &[Vec<String>]) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).expect("memory"));
        writer.into_inner().expect("memory")
    }

    const TEMPLATE: &str = "{\"text\": \"<{{text}}>\",\n \"value\": {{value}}, \"n\": {{seq}}}\n";

    proptest! {
        #[test]
        fn a_body_holds_exactly_the_cells_of_its_row(
            texts in prop::collection::vec("[^\0\u{feff}]{0,30}", 1..6),
            value in prop_oneof![any::<i64>().prop_map(|n| n.to_string()), any::<String>().prop_map(|s| json!(s).to_string())],
        ) {
            prop_assume!(!value.contains('\u{feff}'));
            let mut rows = vec![vec!["text".to_string(), "value".to_string()]];
            rows.extend(texts.iter().map(|text| vec![text.clone(), value.clone()]));
            let value: serde_json::Value = serde_json::from_str(&value).expect("JSON");
            let objects = texts.iter().map(|text| json!({ "other": [1], "text": text, "value": value }).to_string());
            let objects = objects.collect::<Vec<_>>().join("\n");
            for (ending, rows) in [("csv", csv(&rows)), ("jsonl", objects.into_bytes())] {
                let bodies = filled(TEMPLATE, ending, &rows).expect("good files");
                prop_assert_eq!(bodies.len(), 2 * texts.len());
                for ((seq, body), text) in bodies.iter().enumerate().zip(texts.iter().cycle()) {
                    let expected = json!({ "text": format!("<{text}>"), "value": value, "n": seq });
                    prop_assert_eq!(body, &expected, "{}", ending);
                }
            }
        }
    }

    #[test]
    fn a_value_that_is_no_text_is_written_into_a_text_as_json() {
        let rows = br#"{"text": {"a": "\"b"}, "value": null}"#;
        let bodies = filled(TEMPLATE, "jsonl", rows).expect("good files");
        assert_eq!(bodies[0], json!({ "text": "<{\"a\": \"\\\"b\"}>", "value": null, "n": 0 }));
    }

    #[test]
    fn what_is_wrong_with_a_row_is_named_with_its_line() {
        let cases: [(&str, &[u8], &[&str]); 11] = [
            ("csv", b"text,value\na,1\nb\n", &["line 3", "1 cells", "first line 2"]),
            (
                "csv",
                b"text,value\n\"a\n\",1\nb,oops\n",
                &["line 4", "no JSON in `value`", "quotes around {{value}}"],
            ),
            ("csv", b"text,value\na,1\n\xe4,1\n", &["line 3", "no UTF-8"]),
            ("csv", b"\xff\xfet\0e\0x\0t\0\n\0", &["line 1", "UTF-16"]),
            ("csv", b"text,value\n", &["is empty", "one row"]),
            ("csv", b"", &["is empty", "a header"]),
            ("csv", b"text,values\na,1\n", &["line 2, column 11", "no column `value`", "`text`, `values`"]),
            ("jsonl", b"{\"text\":1,\"value\":2}\n{\"text\":1}\n", &["line 2", "no `value`"]),
            ("jsonl", b"{\"text\":1,\"value\":2}\n[1]\n", &["line 2", "no JSON object", "one object a line"]),
            ("jsonl", b"\n", &["empty"]),
            ("parquet", b"PAR1", &["ending", ".csv or .jsonl"]),
        ];
        for (ending, rows, words) in cases {
            let error = filled(TEMPLATE, ending, rows).expect_err(ending).to_string();
            let file = if words[0].contains("column") { "body.tmpl" } else { "data." };
            for word in words.iter().chain(&[file]) {
                assert!(error.contains(word), "{ending}: no {word} in {error}");
            }
        }
    }

    #[test]
    fn a_template_is_text_in_utf_8() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("body.tmpl");
        std::fs::write(&path, "\u{feff}{\"n\": {{seq}}}\n").expect("the folder is writable");
        let payloads = Payloads::template(&path, None).expect("a good template");
        assert_eq!(body(&payloads, 0, 3), "{\"n\": 3}");
        std::fs::write(&path, b"{\n\"\xe4\": 1}").expect("the folder is writable");
        let error = Payloads::template(&path, None).expect_err("Latin-1").to_string();
        assert!(error.contains("load.template") && error.contains("line 2 is no UTF-8"), "{error}");
    }
}
