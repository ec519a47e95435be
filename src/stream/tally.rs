//! What chunks say, whenever they came.

use super::lenient::{says_something, text};
use super::text::AnswerText;
use super::wire::{WireChoice, WireChunk};
use crate::model::{Finish, TokenCounts, TokenTimes};

/// Choices that are told apart: as many as OpenAI allows.
const CHOICES: u64 = 128;

/// So far.
#[derive(Debug)]
pub struct TokenTally {
    /// Tokens by usage.
    pub tokens: TokenCounts,
    /// Whether one of them fell.
    pub fell: bool,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// What the server says of its time.
    pub server: TokenTimes,
    /// What the answer says.
    pub text: AnswerText,
    /// A bit for each choice that was met.
    met: u128,
    /// And for each that has finished.
    finished: u128,
}

/// What a chunk brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Something of the answer itself.
    pub content: bool,
    /// Something that the model thinks.
    pub reasoning: bool,
    /// The end of a choice.
    pub finish: bool,
}

impl TokenTally {
    /// Nothing has come.
    pub fn new(most_text: usize) -> Self {
        TokenTally {
            tokens: TokenCounts::default(),
            fell: false,
            finish: None,
            server: TokenTimes::default(),
            text: AnswerText::new(most_text),
            met: 0,
            finished: 0,
        }
    }

    /// Takes a chunk.
    pub fn take(&mut self, chunk: &WireChunk<'_>) -> Brought {
        self.fell |= self.tokens.update(chunk.counts());
        self.server = chunk.times().unwrap_or(self.server);
        let mut brought = Brought::default();
        chunk.choices().for_each(|choice| self.choice(choice, &mut brought));
        brought
    }

    /// Choices that were met.
    pub fn choices(&self) -> u32 {
        self.met.count_ones()
    }

    /// Whether each of them has finished, and there was one.
    pub fn has_finished(&self) -> bool {
        self.finished != 0 && self.finished == self.met
    }

    fn choice(&mut self, choice: &WireChoice<'_>, brought: &mut Brought) {
        let index = choice.index.unwrap_or(0).min(CHOICES - 1);
        self.met |= 1 << index;
        brought.content |= says_something(choice.text);
        if let Some(delta) = choice.said() {
            brought.content |= delta.answers();
            brought.reasoning |= delta.reasons();
        }
        if let Some(word) = text(choice.finish_reason).filter(|word| !word.is_empty()) {
            let finish = Finish::from_word(&word);
            self.finish = Some(self.finish.filter(|before| *before != Finish::Stop).unwrap_or(finish));
            self.finished |= 1 << index;
            brought.finish = true;
        }
        self.text.add(index, choice);
    }
}
