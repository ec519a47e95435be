//! What an answer says, assembled from its pieces.

use super::lenient::{says_something, text};
use super::wire::{WireChoice, WireDelta};

/// The texts of all choices, in bounded memory.
#[derive(Debug)]
pub struct AnswerText {
    /// Bytes that may still come.
    room: usize,
    /// By index, in the order in which they began.
    choices: Vec<(u64, String)>,
    whole: bool,
}

impl AnswerText {
    /// Nothing yet.
    pub fn new(most: usize) -> Self {
        AnswerText { room: most, choices: Vec::new(), whole: true }
    }

    /// Adds what a choice says: content, refusal, calls; not its reasoning, which is no part of the answer.
    pub fn add(&mut self, index: u64, choice: &WireChoice<'_>) {
        let said = choice.said();
        let pieces = said.into_iter().flat_map(|delta| [delta.content, delta.refusal]).chain([choice.text]);
        for piece in pieces.filter(|piece| says_something(*piece)) {
            match text(piece) {
                Some(text) => self.push(index, &text),
                None => self.whole = false,
            }
        }
        for call in said.into_iter().flat_map(WireDelta::calls) {
            if let Some(name) = text(call.name).filter(|name| !name.is_empty()) {
                self.push(index, &format!("\n{name}"));
            }
            self.push(index, &text(call.arguments).unwrap_or_default());
        }
    }

    fn push(&mut self, index: u64, text: &str) {
        match self.room.checked_sub(text.len()) {
            Some(room) if self.whole => self.room = room,
            _ => (self.whole, self.choices) = (false, Vec::new()),
        }
        if !self.whole || text.is_empty() {
            return;
        }
        match self.choices.iter_mut().find(|(one, _)| *one == index) {
            Some((_, so_far)) => so_far.push_str(text),
            None => self.choices.push((index, text.to_owned())),
        }
    }

    /// The texts in the order of their indices; `None` if they are longer than may be kept, or not all of them was text.
    pub fn finish(mut self) -> Option<Vec<String>> {
        self.choices.sort_by_key(|(index, _)| *index);
        self.whole.then(|| self.choices.into_iter().map(|(_, text)| text).collect())
    }
}
