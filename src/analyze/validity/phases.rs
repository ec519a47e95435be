//! Whether the two phases can be compared: the same answers, equal failures, all requests accounted for.

use std::collections::BTreeSet;

use super::doubt::Doubt;
use super::remedy::SentBy;
use crate::analyze::document::Quality;
use crate::analyze::observed::{PhaseData, meets};
use crate::analyze::quality::{self, AnswerPairs};
use crate::model::SlaLine;
use crate::model::{Peer, Phase};

/// Two-sided 99 % quantile of the normal distribution.
const Z_99: f64 = 2.576;
/// Shares of failures that are closer than this are equal for any purpose.
const ERRORS_APART: f64 = 0.005;

pub(super) fn answers(
    quality: &Quality,
    before: &PhaseData,
    after: &PhaseData,
    pairs: &AnswerPairs,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if quality.degraded {
        doubts.push(Doubt::AnswersDiffer(Box::new(quality.clone())));
    }
    // Few answers may differ by chance though the before phase never did.
    let by_chance = if quality.degraded { 0 } else { quality.different };
    let varying = quality::varying(before, pairs).max(by_chance);
    if varying > 0 {
        doubts.push(Doubt::AnswersVary { requests: varying, yardstick: quality.yardstick.clone() });
    }
    let answers = [before, after].map(quality::not_copied).iter().sum();
    if answers > 0 {
        let (succeeded, not_compared) = (before.succeeded() + after.succeeded(), quality.not_compared);
        doubts.push(Doubt::AnswersNotCopied { answers, succeeded, not_compared });
    }
    doubts
}

/// Addresses that only one phase met.
pub(super) fn peers(before: &PhaseData, after: &PhaseData) -> Option<Doubt> {
    let (met_before, met_after) = (before.ways().peers(), after.ways().peers());
    if met_before.is_empty() || met_after.is_empty() || met_before == met_after {
        return None;
    }
    let only = |one: &BTreeSet<Peer>, other: &BTreeSet<Peer>| one.difference(other).copied().collect();
    Some(Doubt::PeersDiffer { before: only(&met_before, &met_after), after: only(&met_after, &met_before) })
}

/// Requests without a success, without a row, never sent. Rows that a stopped run did not come to are no loss.
pub(super) fn accounting(
    before: &PhaseData,
    after: &PhaseData,
    cut_short: bool,
    sent_by: &SentBy,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for (phase, data) in [(Phase::Before, before), (Phase::After, after)] {
        let (planned, missing) = (data.planned(), if cut_short { 0 } else { data.missing() });
        let unsent = data.unsent() - missing;
        let stopped_before = cut_short && data.failed() == 0;
        if data.succeeded() == 0 && !stopped_before {
            doubts.push(Doubt::NoSuccess {
                phase,
                failures: data.failure_groups(),
                sent_by: sent_by.clone(),
            });
        } else if unsent > 0 {
            doubts.push(Doubt::Unsent { phase, unsent, planned });
        }
        if data.succeeded() > 0 && data.mostly_failed() {
            let (failed, sent) = (data.failed(), data.failed() + data.succeeded());
            let failures = data.failure_groups();
            doubts.push(Doubt::MostlyFailed { phase, failed, sent, failures, sent_by: sent_by.clone() });
        }
        if let requests @ 1.. = data.local_limits() {
            doubts.push(Doubt::LocalLimit { phase, requests, planned });
        }
        if missing > 0 {
            doubts.push(Doubt::MissingRows { phase, missing, planned });
        }
    }
    doubts
}

/// Only where the before phase keeps every line: one that it misses is something to fix. `closed` is whether the server ended
/// connections of the after phase that were to be kept; one that is overloaded keeps no line.
pub(super) fn nothing_to_fix(
    sla: &[SlaLine],
    phases: [&PhaseData; 2],
    overloaded: [bool; 2],
    closed: bool,
) -> Option<Doubt> {
    // What a client at its own limit has measured is no reason to keep anything as it is.
    if phases.iter().any(|phase| phase.local_limits() > 0) {
        return None;
    }
    let keeps = |at: usize| !overloaded[at] && sla.iter().all(|line| meets(line, phases[at]));
    keeps(0).then(|| Doubt::NothingToFix { broken: !keeps(1), closed })
}

