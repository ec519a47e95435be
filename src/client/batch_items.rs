//! The items of a batch's answer, found without building anything of what else the server may have sent.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The list under `key` in an object; `None` if the text is anything else, or as soon as the list has more than `most` items.
pub(super) fn items_of<'a>(text: &'a str, key: &str, most: usize) -> Option<Vec<&'a RawValue>> {
    let mut answer = serde_json::Deserializer::from_str(text);
    let list = answer.deserialize_map(Answer { key, most }).ok()?;
    answer.end().ok()?;
    list
}

struct Answer<'k> {
    key: &'k str,
    most: usize,
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut list = None;
        while let Some(is_list) = members.next_key_seed(IsKey(self.key))? {
            if is_list {
                list = Some(members.next_value_seed(Items(self.most))?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(list)
    }
}

/// Whether a key is the one.
struct IsKey<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// At most so many items.
struct Items(usize);

impl<'de> DeserializeSeed<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<Self::Value, D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "a list of at most {} items", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::with_capacity(self.0);
        while let Some(item) = list.next_element()? {
            if items.len() == self.0 {
                return Err(A::Error::custom("more items than were asked for"));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str, most: usize) -> Option<Vec<&str>> {
        Some(items_of(text, "outputs", most)?.into_iter().map(RawValue::get).collect())
    }

    #[test]
    fn the_list_is_found_wherever_it_stands_and_however_its_key_is_spelled() {
        let text = r#"{"a": {"outputs": [3]}, "\u006futputs": [ {"x": 1}, null ], "b": [[]]} "#;
        assert_eq!(items(text, 2), Some(vec![r#"{"x": 1}"#, "null"]));
        assert_eq!(items(r#"{"outputs": [1], "outputs": [2]}"#, 1), Some(vec!["2"]), "the last one counts");
    }

    #[test]
    fn a_list_that_is_too_long_is_not_read_to_its_end() {
        assert_eq!(items("{\"outputs\":[1,2]}", 2), Some(vec!["1", "2"]));
        let mut answer = serde_json::Deserializer::from_str("{\"outputs\":[1,2,3, here it is broken");
        let given_up = answer.deserialize_map(Answer { key: "outputs", most: 2 }).expect_err("too long");
        assert!(given_up.to_string().starts_with("more items than"), "{given_up}");
    }

    #[test]
    fn what_is_no_such_object_has_no_items() {
        for text in ["", "[1,2]", "{}", r#"{"outputs":1}"#, r#"{"outputs":[1]} x"#, r#"{"outputs":[1]"#] {
            assert_eq!(items(text, 2), None, "{text}");
        }
    }
}
