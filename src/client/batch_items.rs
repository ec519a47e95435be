//! The items of a batch's answer, found without building anything of what else the server may have sent.
//!
//! An answer to one request is taken whatever it says, so the items of a batch are taken as they are, too: what no standard allows
//! but servers send, such as `NaN`, does not fail the batch that it stands in. Only where items begin and end must be clear.

/// The list under `key` in an object; `None` if the text is anything else, or as soon as the list has more than `most` items.
pub(super) fn items_of<'a>(text: &'a str, key: &str, most: usize) -> Option<Vec<&'a str>> {
    let mut scan = JsonScan { text, at: 0 };
    let mut list = None;
    scan.space();
    scan.take(b'{')?;
    scan.space();
    if !scan.eat(b'}') {
        loop {
            let is_list = is_key(scan.key()?, key);
            if is_list {
                list = Some(scan.items(most)?);
            } else {
                scan.value()?;
            }
            scan.space();
            if scan.eat(b'}') {
                break;
            }
            scan.take(b',')?;
            scan.space();
        }
    }
    scan.space();
    if scan.at == text.len() { list } else { None }
}

/// Whether a text is one value, with the same leniency.
pub fn is_json(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let mut scan = JsonScan { text, at: 0 };
    scan.space();
    let value = scan.value();
    scan.space();
    value.is_some() && scan.at == text.len()
}

/// Whether a key, as it is written in quotes, is this one.
fn is_key(written: &str, key: &str) -> bool {
    written[1..written.len() - 1] == *key
        || (written.contains('\\') && serde_json::from_str::<String>(written).is_ok_and(|found| found == key))
}

/// Looks for where values begin and end. However deep they go, nothing here calls itself.
struct JsonScan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> JsonScan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    fn skip(&mut self, passes: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !passes(*byte)).unwrap_or(rest.len());
    }

    fn space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// A text with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.take(b'"')?;
        loop {
            self.skip(|byte| !matches!(byte, b'"' | b'\\'));
            if self.eat(b'"') {
                return Some(&self.text[start..self.at]);
            }
            // A backslash, and what it escapes; it may be the first byte of several.
            self.take(b'\\')?;
            self.at += self.text[self.at..].chars().next()?.len_utf8();
        }
    }

    /// A key with its quotes, and what stands between it and its value.
    fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        self.space();
        self.take(b':')?;
        self.space();
        Some(key)
    }

    /// A number or a word.
    fn literal(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let literal = &self.text[start..self.at];
        let word = matches!(literal, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity");
        let number = literal.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            && literal.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        (word || number).then_some(())
    }

    /// A value of any kind, with all that is in it.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        // What closes each list and object that is open.
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.space();
                    if !self.eat(b'}') {
                        self.key()?;
                        open.push(b'}');
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if !self.eat(b']') {
                        open.push(b']');
                        continue;
                    }
                }
                b'"' => drop(self.string()?),
                _ => self.literal()?,
            }
            if self.close(&mut open)? {
                return Some(&self.text[start..self.at]);
            }
        }
    }

    /// Behind a value: closes what ends here. Whether nothing is open any more; else another value follows.
    fn close(&mut self, open: &mut Vec<u8>) -> Option<bool> {
        while let Some(closes) = open.last().copied() {
            self.space();
            if self.eat(b',') {
                self.space();
                if closes == b'}' {
                    self.key()?;
                }
                return Some(false);
            }
            self.take(closes)?;
            open.pop();
        }
        Some(true)
    }

    /// The items of a list.
    fn items(&mut self, most: usize) -> Option<Vec<&'a str>> {
        let mut items = Vec::with_capacity(most);
        self.take(b'[')?;
        self.space();
        if self.eat(b']') {
            return Some(items);
        }
        loop {
            if items.len() == most {
                return None;
            }
            items.push(self.value()?);
            self.space();
            if self.eat(b']') {
                return Some(items);
            }
            self.take(b',')?;
            self.space();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn items(text: &str, most: usize) -> Option<Vec<&str>> {
        items_of(text, "outputs", most)
    }

    #[test]
    fn the_list_is_found_wherever_it_stands_and_however_its_key_is_spelled() {
        let text = r#"{"a": {"outputs": [3]}, "\u006futputs": [ {"x": 1}, null ], "b": [[]]} "#;
        assert_eq!(items(text, 2), Some(vec![r#"{"x": 1}"#, "null"]));
        assert_eq!(items(r#"{"outputs": [1], "outputs": [2]}"#, 1), Some(vec!["2"]), "the last one counts");
    }

    #[test]
    fn a_value_is_known_as_such() {
        for text in ["{\"a\": NaN}", " [1, {}] \n", "null", "-0.5", "\"x\""] {
            assert!(is_json(text.as_bytes()), "{text}");
        }
        for text in ["", " ", "<html>", "{} {}", "{\"a\"", "hello"] {
            assert!(!is_json(text.as_bytes()), "{text}");
        }
        assert!(!is_json(b"\"\xff\""));
    }

    #[test]
    fn a_list_that_is_too_long_is_not_read_to_its_end() {
        assert_eq!(items("{\"outputs\":[1,2]}", 2), Some(vec!["1", "2"]));
        let mut scan = JsonScan { text: "[1,2,3, here it is broken", at: 0 };
        assert_eq!((scan.items(2), scan.at), (None, 5), "the third is not looked at");
    }

    #[test]
    fn what_a_single_answer_may_say_an_item_may_say_too() {
        let text = r#"{"outputs": [{"number": NaN}, [-Infinity, 1e999], "\"]\\"]}"#;
        assert_eq!(items(text, 3), Some(vec![r#"{"number": NaN}"#, "[-Infinity, 1e999]", r#""\"]\\""#]));
        let deep = format!("{{\"outputs\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(items(&deep, 1).map(|items| items[0].len()), Some(200_000));
    }

    #[test]
    fn what_is_no_such_object_has_no_items() {
        for text in [
            "",
            "[1,2]",
            "{}",
            r#"{"outputs":1}"#,
            r#"{"outputs":[1]} x"#,
            r#"{"outputs":[1]"#,
            r#"{"outputs":[1,]}"#,
            r#"{"outputs":[1 2]}"#,
            r#"{"outputs":[maybe]}"#,
            r#"{"outputs":[{"a" 1}]}"#,
            r#"{"outputs":["a]}"#,
            r#"{"outputs":[{]}]}"#,
        ] {
            assert_eq!(items(text, 2), None, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\\u{e9}\n]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{0,3}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn items_are_what_a_parser_finds(values in prop::collection::vec(any_value(), 0..5), other in any_value(), pretty in any::<bool>()) {
            let answer = serde_json::json!({ "other": other, "outputs": values });
            let text = if pretty { serde_json::to_string_pretty(&answer) } else { serde_json::to_string(&answer) };
            let text = text.expect("JSON");
            let found = items(&text, 5).expect("a list");
            let found: Vec<Value> = found.into_iter().map(|item| serde_json::from_str(item).expect("JSON")).collect();
            prop_assert_eq!(found, values);
        }

        #[test]
        fn no_text_can_make_it_panic(text in "[\\[\\]{}:,\"\\\\ a1\u{e9}]{0,40}") {
            items(&format!("{{\"outputs\":{text}}}"), 3);
            items(&text, 3);
        }
    }
}
