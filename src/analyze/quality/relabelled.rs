//! The answers to one request, and how far two phases of them disagree under one division into phases or another.

use crate::stats::SplitMix64;

/// Answers of each phase that are taken, so that all of a request are bits of one word.
pub(super) const MOST: usize = 32;

/// Which of a request's answers differ; those of the before phase come first.
#[derive(Debug)]
pub(super) struct RequestAnswers {
    /// Of each answer, those that differ from it.
    differ: Vec<u64>,
    before: usize,
}

/// Shares of pairs that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Disagreement {
    /// Of pairs within the before phase.
    pub(super) within: f64,
    /// Of pairs of one answer of each phase.
    pub(super) across: f64,
}

impl RequestAnswers {
    /// Of at least two answers of the before phase and one of the after phase; `None` if a pair cannot be told.
    pub(super) fn of(before: usize, all: usize, same: impl Fn(usize, usize) -> Option<bool>) -> Option<Self> {
        let mut differ = vec![0_u64; all];
        for one in 0..all {
            for other in one + 1..all {
                if !same(one, other)? {
                    differ[one] |= 1 << other;
                    differ[other] |= 1 << one;
                }
            }
        }
        Some(RequestAnswers { differ, before })
    }

    /// Whether another division could come to another result.
    pub(super) fn varies(&self) -> bool {
        let others = self.differ.len() as u32 - 1;
        let all = |count: u32| self.differ.iter().all(|row| row.count_ones() == count);
        !all(0) && !all(others)
    }

    /// Whether every answer of the after phase, of several, differs from every one of the before phase, which are all alike.
    pub(super) fn changed_for_good(&self) -> bool {
        let several = self.differ.len() - self.before >= 2;
        several && self.observed() == Disagreement { within: 0.0, across: 1.0 }
    }

    /// As the answers were given.
    pub(super) fn observed(&self) -> Disagreement {
        self.divided(low_bits(self.before))
    }

    /// As if a random choice of as many answers were those of the before phase.
    pub(super) fn at_random(&self, random: &mut SplitMix64) -> Disagreement {
        self.divided(self.choice(random))
    }

    /// Each choice is as likely as any other: Floyd's method (Bentley and Floyd, Programming Pearls, 1987).
    fn choice(&self, random: &mut SplitMix64) -> u64 {
        let all = self.differ.len();
        (all - self.before..all).fold(0, |chosen, last| {
            let bit = 1_u64 << random.below(last as u64 + 1);
            chosen | if chosen & bit == 0 { bit } else { 1 << last }
        })
    }

    fn divided(&self, before: u64) -> Disagreement {
        let (mut within, mut across) = (0, 0);
        for (at, row) in self.differ.iter().enumerate().filter(|(at, _)| before >> at & 1 == 1) {
            debug_assert!(row >> at & 1 == 0, "an answer is itself");
            within += (row & before).count_ones();
            across += (row & !before).count_ones();
        }
        let (own, others) = (self.before as f64, (self.differ.len() - self.before) as f64);
        Disagreement {
            within: f64::from(within) / (own * (own - 1.0)),
            across: f64::from(across) / (own * others),
        }
    }
}

fn low_bits(count: usize) -> u64 {
    (1 << count) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &str, after: &str) -> RequestAnswers {
        let all = [before, after].concat().into_bytes();
        RequestAnswers::of(before.len(), all.len(), |one, other| Some(all[one] == all[other]))
            .expect("all is told")
    }

    #[test]
    fn disagreement_is_the_share_of_pairs() {
        let shares = |before: &str, after: &str| {
            let found = of(before, after).observed();
            [(found.within * 3.0).round(), (found.across * 9.0).round()]
        };
        assert_eq!(shares("aaa", "aaa"), [0.0, 0.0]);
        assert_eq!(shares("aab", "aaa"), [2.0, 3.0]);
        assert_eq!(shares("aaa", "bbb"), [0.0, 9.0]);
        assert_eq!(shares("abc", "def"), [3.0, 9.0]);
        assert_eq!(shares("aab", "abb"), [2.0, 5.0]);
        let full = RequestAnswers::of(MOST, 2 * MOST, |one, other| Some((one < MOST) == (other < MOST)));
        assert_eq!(full.expect("all is told").observed(), Disagreement { within: 0.0, across: 1.0 });
    }

    #[test]
    fn only_answers_of_which_some_agree_can_be_divided_otherwise() {
        assert!([("aaa", "aaa"), ("abc", "def")].iter().all(|(before, after)| !of(before, after).varies()));
        assert!([("aaa", "bbb"), ("ab", "a")].iter().all(|(before, after)| of(before, after).varies()));
        assert!(RequestAnswers::of(2, 3, |_, other| (other != 2).then_some(true)).is_none());
    }

    #[test]
    fn every_division_is_as_likely_as_any_other() {
        let (request, mut random) = (of("aaa", "bbb"), SplitMix64::new(7));
        let mut seen = std::collections::BTreeMap::new();
        (0..20_000).for_each(|_| *seen.entry(request.choice(&mut random)).or_insert(0_u32) += 1);
        assert_eq!(seen.len(), 20, "three of six");
        assert!(
            seen.iter().all(|(chosen, times)| chosen.count_ones() == 3 && (850..1_150).contains(times)),
            "{seen:?}"
        );
    }
}
