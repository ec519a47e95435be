//! One rung of the ladder: what a strategy reaches by itself, and what it bought against the rung before.

use super::comparison::verdict_of;
use super::document::{Bought, Difference, LadderRung, LatencyMs};
use super::observed::{PhaseData, meets};
use super::open_load::offered_load;
use super::quality::{self, AnswerPairs};
use super::validity::batches::forms_none;
use crate::model::{Limit, SlaLine};

/// The rungs, in the order in which they were added, each by its strategy in words, its largest batch and its rows. Answers are held against
/// those of the first rung, which sends like the before phase.
pub fn climbed(rungs: &[(String, usize, PhaseData)], sla: &[SlaLine]) -> Vec<LadderRung> {
    let mut climbed: Vec<LadderRung> = Vec::new();
    for (strategy, batch, data) in rungs {
        let rung = rung(strategy, data, &rungs[0].2, climbed.last(), sla);
        // A difference from the rung before is chance then.
        let rung = if forms_none(data, *batch) {
            LadderRung { never_batched: true, bought: None, ..rung }
        } else {
            rung
        };
        climbed.push(rung);
    }
    climbed
}

/// Why the figures of rungs and phases are not to be held against each other; `None` where they carry equally many requests.
pub fn shorter_than_phases(rungs: &[LadderRung], phase: u64) -> Option<String> {
    let rung = rungs.first()?.planned;
    (rung < phase)
        .then(|| format!("a rung is {rung} requests, a phase {phase}: compare rungs with rungs alone"))
}

fn rung(
    strategy: &str,
    data: &PhaseData,
    first: &PhaseData,
    previous: Option<&LadderRung>,
    sla: &[SlaLine],
) -> LadderRung {
    let latency = LatencyMs::of(data.latency());
    let quality = quality::compare(first, data, &AnswerPairs::default());
    let bought = |previous: &LadderRung| {
        let Difference { ms, ratio, .. } = Difference::of(previous.p95_ms, latency.p95);
        Bought { p95_ms: ms, p95_ratio: ratio }
    };
    // As of a phase: a time that grows with the length of the rung keeps no limit.
    let overloaded = offered_load(data).is_some_and(|load| load.overloaded == Some(true));
    let is_result = |line: &SlaLine| !overloaded || !matches!(line.limit(), Limit::Time(_));
    let met = sla.iter().all(|line| is_result(line) && meets(line, data));
    LadderRung {
        strategy: strategy.to_string(),
        planned: data.planned(),
        succeeded: data.succeeded(),
        unsent: data.unsent(),
        p50_ms: latency.p50,
        p95_ms: latency.p95,
        p99_ms: latency.p99,
        throughput_rps: data.throughput(),
        bought: previous.map(bought),
        verdict: verdict_of(met, &quality, &[data]),
        quality,
        never_batched: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{open_phase, phase, phase_of, sample, sla};
    use crate::model::Sample;
    use crate::model::Verdict;
    use crate::model::{AnswerDigest, Digest};

    #[test]
    fn a_rung_that_falls_behind_keeps_no_limit_on_a_time() {
        let verdict = |takes: fn(u64) -> u64| {
            let data = [("pool of 8".to_string(), 1, open_phase(300, takes))];
            climbed(&data, &[sla("p95", 700)]).remove(0).verdict
        };
        assert_eq!(verdict(|_| 500_000), Verdict::Met);
        assert_eq!(verdict(|seq| seq * 2_000), Verdict::Missed, "600 ms at most, and it grows");
    }

    #[test]
    fn a_rung_is_judged_on_every_line() {
        let data = phase(&[&[500_000; 100], &[700_000; 100]]);
        let data = [("pool of 8".to_string(), 1, data)];
        let rung = |lines: &[SlaLine]| climbed(&data, lines).remove(0);
        assert_eq!(rung(&[sla("p95", 700), sla("p50", 500)]).verdict, Verdict::Met);
        assert_eq!(rung(&[sla("p95", 700), sla("p50", 499)]).verdict, Verdict::Missed);
        assert_eq!((rung(&[]).p50_ms, rung(&[]).p95_ms, rung(&[]).planned), (Some(500.0), Some(700.0), 200));
    }

    /// A rung of 100 requests whose answers are those of the first, but for the last `worse`; `sent` were sent.
    fn rung(latency: u64, worse: u64, sent: u64) -> (String, usize, PhaseData) {
        let answer = |seq: u64| Digest::of(&(seq + 1_000 * u64::from(seq >= 100 - worse)).to_le_bytes());
        let sample =
            |seq| Sample { answer_digest: Some(AnswerDigest::OfValue(answer(seq))), ..sample(seq, latency) };
        (format!("{latency} {worse}"), 1, phase_of(100, (0..sent).map(sample)))
    }

    #[test]
    fn a_rung_with_other_answers_or_requests_that_were_never_sent_is_missed_like_a_run() {
        let limit = [sla("p50", 800)];
        let rungs = climbed(
            &[rung(900_000, 0, 100), rung(500_000, 0, 100), rung(500_000, 7, 100), rung(500_000, 0, 60)],
            &limit,
        );
        let found: Vec<_> =
            rungs.iter().map(|rung| (rung.verdict, rung.quality.different, rung.unsent)).collect();
        let expected = [
            (Verdict::Missed, 0, 0),
            (Verdict::Met, 0, 0),
            (Verdict::Missed, 7, 0),
            (Verdict::Missed, 0, 40),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_rung_whose_batches_never_formed_bought_nothing() {
        let mut rungs = [rung(900_000, 0, 100), rung(600_000, 0, 100)];
        rungs[1].1 = 4;
        let last = climbed(&rungs, &[]).pop().expect("two rungs");
        assert_eq!((last.never_batched, last.bought), (true, None));
    }

    #[test]
    fn what_a_rung_bought_is_against_the_one_before() {
        let rungs = climbed(&[rung(900_000, 0, 100), rung(600_000, 0, 100), rung(450_000, 0, 100)], &[]);
        let bought: Vec<_> =
            rungs.iter().map(|rung| rung.bought.as_ref().map(|one| (one.p95_ms, one.p95_ratio))).collect();
        assert_eq!(bought, [None, Some((Some(-300.0), Some(0.6667))), Some((Some(-150.0), Some(0.75)))]);
        assert!(
            shorter_than_phases(&rungs, 1_800)
                .is_some_and(|note| note.contains("100 requests, a phase 1800"))
        );
        assert_eq!(shorter_than_phases(&rungs, 100), None);
    }
}
