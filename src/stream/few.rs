//! A list of which only the beginning is kept: three bytes an item on the wire may be hundreds in memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Items that are kept: as many as OpenAI allows choices.
const MOST: usize = 128;

/// The first 128 items; the others are read and forgotten.
#[derive(Debug)]
pub struct Few<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(FewItems(PhantomData))
    }
}

struct FewItems<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FewItems<T> {
    type Value = Few<T>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut few = Vec::new();
        while few.len() < MOST {
            match items.next_element()? {
                Some(item) => few.push(item),
                None => return Ok(Few(few)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Few(few))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_read_and_not_kept() {
        let list = |items: usize| format!("[{}]", vec!["7"; items].join(","));
        for (items, kept) in [(0, 0), (1, 1), (128, 128), (129, 128), (10_000, 128)] {
            let few: Few<u32> = serde_json::from_str(&list(items)).expect("a list");
            assert_eq!(few.0.len(), kept);
        }
        assert!(serde_json::from_str::<Few<u32>>("{}").is_err());
    }
}