/// A two-proportion z-test at 99 % on the failures among the requests that were sent.
pub(super) fn unequal_errors(before: &PhaseData, after: &PhaseData) -> Option<Doubt> {
    let counts =
        [before, after].map(|data| (data.failed() as f64, (data.failed() + data.succeeded()) as f64));
    let [(failed_before, n_before), (failed_after, n_after)] = counts;
    if n_before == 0.0 || n_after == 0.0 {
        return None;
    }
    let (share_before, share_after) = (failed_before / n_before, failed_after / n_after);
    let pooled = (failed_before + failed_after) / (n_before + n_after);
    let error = (pooled * (1.0 - pooled) * (1.0 / n_before + 1.0 / n_after)).sqrt();
    let apart = (share_before - share_after).abs();
    (apart >= ERRORS_APART && apart > Z_99 * error)
        .then_some(Doubt::UnequalErrors { before: share_before, after: share_after })
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::analyze::fixtures::{phase, phase_of, sample, sla};
    use crate::model::{ConnectionUse, ErrorKind, Sample};

    fn failing(failures: u64) -> PhaseData {
        let error = |seq| (seq < failures).then_some(ErrorKind::Http5xx);
        phase_of(1_000, (0..1_000).map(|seq| Sample { error: error(seq), ..sample(seq, 500_000) }))
    }

    #[test]
    fn a_phase_that_meets_every_line_leaves_nothing_to_fix() {
        let fast = phase(&[&[500_000; 100]]);
        let found = |lines: &[SlaLine], after| nothing_to_fix(lines, [&fast, after], [false; 2], false);
        let line = sla("p95", 500);
        let [none, worse] = [false, true].map(|broken| Doubt::NothingToFix { broken, closed: false });
        assert_eq!(found(std::slice::from_ref(&line), &fast), Some(none));
        assert_eq!(found(&[line.clone(), sla("p50", 499)], &fast), None, "one line is missed");
        let of = |overloaded| nothing_to_fix(std::slice::from_ref(&line), [&fast, &fast], overloaded, false);
        assert_eq!(of([true, false]), None, "what an overloaded phase keeps is no limit");
        assert_eq!(of([false, true]), Some(Doubt::NothingToFix { broken: true, closed: false }));
        let slow = phase(&[&[900_000; 100]]);
        let broken = found(std::slice::from_ref(&line), &slow).expect("a doubt");
        assert_eq!(broken, worse);
        assert!(message(&broken).contains("made it worse"), "{}", message(&broken));
        let closed = message(&nothing_to_fix(&[line], [&fast, &slow], [false; 2], true).expect("a doubt"));
        assert!(!closed.contains("keep sending") && closed.contains("caveat on these"), "{closed}");
    }

    #[test]
    fn what_this_machine_had_no_room_for_is_no_failure_of_the_server() {
        let full = |n| {
            let error = move |seq| (seq < n).then_some(ErrorKind::LocalLimit);
            phase_of(1_000, (0..1_000).map(move |seq| Sample { error: error(seq), ..sample(seq, 500_000) }))
        };
        let (fast, crowded) = (phase(&[&[500_000; 1_000]]), full(3));
        let found = accounting(&fast, &crowded, false, &SentBy::default());
        assert_eq!(found, [Doubt::LocalLimit { phase: Phase::After, requests: 3, planned: 1_000 }]);
        let text = message(&found[0]);
        assert!(text.contains("not the server's") && text.contains("ulimit -n"), "{text}");
        let line = [sla("p95", 400)];
        assert_eq!(nothing_to_fix(&line, [&fast, &crowded], [false; 2], false), None);
        assert_eq!(
            nothing_to_fix(&[sla("p95", 600)], [&fast, &crowded], [false; 2], false),
            None,
            "nobody is told to keep anything"
        );
    }

    #[test]
    fn peers_that_only_one_phase_met_are_named() {
        let met = |addresses: &[&str]| {
            let connection = |seq: u64| {
                let peer = addresses.get(seq as usize).map(|address| address.parse().expect("an address"));
                Some(ConnectionUse { id: seq, peer, ..ConnectionUse::default() })
            };
            phase_of(5, (0..5).map(|seq| Sample { connection: connection(seq), ..sample(seq, 500_000) }))
        };
        let (one, two) = (met(&["10.0.0.1:80"]), met(&["10.0.0.1:80", "10.0.0.2:80"]));
        assert_eq!((peers(&two, &two), peers(&met(&[]), &one)), (None, None));
        let found = peers(&two, &one).expect("a doubt");
        assert_eq!(
            found,
            Doubt::PeersDiffer { before: vec!["10.0.0.2:80".parse().expect("one")], after: vec![] }
        );
        assert!(message(&found).contains("only before: 10.0.0.2:80"), "{}", message(&found));
    }

    #[test]
    fn failures_of_one_phase_only_are_named() {
        assert_eq!(unequal_errors(&failing(0), &failing(0)), None);
        assert_eq!(unequal_errors(&failing(20), &failing(25)), None, "within chance");
        assert!(unequal_errors(&failing(0), &failing(40)).is_some());
    }

    #[test]
    fn rows_that_are_not_there_are_counted_unless_the_run_was_stopped() {
        let cut = phase_of(100, (0..60).map(|seq| sample(seq, 500_000)));
        let lost = Doubt::MissingRows { phase: Phase::After, missing: 40, planned: 100 };
        let whole = phase(&[&[500_000; 100]]);
        assert_eq!(accounting(&whole, &cut, false, &SentBy::default()), [lost]);
        let unsent = Doubt::Unsent { phase: Phase::After, unsent: 40, planned: 100 };
        assert_eq!(accounting(&whole, &cut, true, &SentBy::default()), [unsent]);
    }
}
