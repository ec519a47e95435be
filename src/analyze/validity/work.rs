//! Whether equal work took the server equal time in both phases: whole exchanges of unequal size never tell.

use std::collections::BTreeMap;

use super::doubt::Doubt;
use super::work_basis::WorkBasis;
use crate::analyze::observed::{Observation, PhaseData, SingleCall};
use crate::model::{Phase, Stage};
use crate::stats::rounded;
use crate::stats::student;

/// Pairs of items before their costs are compared.
const ITEMS_LEAST: usize = 30;
/// Pairs of single calls, likewise: two warm ones at both ends of one repetition.
const CALLS_LEAST: usize = 4;
/// Work that takes longer by more than this factor is another server's.
const APART: f64 = 1.10;
/// By item costs where the server reports them, else by the single calls; where there is too little of both, nothing is said.
pub(super) fn unequal(before: &PhaseData, after: &PhaseData, calls: &[SingleCall]) -> Option<Doubt> {
    let items = item_pairs(before, after);
    if items.len() >= ITEMS_LEAST {
        return judge(items, WorkBasis::ItemCosts);
    }
    let (basis, pairs) = paired_calls(calls);
    (pairs.len() >= CALLS_LEAST).then(|| judge(pairs, basis)).flatten()
}

/// What the single calls beside the repetitions took: the same work for an idle server, before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleCalls {
    /// What was timed.
    pub basis: WorkBasis,
    /// Successful calls beside the before and beside the after phase.
    pub calls: [u64; 2],
    /// Their mean in milliseconds.
    pub mean_ms: [f64; 2],
    /// Whether the same call took the same time in both; `None` where too few can be paired.
    pub alike: Option<bool>,
}

impl IdleCalls {
    /// Of the calls of a run; `None` where one phase has none.
    pub fn of(calls: &[SingleCall]) -> Option<Self> {
        let (basis, pairs) = paired_calls(calls);
        let times = Phase::BOTH.map(|phase| {
            let of_phase = calls.iter().filter(|call| call.row.succeeded() && call.phase == phase);
            of_phase.filter_map(|call| time_of(call, basis)).collect::<Vec<_>>()
        });
        let mean = |times: &Vec<u64>| times.iter().sum::<u64>() as f64 / times.len() as f64 / 1e3;
        let alike = (pairs.len() >= CALLS_LEAST).then(|| judge(pairs, basis).is_none());
        times.iter().all(|times| !times.is_empty()).then(|| IdleCalls {
            basis,
            calls: [0, 1].map(|phase| times[phase].len() as u64),
            mean_ms: [0, 1].map(|phase| mean(&times[phase])),
            alike,
        })
    }
}

/// By compute where the server reports it of every call, else by the wait.
fn paired_calls(calls: &[SingleCall]) -> (WorkBasis, Vec<(u64, u64)>) {
    let of_calls = || calls.iter().filter(|call| call.row.succeeded());
    let reported = of_calls().all(|call| call.row.server_compute().is_some());
    let basis = if reported { WorkBasis::CallCompute } else { WorkBasis::CallWait };
    (basis, call_pairs(of_calls(), basis))
}

/// In microseconds; the wait only of a call on a warm connection.
fn time_of(call: &SingleCall, basis: WorkBasis) -> Option<u64> {
    let warm = call.row.connection().is_some_and(|used| used.reused);
    let time = match basis {
        WorkBasis::CallWait => call.row.stage(Stage::Wait).filter(|_| warm),
        _ => call.row.server_compute(),
    };
    time.map(|time| time.0)
}

/// Before and after, in microseconds, of the same request in the same repetition.
fn item_pairs(before: &PhaseData, after: &PhaseData) -> Vec<(u64, u64)> {
    let costs = |data: &PhaseData, repetition| data.by_seq(repetition, Observation::server_item);
    let repetitions = 1..=before.repetitions().min(after.repetitions());
    let pairs = repetitions.flat_map(|repetition| {
        let both = costs(before, repetition).into_iter().zip(costs(after, repetition));
        both.filter_map(|(before, after)| Some((before?.0, after?.0)))
    });
    pairs.collect()
}

/// The same call beside the same repetition of both phases, at the same end of it.
fn call_pairs<'a>(calls: impl Iterator<Item = &'a SingleCall>, basis: WorkBasis) -> Vec<(u64, u64)> {
    let mut both: BTreeMap<(u32, bool, u64), [Option<u64>; 2]> = BTreeMap::new();
    for call in calls {
        let pair = both.entry((call.repetition, call.at_end, call.row.seq())).or_default();
        pair[usize::from(call.phase == Phase::After)] = time_of(call, basis);
    }
    both.into_values().filter_map(|[before, after]| before.zip(after)).collect()
}

/// By the pair whose ratio is the median.
fn judge(mut pairs: Vec<(u64, u64)>, basis: WorkBasis) -> Option<Doubt> {
    let ratio = |pair: &(u64, u64)| pair.1 as f64 / pair.0.max(1) as f64;
    let by_ratio =
        |one: &(u64, u64), other: &(u64, u64)| ratio(one).total_cmp(&ratio(other)).then(one.cmp(other));
    let middle = pairs.len() / 2;
    let median = *pairs.select_nth_unstable_by(middle, by_ratio).1;
    let (ratio, (before, after)) = (ratio(&median), median);
    let apart = ratio.max(1.0 / ratio) > APART && before.abs_diff(after) > basis.grain().0;
    (apart && beyond_chance(&pairs)).then(|| Doubt::UnequalWork {
        basis,
        pairs: pairs.len(),
        ratio: rounded(ratio, 2),
    })
}

/// Whether the 95 % interval of the mean log ratio (Student's t over the pairs) leaves out 1: a server whose calls differ
/// much from one to the next is not another one for that.
fn beyond_chance(pairs: &[(u64, u64)]) -> bool {
    let n = pairs.len() as f64;
    let logs = || pairs.iter().map(|pair| (pair.1.max(1) as f64 / pair.0.max(1) as f64).ln());
    let mean = logs().sum::<f64>() / n;
    let variance = logs().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
    mean.abs() > student::quantile(pairs.len() as u32 - 1) * (variance / n).sqrt()
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
