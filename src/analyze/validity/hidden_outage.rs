//! A closed loop that hides an outage: while nothing is answered its callers send nothing, so that a server that stands still for
//! a second costs each of them one slow request, however many users would have come in that second.
//!
//! The gaps in which no request could be due are in the log. What arrivals at the mean rate would have met in them is computed,
//! not measured, and less than the truth: those who waited are served at once afterwards.

use crate::analyze::observed::PhaseData;
use crate::model::{Micros, Moment, Phase};

/// A gap is so many times what one caller takes for a request on average. All callers are slow at once in it, which several
/// rarely are by chance.
const TIMES: u64 = 3;
/// Of fewer callers than this
const FEW: u64 = 4;
/// it must be so many times that, for one slow request is a gap where there is one caller.
const TIMES_OF_FEW: u64 = 10;
/// Gaps of a smaller share of the time say nothing of a P95.
const SHARE: f64 = 0.01;
/// What is computed is worth a word if it is so many times what was measured.
const APART: f64 = 1.1;
/// The percentile, in tenths of a percent.
const PERMILLE: u64 = 950;

/// What a phase does not show.
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenOutage {
    /// Which.
    pub phase: Phase,
    /// Gaps in which no request could be due.
    pub gaps: u64,
    /// Their share of the time in which requests were sent, 0 to 1.
    pub share: f64,
    /// The longest.
    pub longest: Micros,
    /// Requests a second on average.
    pub rate: f64,
    /// P95 as it was measured.
    pub measured: Micros,
    /// P95 of arrivals at the mean rate.
    pub computed: Micros,
}

/// The gaps of one repetition.
struct Gaps {
    lengths: Vec<u64>,
    /// From the start to when the last request was due.
    span: u64,
    /// Requests that became due in that time because another one had ended.
    later: u64,
    repetition: u32,
}

/// What a phase of callers who wait for answers does not show; `None` where it hides nothing.
pub(super) fn of_phase(phase: Phase, data: &PhaseData) -> Option<HiddenOutage> {
    if data.is_open() {
        return None;
    }
    let all: Vec<Gaps> = (1..=data.repetitions()).filter_map(|repetition| gaps(data, repetition)).collect();
    let lengths = || all.iter().flat_map(|gaps| &gaps.lengths);
    let span: u64 = all.iter().map(|gaps| gaps.span).sum();
    let share = lengths().sum::<u64>() as f64 / span.max(1) as f64;
    if share < SHARE {
        return None;
    }
    let [measured, usual] = [PERMILLE, 500].map(|permille| data.latency().percentile(permille));
    let (measured, computed) = (measured?, computed(data, &all, usual?)?);
    (computed.0 as f64 >= measured.0 as f64 * APART).then(|| HiddenOutage {
        phase,
        gaps: lengths().count() as u64,
        share,
        longest: Micros(lengths().copied().max().unwrap_or_default()),
        rate: all.iter().map(|gaps| gaps.later).sum::<u64>() as f64 / span as f64 * 1e6,
        measured,
        computed,
    })
}

fn gaps(data: &PhaseData, repetition: u32) -> Option<Gaps> {
    let sent = data.repetition(repetition).filter(|row| row.end().is_some());
    let mut dues: Vec<u64> = sent.filter_map(|row| Some(row.due()?.since(Moment::START).0)).collect();
    dues.sort_unstable();
    let callers = dues.partition_point(|due| *due == 0) as u64;
    let (span, later) = (*dues.last()?, dues.len() as u64 - callers);
    if callers == 0 || later <= callers {
        return None;
    }
    let times = if callers < FEW { TIMES_OF_FEW } else { TIMES };
    let least = u64::try_from(u128::from(span) * u128::from(callers * times) / u128::from(later)).ok()?;
    let lengths = dues.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > least).collect();
    Some(Gaps { lengths, span, later, repetition })
}

/// P95 of arrivals that wait for nobody: outside of the gaps they meet what was measured, within they wait for the end of the gap
/// and then take the `usual` time. `None` if it falls on a failure.
fn computed(data: &PhaseData, all: &[Gaps], usual: Micros) -> Option<Micros> {
    let mut latencies: Vec<(u64, f64)> = Vec::new();
    for gaps in all {
        let between = gaps.span as f64 / gaps.later as f64;
        let outside = 1.0 - gaps.lengths.iter().sum::<u64>() as f64 / gaps.span as f64;
        let rows = data.repetition(gaps.repetition).filter(|row| row.end().is_some());
        latencies.extend(rows.map(|row| (if row.succeeded() { row.latency().0 } else { u64::MAX }, outside)));
        for gap in &gaps.lengths {
            let arrivals = (*gap as f64 / between) as u64;
            let waits = (0..arrivals).map(|at| (*gap as f64 - (at as f64 + 0.5) * between) as u64);
            latencies.extend(waits.map(|wait| (wait + usual.0, 1.0)));
        }
    }
    latencies.sort_unstable_by_key(|(latency, _)| *latency);
    let rank = latencies.iter().map(|(_, weight)| weight).sum::<f64>() * PERMILLE as f64 / 1e3;
    let mut passed = 0.0;
    let found = latencies.into_iter().find(|(_, weight)| {
        passed += weight;
        passed >= rank
    });
    found.map(|(latency, _)| Micros(latency)).filter(|latency| latency.0 < u64::MAX)
}

