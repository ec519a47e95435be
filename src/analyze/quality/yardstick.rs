//! The before phase's disagreement with itself as the yardstick of the after phase's disagreement with it.
//!
//! A server whose answers vary gives different answers to one request also without any optimisation. How often is known, because each
//! request is answered in several repetitions. The statistic is the disagreement across the phases less that within the before
//! phase, averaged over requests: an energy statistic of samples whose distance is 0 or 1 (Székely and Rizzo, Energy statistics,
//! Journal of Statistical Planning and Inference 143, 2013), about zero where the after phase answers alike. If it does, each of a
//! request's answers might as well have come from the other phase. So what chance gives is seen by dividing the answers of each request
//! anew, at random, many times: a permutation test that is stratified by request (Good, Permutation, Parametric and Bootstrap
//! Tests of Hypotheses, 2005, chapter 3), which holds its level whatever the rates and however they differ from
//! request to request; counting the observed division as one of them makes it exact (Phipson and Smyth, Statistical
//! Applications in Genetics and Molecular Biology 9, 2010). It takes answers in one repetition for independent, given their requests.

use super::answer_lists::{AnswerLists, at};
use super::answer_pairs::AnswerPairs;
use super::relabelled::{MOST, RequestAnswers};
use crate::analyze::document::Yardstick;
use crate::model::AnswerDigest;
use crate::stats::{Interval, SplitMix64, rounded};

/// Divisions at random.
const DIVISIONS: usize = 1_999;
/// Of more requests that vary so many are taken, evenly spaced: they say as much as anybody needs.
const MOST_VARYING: usize = 20_000;
/// What lies beyond each end of the interval.
const TAIL: f64 = 0.025;

/// A yardstick, and whether the after phase is worse by it.
pub(super) struct MeasuredYardstick {
    pub(super) yardstick: Yardstick,
    pub(super) is_worse: bool,
}

/// Of the answers of each phase's repetitions, by place in the plan; `None` where no request has two of the before phase and one of the
/// after phase.
pub(super) fn measure(phases: &[AnswerLists; 2], pairs: &AnswerPairs) -> Option<MeasuredYardstick> {
    let requests = phases.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let of = |seq: usize| phases.each_ref().map(|phase| given(phase, seq));
    judged((0..requests).filter_map(|seq| request(&of(seq), pairs)), DIVISIONS)
}

/// The answers of a phase to one request.
fn given(repetitions: &AnswerLists, seq: usize) -> Vec<AnswerDigest> {
    repetitions.iter().filter_map(|answers| at(answers, seq)).take(MOST).collect()
}

fn request([before, after]: &[Vec<AnswerDigest>; 2], pairs: &AnswerPairs) -> Option<RequestAnswers> {
    if before.len() < 2 || after.is_empty() {
        return None;
    }
    let all: Vec<_> = before.iter().chain(after).collect();
    RequestAnswers::of(before.len(), all.len(), |one, other| pairs.same(*all[one], *all[other]))
}

fn judged(requests: impl Iterator<Item = RequestAnswers>, divisions: usize) -> Option<MeasuredYardstick> {
    let (mut count, mut within, mut across) = (0_u64, 0.0, 0.0);
    let (mut varying, mut changed) = (Vec::new(), false);
    for request in requests {
        let observed = request.observed();
        changed |= request.changed_for_good();
        (count, within, across) = (count + 1, within + observed.within, across + observed.across);
        if request.varies() {
            varying.push(request);
        }
    }
    let of = count as f64;
    let step = varying.len().div_ceil(MOST_VARYING).max(1);
    let taken: Vec<_> = varying.into_iter().step_by(step).collect();
    let excess = |request: &RequestAnswers| request.observed().across - request.observed().within;
    let observed: f64 = taken.iter().map(excess).sum();
    let mut chance = by_chance(&taken, divisions);
    let beyond = (TAIL * (divisions + 1) as f64) as usize;
    let [low, high] = [beyond, divisions + 1 - beyond]
        .map(|rank| chance.select_nth_unstable_by(rank - 1, f64::total_cmp).1.to_owned());
    // Where the before phase never disagrees with itself, a request whose answers are all others afterwards is no chance, though
    // the one request proves little: each of them would be an answer that is given next to never.
    let never_varies = within == 0.0 && changed;
    // Sums of the same numbers in another order differ in their last digits.
    let is_worse = observed > high + 1e-9 || never_varies;
    let share = |excess: f64| ((within + excess * step as f64) / of).clamp(0.0, 1.0);
    let chance95 = Interval { lo: share(low), hi: share(high) }.rounded(6);
    (count > 0).then(|| MeasuredYardstick {
        yardstick: Yardstick {
            requests: count,
            before_share: rounded(within / of, 6),
            after_share: rounded(across / of, 6),
            chance95,
        },
        is_worse,
    })
}

/// The statistic's sum under each of so many random divisions.
fn by_chance(requests: &[RequestAnswers], divisions: usize) -> Vec<f64> {
    let mut random = SplitMix64::new(requests.len() as u64);
    let mut excess = |request: &RequestAnswers| {
        let divided = request.at_random(&mut random);
        divided.across - divided.within
    };
    (0..divisions).map(|_| requests.iter().map(&mut excess).sum()).collect()
}

#[cfg(test)]
#[path = "yardstick_tests.rs"]
mod tests;
