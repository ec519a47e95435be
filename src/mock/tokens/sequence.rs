//! A request that is being answered token by token.

/// What a request asks of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenJob {
    /// Whose it is; unique among those that are not finished.
    pub id: u64,
    /// Tokens of the prompt.
    pub prompt: u32,
    /// Of these, tokens that are in the prefix cache.
    pub cached: u32,
    /// Tokens of the answer; at least one is given.
    pub answer: u32,
}

/// A token that a step gives out at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmittedToken {
    /// Of which request.
    pub id: u64,
    /// From 0.
    pub index: u32,
    /// The answer ends with it.
    pub last: bool,
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Sequence {
    pub(super) id: u64,
    /// Tokens of the prompt that are still to be computed.
    prompt_left: u32,
    answer: u32,
    emitted: u32,
}

impl Sequence {
    /// A prompt that is all in the cache costs one token: the one from which the first of the answer follows.
    pub(super) fn new(job: TokenJob) -> Self {
        let prompt_left = job.prompt.saturating_sub(job.cached).max(1);
        Sequence { id: job.id, prompt_left, answer: job.answer.max(1), emitted: 0 }
    }

    /// Whether its prompt is done.
    pub(super) fn decodes(&self) -> bool {
        self.prompt_left == 0
    }

    /// Computes so many tokens of its prompt at most; how many it was.
    pub(super) fn prefill(&mut self, most: u32) -> u32 {
        let now = self.prompt_left.min(most);
        self.prompt_left -= now;
        now
    }

    /// The next token, if its prompt is done.
    pub(super) fn emit(&mut self) -> Option<EmittedToken> {
        self.decodes().then(|| {
            self.emitted += 1;
            EmittedToken { id: self.id, index: self.emitted - 1, last: self.emitted == self.answer }
        })
    }
}
