//! A place in a JSON document (RFC 6901), found without building anything of the rest.

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Steps of a pointer at most: each reads on in what the one before it has found.
const DEEPEST: usize = 32;

/// Which member or item, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPointer(Vec<String>);

impl FromStr for JsonPointer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(JsonPointer(Vec::new()));
        }
        let steps = text.strip_prefix('/').ok_or("a JSON pointer starts with a slash, as in /error/code")?;
        let steps: Vec<String> = steps.split('/').map(unescaped).collect::<Result<_, _>>()?;
        if steps.len() > DEEPEST {
            Err("a JSON pointer has at most 32 steps")
        } else {
            Ok(JsonPointer(steps))
        }
    }
}

fn unescaped(step: &str) -> Result<String, &'static str> {
    let mut pieces = step.split('~');
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (letter, rest) = match piece.split_at_checked(1) {
            Some(("0", rest)) => ('~', rest),
            Some(("1", rest)) => ('/', rest),
            _ => return Err("in a JSON pointer ~0 is a tilde and ~1 a slash; nothing else follows a tilde"),
        };
        text.push(letter);
        text.push_str(rest);
    }
    Ok(text)
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(to, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl JsonPointer {
    /// The names and numbers on the way, from the top down.
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// The number of an item that a step names: a whole number in its one form.
    pub fn index(step: &str) -> Option<usize> {
        let plain = step.bytes().all(|byte| byte.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
        if plain { step.parse().ok() } else { None }
    }

    /// The text of the value at this place; `None` where there is none. Of a key that an object has twice the last one counts.
    ///
    /// # Errors
    /// The document is no JSON.
    pub fn find<'a>(&self, document: &'a str) -> Result<Option<&'a str>, serde_json::Error> {
        let mut found = document.trim_ascii();
        if !found.starts_with(['{', '[']) || self.0.is_empty() {
            let whole: &RawValue = serde_json::from_str(found)?;
            return Ok(self.0.is_empty().then_some(whole.get()));
        }
        for step in &self.0 {
            match step_into(found, step)? {
                Some(value) => found = value,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }
}

fn step_into<'a>(value: &'a str, step: &str) -> Result<Option<&'a str>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(value);
    let found = match value.as_bytes().first() {
        Some(b'{') => reader.deserialize_map(MemberCalled(step))?,
        Some(b'[') => reader.deserialize_seq(ItemAt(JsonPointer::index(step)))?,
        _ => return Ok(None),
    };
    reader.end()?;
    Ok(found.map(RawValue::get))
}

/// The member of this name.
struct MemberCalled<'k>(&'k str);

impl<'de> Visitor<'de> for MemberCalled<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = members.next_key_seed(IsName(self.0))? {
            if is_it {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a name is the one.
struct IsName<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<bool, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// The item of this number.
struct ItemAt(Option<usize>);

impl<'de> Visitor<'de> for ItemAt {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut number = 0;
        while let Some(item) = items.next_element()? {
            if Some(number) == self.0 {
                found = Some(item);
            }
            number += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(pointer: &str, document: &'a str) -> Option<&'a str> {
        pointer.parse::<JsonPointer>().expect(pointer).find(document).expect(document)
    }

    /// Section 5 of the RFC.
    #[test]
    fn the_pointers_of_the_rfc_find_their_values() {
        let document = r#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6,
            " ": 7, "m~n": 8}"#;
        for (pointer, value) in [
            ("/foo", "[\"bar\", \"baz\"]"),
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(find(pointer, document), Some(value), "{pointer}");
            assert_eq!(pointer.parse::<JsonPointer>().expect(pointer).to_string(), pointer);
        }
        assert_eq!(find("", document), Some(document));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for (pointer, document) in [
            ("/a", "7"),
            ("/a", "\"a\""),
            ("/a", "[1]"),
            ("/a/b", "{\"a\": 7}"),
            ("/00", "[1]"),
            ("/-", "[1]"),
            ("/+0", "[1]"),
            ("/1", "[1]"),
            ("/99999999999999999999", "[1]"),
            ("/0", "{}"),
            ("/a/", "{\"a\":{\"b\":1}}"),
        ] {
            assert_eq!(find(pointer, document), None, "{pointer} in {document}");
        }
        assert_eq!(
            find("/a", " {\"a\":1,\"\\u0061\":2} "),
            Some("2"),
            "an escape is the same name; the last one counts"
        );
        assert_eq!(find("/0/0", " [[1e999, 2], 3]\n"), Some("1e999"));
    }

    #[test]
    fn what_is_no_json_or_no_pointer_is_an_error() {
        for document in ["", "{", "[1,]", "{\"a\":1} x", "{\"a\":1,}", "nul", "[1] 2", "{\"a\" 1}"] {
            for pointer in ["", "/a", "/0"] {
                assert!(pointer.parse::<JsonPointer>().expect("one").find(document).is_err(), "{document}");
            }
        }
        let deep = "/a".repeat(33);
        for pointer in ["a", "a/b", "/~", "/~2", "/a~", &deep] {
            assert!(pointer.parse::<JsonPointer>().is_err(), "{pointer}");
        }
    }

    #[test]
    fn depth_is_no_limit() {
        let document = format!("{{\"a\":{}1{},\"b\":2}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(find("/b", &document), Some("2"));
    }
}
