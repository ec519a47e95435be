//! How the kept connections of a load came to their end, counted: who closed them, and when.

use serde::{Deserialize, Serialize};

use super::Micros;

/// Kept connections that the server ended between two exchanges, over a repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closings {
    /// With an answer, and said so in it: `Connection: close`, HTTP/1.0, or content that ends with the connection; in HTTP/2 by
    /// GOAWAY.
    pub with_answer: u64,
    /// While they were idle, without a word.
    pub idle: u64,
    /// After this long since the answer before, at the least, in microseconds.
    pub idle_least_us: Option<u64>,
    /// At the most.
    pub idle_most_us: Option<u64>,
}

impl Closings {
    /// One that was said.
    pub fn said(&mut self) {
        self.with_answer += 1;
    }

    /// One without a word, after this long.
    pub fn silent(&mut self, idle: Micros) {
        self.idle += 1;
        self.idle_least_us = Some(self.idle_least_us.map_or(idle.0, |least| least.min(idle.0)));
        self.idle_most_us = self.idle_most_us.max(Some(idle.0));
    }

    /// With others of the same phase.
    pub fn add(&mut self, other: &Closings) {
        self.with_answer += other.with_answer;
        self.idle += other.idle;
        let least = [self.idle_least_us, other.idle_least_us].into_iter().flatten().min();
        (self.idle_least_us, self.idle_most_us) = (least, self.idle_most_us.max(other.idle_most_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_all_threads_add_up() {
        let (mut one, mut other) = (Closings::default(), Closings::default());
        one.said();
        one.silent(Micros(5));
        other.silent(Micros(3));
        other.silent(Micros(9));
        one.add(&other);
        one.add(&Closings::default());
        let all = Closings { with_answer: 1, idle: 3, idle_least_us: Some(3), idle_most_us: Some(9) };
        assert_eq!(one, all);
    }
}
