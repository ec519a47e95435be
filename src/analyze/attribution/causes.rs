//! Ranks the causes of the slow requests, those of failed ones among them.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::context::Context;
use super::evidence::{RowCounts, evidence};
use super::groups::Groups;
use super::remedy::{Advice, NO_TAIL, OUT_OF_TIME, remedy};
use super::split::is_shed;
use super::wording::explanation;
use crate::analyze::document::{Cause, CauseFinding, Table};
use crate::analyze::observed::PhaseData;
use crate::model::ErrorKind;
use crate::stats::rounded;

/// Requests that were lost to each cause. They have no latency, but they rank above all that have.
struct Lost {
    by_cause: [u64; Cause::ALL.len()],
    all: u64,
    /// The slowest 5 % of all planned requests.
    slowest: u64,
}

/// A cause that takes the tail less than both of these, on average in microseconds and of its excess, is not listed;
/// the sums have it.
const LITTLE_TIME: f64 = 100.0;
const LITTLE_SHARE: f64 = 0.001;
/// Where the slowest take less than this on average, in milliseconds, the client's own lateness counts from a timer's grain on, a
/// millisecond in microseconds: any machine is late by as much, and of requests that short it would be the first of all causes.
const SHORT_TAIL_MS: f64 = 10.0;
const CLIENTS_GRAIN: f64 = 1_000.0;

/// A cause that is so much of the middle is one of all requests, and has its remedy also where they have no tail.
const MUCH_OF_MIDDLE: f64 = 0.25;

/// The causes that weigh something, the weightiest first.
pub(super) fn causes(
    phase: &PhaseData,
    context: &Context<'_>,
    groups: &Groups,
    counts: &RowCounts,
    advice: &Advice<'_>,
) -> Vec<CauseFinding> {
    let lost = Lost::of(phase, context);
    let weight = |cause: Cause| {
        let time = groups.share_of_excess(cause).unwrap_or(0.0);
        (lost.share(cause) + (1.0 - lost.share_of_all()) * time, time)
    };
    let mut found: Vec<Cause> = Cause::ALL.to_vec();
    found.retain(|cause| {
        let occurs = groups.causes_of_slowness().any(|other| other == *cause);
        occurs && weighs(*cause, groups) || lost.of_cause(*cause) > 0
    });
    // Millionths, so that the order does not hang on the last bits of a sum.
    let millionths = |share: f64| (share * 1e6).round() as i64;
    found.sort_by_key(|cause| {
        let (weight, time) = weight(*cause);
        // As long as the percentile of the slowest has an answer, its time is explained first.
        let few = *cause == Cause::Failure && lost.all < lost.slowest;
        (few, Reverse(millionths(weight)), Reverse(millionths(time)), *cause)
    });
    found
        .into_iter()
        .map(|cause| CauseFinding {
            cause,
            share_of_tail_excess: groups.share_of_excess(cause),
            share_of_slowest_lost: (lost.of_cause(cause) > 0).then(|| rounded(lost.share(cause), 6)),
            evidence: lost.note(cause, evidence(cause, groups, counts, context)),
            explanation: match (cause, lost.of_cause(cause)) {
                (Cause::Unexplained, n @ 1..) => {
                    format!("{n} requests ran out of time; {}", explanation(cause, groups, counts))
                }
                _ => explanation(cause, groups, counts),
            },
            remedy: match (cause, lost.of_cause(cause)) {
                (_, 0) if advice.no_tail && groups.middle.share(cause) < MUCH_OF_MIDDLE => {
                    NO_TAIL.to_string()
                }
                (Cause::Unexplained, 1..) => OUT_OF_TIME.to_string(),
                _ => remedy(cause, advice),
            },
        })
        .collect()
}

fn weighs(cause: Cause, groups: &Groups) -> bool {
    let time = groups.tail.mean(groups.tail.causes[cause as usize]);
    let share = groups.share_of_excess(cause).unwrap_or(0.0);
    let clients = matches!(cause, Cause::ClientQueueScheduler | Cause::ClientOverload);
    if clients && time < CLIENTS_GRAIN && groups.tail.mean_ms().is_none_or(|mean| mean < SHORT_TAIL_MS) {
        return false;
    }
    time >= LITTLE_TIME || share.abs() >= LITTLE_SHARE
}

impl Lost {
    fn of(phase: &PhaseData, context: &Context<'_>) -> Self {
        let mut by_cause = [0; Cause::ALL.len()];
        for (index, row) in context.rows().iter().enumerate().filter(|(_, row)| !row.succeeded()) {
            let cause = match row.error() {
                _ if is_shed(row) => Some(Cause::Shedding),
                // What ran out of time is slow; what broke has no time that would tell why.
                Some(ErrorKind::Timeout) => Some(context.split(index).largest()),
                None | Some(ErrorKind::Unsent | ErrorKind::Interrupted) => None,
                Some(_) => Some(Cause::Failure),
            };
            if let Some(cause) = cause {
                by_cause[cause as usize] += 1;
            }
        }
        let all = phase.planned() - phase.succeeded();
        Lost { by_cause, all, slowest: phase.planned().div_ceil(20).max(1) }
    }

    fn of_cause(&self, cause: Cause) -> u64 {
        self.by_cause[cause as usize]
    }

    /// Of the slowest requests, those lost to this cause: pro rata where more are lost than that.
    fn share(&self, cause: Cause) -> f64 {
        self.of_cause(cause) as f64 / self.slowest.max(self.all) as f64
    }

    fn share_of_all(&self) -> f64 {
        self.all as f64 / self.slowest.max(self.all) as f64
    }

    fn note(&self, cause: Cause, mut evidence: Table<&'static str, Value>) -> Table<&'static str, Value> {
        if self.of_cause(cause) > 0 {
            evidence.0.push(("lost", json!(self.of_cause(cause))));
        }
        evidence
    }
}
