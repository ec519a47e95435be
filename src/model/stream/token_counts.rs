//! What the server says of an answer's tokens.

use super::super::Micros;

/// Tokens as the server counts them in `usage`; absent is what it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// Of the prompt.
    pub input: Option<u64>,
    /// Of the answer, reasoning included, over all choices.
    pub output: Option<u64>,
    /// Of the prompt's tokens, those that were in the server's prefix cache.
    pub cached: Option<u64>,
    /// Of the answer's tokens, those of reasoning.
    pub reasoning: Option<u64>,
}

impl TokenCounts {
    /// Takes what is newly said; usage is cumulative, so the last word counts. Whether a count fell, which none can.
    pub fn update(&mut self, newer: TokenCounts) -> bool {
        let fell = self.output.zip(newer.output).is_some_and(|(old, new)| new < old);
        self.input = newer.input.or(self.input);
        self.output = newer.output.or(self.output);
        self.cached = newer.cached.or(self.cached);
        self.reasoning = newer.reasoning.or(self.reasoning);
        fell
    }

    /// Whether a part is greater than its whole.
    pub fn contradict(&self) -> bool {
        let exceeds = |part: Option<u64>, whole: Option<u64>| part.zip(whole).is_some_and(|(p, w)| p > w);
        exceeds(self.cached, self.input) || exceeds(self.reasoning, self.output)
    }
}

/// What the server says, in the body, of where its time went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenTimes {
    /// Waiting to be scheduled.
    pub queue: Option<Micros>,
    /// From then to the first token.
    pub prefill: Option<Micros>,
    /// From the first token to the last.
    pub decode: Option<Micros>,
}
