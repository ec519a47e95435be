//! Which part of an answer is compared: without what differs from answer to answer and means nothing, such as an id.

mod known;
mod parts;
mod steps;

use std::ops::Range;

use known::KnownAnswer;
use parts::{JsonParts, whole};
use steps::{PlaceStep, PlaceSteps};

use super::JsonPointer;

/// What is left out of answers before they are compared, and what alone is compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerView {
    known: bool,
    left_out: Vec<PlaceSteps>,
    /// Each with its pointer as JSON has it.
    looked_at: Vec<(Vec<u8>, PlaceSteps)>,
}

impl AnswerView {
    /// Leaves out what `ignore` names, and with `known` what answers of known APIs say of themselves. Of what is left only
    /// `content` is looked at, where there is any.
    pub fn new(known: bool, ignore: &[JsonPointer], content: &[JsonPointer]) -> Self {
        let quoted = |pointer: &JsonPointer| serde_json::Value::from(pointer.to_string()).to_string();
        let looked_at =
            content.iter().map(|pointer| (quoted(pointer).into_bytes(), PlaceSteps::new(pointer)));
        let left_out = ignore.iter().map(PlaceSteps::new).collect();
        AnswerView { known, left_out, looked_at: looked_at.collect() }
    }

    /// Whether answers of known APIs are treated as such.
    pub fn knows(&self) -> bool {
        self.known
    }

    /// The known API whose answer a canonical text is.
    pub fn api(&self, answer: &[u8]) -> Option<&'static str> {
        self.known.then(|| KnownAnswer::of(answer)).flatten().map(KnownAnswer::api)
    }

    /// What is compared of an answer, which is a canonical text; `None` is all of it. An answer that has nothing of the content
    /// is compared whole, so that a slip of the pen makes nothing equal.
    pub fn of(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let known = self.known.then(|| KnownAnswer::of(answer)).flatten();
        let known = known.map(KnownAnswer::left_out).unwrap_or_default();
        let left_out: Vec<_> = self.left_out.iter().chain(known).map(PlaceSteps::all).collect();
        let rest = (!left_out.is_empty()).then(|| {
            let mut rest = Vec::with_capacity(answer.len());
            put_without(answer, whole(answer), &left_out, &mut rest);
            rest
        });
        self.content_of(rest.as_deref().unwrap_or(answer)).or(rest)
    }

    /// An object of the values at each place of the content.
    fn content_of(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let (mut text, mut any) = (b"{".to_vec(), false);
        for (pointer, steps) in &self.looked_at {
            let mut found = Vec::new();
            find(answer, whole(answer), steps.all(), &mut found);
            any |= !found.is_empty();
            text.extend_from_slice(if text.len() > 1 { b"," } else { b"" });
            text.extend_from_slice(pointer);
            text.extend_from_slice(b":[");
            text.extend_from_slice(&found.join(&b","[..]));
            text.push(b']');
        }
        text.push(b'}');
        any.then_some(text)
    }
}

/// Copies a value without what lies at these places within it. Recursion is as deep as the places are.
fn put_without(text: &[u8], value: Range<usize>, places: &[&[PlaceStep]], into: &mut Vec<u8>) {
    let Some(parts) = JsonParts::of(text, &value).filter(|_| !places.is_empty()) else {
        return into.extend_from_slice(&text[value]);
    };
    into.push(text[value.start]);
    let mut first = true;
    for (index, part) in parts.enumerate() {
        let along = |place: &&[PlaceStep]| place.first().is_some_and(|step| step.fits(part.key(text), index));
        let rest: Vec<_> = places.iter().copied().filter(along).map(|place| &place[1..]).collect();
        if rest.iter().any(|place| place.is_empty()) {
            continue;
        }
        if !std::mem::take(&mut first) {
            into.push(b',');
        }
        into.extend_from_slice(&text[part.start..part.value.start]);
        put_without(text, part.value, &rest, into);
    }
    into.push(text[value.end - 1]);
}

/// All values at a place.
fn find<'a>(text: &'a [u8], value: Range<usize>, place: &[PlaceStep], found: &mut Vec<&'a [u8]>) {
    let Some((step, rest)) = place.split_first() else { return found.push(&text[value]) };
    let parts = JsonParts::of(text, &value).into_iter().flatten().enumerate();
    for (_, part) in parts.filter(|(index, part)| step.fits(part.key(text), *index)) {
        find(text, part.value, rest, found);
    }
}

#[cfg(test)]
mod tests;
