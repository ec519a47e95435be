//! Looks for a few values in an answer that may be JSON, and builds nothing of what else stands in it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{JsonPointer, Micros, TimeSource};

/// Places that can be looked for at the same time.
pub(super) const MOST: usize = 32;

/// What stands at a place of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PlaceValue {
    Nothing,
    Number(f64),
    Text(String),
}

impl PlaceValue {
    /// The time that it is, in the unit of its source or in its own.
    pub(super) fn time(&self, source: &TimeSource) -> Option<Micros> {
        match self {
            PlaceValue::Nothing => None,
            PlaceValue::Number(number) => source.unit.micros(*number),
            PlaceValue::Text(text) => source.unit.read(text),
        }
    }
}

/// What stands at each place; nothing where the answer is no JSON from its first byte
/// to its last.
pub(super) fn find(answer: &[u8], places: &[JsonPointer]) -> Vec<PlaceValue> {
    let mut found = vec![PlaceValue::Nothing; places.len()];
    let mut json = serde_json::Deserializer::from_slice(answer);
    let wanted = (0..places.len().min(MOST)).fold(0, |bits, place| bits | 1 << place);
    let look = Look { places, wanted, depth: 0, found: &mut found };
    let whole = look.deserialize(&mut json).and_then(|()| json.end());
    if whole.is_err() {
        found.fill(PlaceValue::Nothing);
    }
    found
}

/// A look into a value that lies so many steps down, for the places whose bits are set.
struct Look<'a> {
    places: &'a [JsonPointer],
    wanted: u32,
    depth: usize,
    found: &'a mut [PlaceValue],
}

impl Look<'_> {
    /// The places that go on with such a step.
    fn along(&self, goes: impl Fn(&str) -> bool) -> u32 {
        self.choose(|place| place.steps().get(self.depth).is_some_and(|step| goes(step)))
    }

    /// The wanted places among which it is.
    fn choose(&self, chosen: impl Fn(&JsonPointer) -> bool) -> u32 {
        let bits = (0..u32::BITS).zip(self.places).filter(|(bit, _)| self.wanted & (1 << bit) != 0);
        bits.filter(|(_, place)| chosen(place)).fold(0, |bits, (bit, _)| bits | 1 << bit)
    }

    fn deeper(&mut self, wanted: u32) -> Look<'_> {
        Look { places: self.places, wanted, depth: self.depth + 1, found: self.found }
    }

    /// The value itself is what some of the places name.
    fn take(self, value: impl Fn() -> PlaceValue) {
        let here = self.choose(|place| place.steps().len() == self.depth);
        let named = (0..u32::BITS).zip(self.found).filter(|(bit, _)| here & (1 << bit) != 0);
        named.for_each(|(_, found)| *found = value());
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(wanted) = members.next_key_seed(PlaceKey(&self))? {
            if wanted == 0 {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(self.deeper(wanted))?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let wanted = self.along(|step| JsonPointer::index(step) == Some(index));
            let more = match wanted {
                0 => list.next_element::<IgnoredAny>()?.is_some(),
                _ => list.next_element_seed(self.deeper(wanted))?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.take(|| PlaceValue::Number(number));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(|| PlaceValue::Text(text.to_string()));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key of an object: which places go on with it.
struct PlaceKey<'a, 'b>(&'a Look<'b>);

impl<'de> DeserializeSeed<'de> for PlaceKey<'_, '_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<u32, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for PlaceKey<'_, '_> {
    type Value = u32;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<u32, E> {
        Ok(self.0.along(|step| step == key))
    }
}