impl HiddenOutage {
    /// What it is and what to do.
    pub(super) fn message(&self) -> String {
        let HiddenOutage { phase, gaps, share, longest, rate, measured, computed } = self;
        let phase = phase.name();
        format!(
            "in {:.1} % of its time ({gaps} gaps, the longest {longest} ms) no caller of the {phase} phase had an answer, so that none \
             could send: a closed loop hides what users meet who come all the same; its P95 is {measured} ms, that of arrivals at the \
             same mean rate at least {computed} ms (computed from the log, not measured): run it with -q {rate:.0} to measure that",
            share * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{phase_of, sample};
    use crate::model::{ErrorKind, Sample};

    /// A server that takes 18 to 22 ms for a request and stands still in the last so many milliseconds of every 5 s.
    #[derive(Clone, Copy)]
    struct Frozen(u64);

    const PERIOD: u64 = 5_000_000;

    impl Frozen {
        /// When a request ends that begins then.
        fn end(self, begin: u64, seq: u64) -> u64 {
            let stops = |at: u64| at / PERIOD * PERIOD + PERIOD - self.0 * 1_000;
            let work = 18_000 + seq * 2_654_435_761 % 4_001;
            let begin = if begin >= stops(begin) { begin.next_multiple_of(PERIOD) } else { begin };
            let end = begin + work;
            if end > stops(begin) { end + self.0 * 1_000 } else { end }
        }

        /// Due and end of so many requests of these callers, in the order of their ends.
        fn loaded(self, callers: usize, requests: u64) -> Vec<(u64, u64)> {
            let mut free = vec![0; callers];
            let mut rows: Vec<(u64, u64)> = (0..requests)
                .map(|seq| {
                    let caller = free.iter_mut().min().expect("there are callers");
                    let due = *caller;
                    *caller = self.end(due, seq);
                    (due, *caller)
                })
                .collect();
            rows.sort_by_key(|(_, end)| *end);
            rows
        }

        fn phase(self, callers: usize, requests: u64) -> PhaseData {
            phase(&self.loaded(callers, requests))
        }
    }

    fn phase(rows: &[(u64, u64)]) -> PhaseData {
        let row = |(seq, (due, end)): (u64, &(u64, u64))| Sample {
            due: Some(Moment::from_micros(*due)),
            ..sample(seq, end - due)
        };
        phase_of(rows.len() as u64, (0..).zip(rows).map(row))
    }

    #[test]
    fn what_a_frozen_server_would_do_to_arrivals_is_computed_from_the_log_of_a_closed_loop() {
        let server = Frozen(800);
        let found = of_phase(Phase::Before, &server.phase(8, 20_000)).expect("it stood still");
        assert!((0.14..0.17).contains(&found.share), "{found:?}");
        assert!((800_000..830_000).contains(&found.longest.0) && found.measured.0 < 23_000, "{found:?}");
        // Arrivals at the mean rate, each of which begins when it comes.
        let between = 1e6 / found.rate;
        let mut arrivals: Vec<u64> = (0..20_000_u64)
            .map(|seq| {
                let due = (seq as f64 * between) as u64;
                server.end(due, seq) - due
            })
            .collect();
        arrivals.sort_unstable();
        let truth = arrivals[arrivals.len() * 95 / 100] as f64;
        assert!((found.computed.0 as f64 / truth - 1.0).abs() < 0.05, "{found:?} and not {truth}");
        let text = found.message();
        for words in ["computed from the log, not measured", "-q 3", "closed loop hides"] {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }

    #[test]
    fn few_callers_hide_it_too() {
        let found = of_phase(Phase::After, &Frozen(800).phase(1, 5_000)).expect("it stood still");
        assert!((0.14..0.17).contains(&found.share) && found.computed.0 > 500_000, "{found:?}");
    }

    #[test]
    fn a_server_that_only_takes_its_time_hides_nothing() {
        assert_eq!(of_phase(Phase::Before, &Frozen(0).phase(8, 5_000)), None);
        assert_eq!(
            of_phase(Phase::Before, &Frozen(10).phase(8, 20_000)),
            None,
            "a fifth of a percent of the time"
        );
        // One caller whose every thirtieth request takes ten times as long: slow it is, and stands still for nobody else.
        let slow = |seq: u64| if seq % 30 == 29 { 200_000 } else { 20_000 };
        let ends = (0..1_000).scan(0, |at, seq| {
            let due = *at;
            *at += slow(seq);
            Some((due, *at))
        });
        let ends: Vec<(u64, u64)> = ends.collect();
        assert_eq!(of_phase(Phase::Before, &phase(&ends)), None);
        // Batches of eight come back together.
        let batches: Vec<(u64, u64)> =
            (0..4_000_u64).map(|seq| (seq / 8 * 40_000, (seq / 8 + 1) * 40_000)).collect();
        assert_eq!(of_phase(Phase::Before, &phase(&batches)), None);
    }

    #[test]
    fn where_arrivals_wait_for_nobody_nothing_is_hidden_and_failures_have_no_time() {
        let rows = Frozen(800).loaded(8, 20_000);
        let open = |(seq, (due, end)): (u64, &(u64, u64))| Sample {
            due: Some(Moment::from_micros(*due)),
            ..sample(seq, end - due)
        };
        let mut collector = crate::analyze::PhaseCollector::new(20_000, 1).open(true);
        (0..).zip(&rows).map(open).for_each(|sample| collector.take(1, &sample).expect("planned"));
        assert_eq!(of_phase(Phase::Before, &collector.finish()), None);
        let failed = (0..).zip(&rows).map(open).map(|sample| Sample {
            error: sample.seq.is_multiple_of(10).then_some(ErrorKind::Http5xx),
            ..sample
        });
        assert_eq!(of_phase(Phase::Before, &phase_of(20_000, failed)), None, "there is no P95");
    }
}
