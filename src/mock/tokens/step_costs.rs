//! What a step of the model takes.

use std::time::Duration;

/// A step computes one token of each sequence that is past its prompt, and a part of the prompts of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCosts {
    /// Of any step.
    pub base: Duration,
    /// For each sequence that gets a token other than its first.
    pub per_sequence: Duration,
    /// For each token of a prompt.
    pub per_prompt_token: Duration,
}

impl StepCosts {
    /// Of a step that decodes so many sequences and so many tokens of prompts.
    pub fn step(&self, sequences: u32, prompt_tokens: u32) -> Duration {
        self.base + self.per_sequence * sequences + self.per_prompt_token * prompt_tokens
    }
}
