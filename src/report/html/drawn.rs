//! What the charts need of a phase's rows, kept small whatever the length of the run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::dot::Dot;
use super::fate::Fate;
use super::opening::Opening;
use crate::analyze::{Observation, PhaseData};
use crate::host::both;
use crate::model::mix;
use crate::model::{ErrorKind, TraceId};
use crate::model::{Micros, Moment};
use crate::stats::StepFunction;

/// Rows of both phases up to which every one is drawn.
const ROWS_MOST: u64 = 12_000;
/// Rows at and above P95 of one phase that are kept at most; the slowest stay.
const TAIL_MOST: usize = 6_000;
/// Other rows that are drawn at least, of one phase, where there are as many.
const SAMPLED_LEAST: u64 = 1_500;
/// The slowest requests that are listed.
const SLOWEST: usize = 10;
/// Points of the percentile curve.
const CURVE_POINTS: u32 = 240;
/// Parts of a repetition of which the backlog is drawn.
const BACKLOG_PARTS: usize = 200;
/// Requests named as examples of a failure.
const EXAMPLES: usize = 3;

/// A request of a certain rank.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// `median`, `P95`, `P99`, `slowest`; several where one request has several ranks.
    pub names: Vec<&'static str>,
    /// The request.
    pub dot: Dot,
}

/// Failures of one kind.
#[derive(Clone, Debug)]
pub struct Failures {
    /// Requests.
    pub n: u64,
    /// The first of them.
    pub examples: Vec<Dot>,
}

/// Exchanges with the same number of requests in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    /// Successful requests that went in such exchanges.
    pub requests: u64,
    /// Sum of the server's own compute time over these, in microseconds.
    compute: u64,
    /// Of these, the ones for which the server says it.
    told: u64,
}

impl Calls {
    /// Mean compute time of such an exchange in milliseconds, as the server says.
    pub fn mean_compute_ms(&self) -> Option<f64> {
        (self.told > 0).then(|| self.compute as f64 / self.told as f64 / 1e3)
    }
}

/// What is drawn of one phase.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Requests × repetitions.
    pub planned: u64,
    /// Requests that have a row and were sent.
    pub sent: u64,
    /// Failures and requests at or above P95 that are not drawn.
    pub tail_left_out: u64,
    /// Share of the planned requests that were not slower, and the latency, upward; up to the last success.
    pub curve: Vec<(f64, Micros)>,
    /// In the order of the rows.
    pub dots: Vec<Dot>,
    /// A request that took longer is a slow one.
    pub limit: Option<Micros>,
    /// Requests that were sent, by what became of them.
    pub fates: BTreeMap<Fate, u64>,
    /// Of these, the answered ones of which the kernel's counters are not known.
    pub uncounted: u64,
    /// Median, P95, P99 and slowest, where successes have these ranks.
    pub ranked: Vec<Ranked>,
    /// The slowest requests with an answer, slowest first.
    pub slowest: Vec<Dot>,
    /// How much of the tail the first second of a repetition is.
    pub opening: Option<Opening>,
    /// Length of each repetition from its start to its last end.
    pub spans: Vec<Micros>,
    /// Of a load whose arrivals do not wait: the most requests that were due and not answered, in equal parts of each
    /// repetition's span.
    pub backlog: Vec<Vec<u32>>,
    /// By requests in an exchange.
    pub calls: BTreeMap<u32, Calls>,
    /// By word and HTTP status.
    pub failures: BTreeMap<(&'static str, Option<u16>), Failures>,
    /// The same requests of the other phase for each listed or drawn one: its trace, where it has one.
    pub partners: BTreeMap<(u32, u64), TraceId>,
}

impl Drawn {
    /// Of both phases, before first; a request is slow that took longer than the limit.
    pub fn both(before: &PhaseData, after: &PhaseData, limit: Option<Micros>) -> [Drawn; 2] {
        let rows = (before.rows().len() + after.rows().len()) as u64;
        let of = |phase, other| {
            move || {
                let mut drawn = Drawn::of(phase, limit, rows <= ROWS_MOST);
                drawn.partners = partners(&drawn, other);
                drawn
            }
        };
        both(of(before, after), of(after, before)).into()
    }

    fn of(phase: &PhaseData, limit: Option<Micros>, every: bool) -> Drawn {
        let sent = |row: &&Observation| row.due().is_some() && row.error() != Some(ErrorKind::Unsent);
        let rows = || phase.rows().iter().filter(sent);
        let (dots, tail_left_out) =
            if every { (rows().map(Dot::of).collect(), 0) } else { sampled(phase, rows().collect()) };
        let mut drawn = Drawn {
            planned: phase.planned(),
            sent: rows().count() as u64,
            curve: curve(phase),
            dots,
            limit,
            fates: BTreeMap::new(),
            uncounted: 0,
            tail_left_out,
            ranked: ranked(phase),
            slowest: slowest(phase),
            opening: Opening::of(phase),
            spans: vec![Micros(0); phase.repetitions() as usize],
            backlog: Vec::new(),
            calls: BTreeMap::new(),
            failures: BTreeMap::new(),
            partners: BTreeMap::new(),
        };
        rows().for_each(|row| drawn.count(row));
        if phase.is_open() {
            drawn.backlog = (1..=phase.repetitions())
                .zip(&drawn.spans)
                .map(|(one, span)| backlog(phase, one, *span))
                .collect();
        }
        drawn
    }

    fn count(&mut self, row: &Observation) {
        let end = Micros(row.end().map_or(0, |end| end.as_micros()));
        if let Some(span) = self.spans.get_mut(row.repetition().saturating_sub(1) as usize) {
            *span = (*span).max(end);
        }
        *self.fates.entry(Fate::of(&Dot::of(row), self.limit)).or_default() += 1;
        self.uncounted += u64::from(row.error().is_none() && row.retransmits().is_none());
        if let Some(word) = row.error() {
            let none = || Failures { n: 0, examples: Vec::new() };
            let kind = self.failures.entry((word.name(), row.status())).or_insert_with(none);
            kind.n += 1;
            if kind.examples.len() < EXAMPLES {
                kind.examples.push(Dot::of(row));
            }
            return;
        }
        let calls = self.calls.entry(row.batch().map_or(1, |batch| batch.size)).or_default();
        calls.requests += 1;
        if let Some(compute) = row.server_compute() {
            calls.told += 1;
            calls.compute += compute.0;
        }
    }

    /// Mean compute time per answer in milliseconds: a call's, shared by the requests in it.
    pub fn compute_per_answer_ms(&self) -> Option<f64> {
        let per_answer = |(size, calls): (&u32, &Calls)| {
            Some((calls.mean_compute_ms()? * calls.requests as f64 / f64::from(*size), calls.requests))
        };
        let (ms, answers) = self
            .calls
            .iter()
            .filter_map(per_answer)
            .fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (answers > 0).then(|| ms / answers as f64)
    }

    /// The most requests that went in one call.
    pub fn largest_call(&self) -> u32 {
        self.calls.keys().next_back().copied().unwrap_or(0)
    }

    /// Rows that were sent and are not drawn.
    pub fn left_out(&self) -> u64 {
        self.sent - self.dots.len() as u64
    }
}

/// All at and above P95 and all failures, and of the others a share by the hash of their place in the plan, which is
/// the same in both phases. Of a tail that is too long the failures and the slowest stay; how many do not is told.
fn sampled(phase: &PhaseData, rows: Vec<&Observation>) -> (Vec<Dot>, u64) {
    let threshold = phase.latency().of_successes().percentile(950).unwrap_or_default();
    let in_tail = |row: &Observation| row.latency() >= threshold || !row.succeeded();
    let mut tail: Vec<&Observation> = rows.iter().copied().filter(|row| in_tail(row)).collect();
    let others = (rows.len() - tail.len()) as u64;
    if tail.len() > TAIL_MOST {
        let rank =
            |row: &&Observation| (row.succeeded(), Reverse(row.latency()), row.repetition(), row.seq());
        tail.sort_by_key(rank);
        tail.truncate(TAIL_MOST);
    }
    let left_out = rows.len() as u64 - others - tail.len() as u64;
    let kept: HashSet<(u32, u64)> = tail.iter().map(|row| place(row)).collect();
    let room = (ROWS_MOST / 2).saturating_sub(kept.len() as u64).max(SAMPLED_LEAST);
    let bound =
        (u128::from(u64::MAX) * u128::from(room) / u128::from(others.max(1))).min(u128::from(u64::MAX));
    let chosen = |row: &Observation| u128::from(mix(row.seq() ^ u64::from(row.repetition()) << 40)) <= bound;
    let drawn =
        rows.into_iter().filter(|row| if in_tail(row) { kept.contains(&place(row)) } else { chosen(row) });
    (drawn.map(Dot::of).collect(), left_out)
}

fn place(row: &Observation) -> (u32, u64) {
    (row.repetition(), row.seq())
}

fn backlog(phase: &PhaseData, repetition: u32, span: Micros) -> Vec<u32> {
    let on = phase.repetition(repetition).filter_map(|row| row.due().zip(row.end()));
    StepFunction::new(on).peaks(Moment::START + span, BACKLOG_PARTS)
}

/// At most one point a pixel or two, each an actual rank.
fn curve(phase: &PhaseData) -> Vec<(f64, Micros)> {
    let latency = phase.latency();
    let planned = latency.planned();
    let nines = (planned.max(1) as f64 * 2.0).log10();
    let rank = |point: u32| {
        let share = 1.0 - 10_f64.powf(-nines * f64::from(point) / f64::from(CURVE_POINTS));
        ((share * planned as f64).ceil() as u64).clamp(1, planned.max(1))
    };
    let ranks: BTreeSet<u64> = (0..=CURVE_POINTS).map(rank).collect();
    // The middle of the rank's step, so that the last one has a place on an axis that never reaches 1.
    let share = |rank: u64| (rank as f64 - 0.5) / planned as f64;
    ranks.into_iter().map_while(|rank| Some((share(rank), latency.at_rank(rank)?))).collect()
}

fn ranked(phase: &PhaseData) -> Vec<Ranked> {
    let latency = phase.latency();
    let slowest = latency.of_successes().max();
    let wanted = [
        ("median", latency.percentile(500)),
        ("P95", latency.percentile(950)),
        ("P99", latency.percentile(990)),
        ("slowest", slowest),
    ];
    let mut ranked: Vec<Ranked> = Vec::new();
    for (name, length) in wanted {
        let Some(length) = length else { continue };
        if let Some(same) = ranked.iter_mut().find(|one| one.dot.latency == length) {
            same.names.push(name);
        } else if let Some(row) = phase.rows().iter().find(|row| row.succeeded() && row.latency() == length) {
            ranked.push(Ranked { names: vec![name], dot: Dot::of(row) });
        }
    }
    ranked
}

fn slowest(phase: &PhaseData) -> Vec<Dot> {
    let latency = phase.latency();
    let least = latency.at_rank(latency.succeeded().saturating_sub(SLOWEST as u64) + 1).unwrap_or_default();
    let rows = phase.rows().iter().filter(|row| row.succeeded() && row.latency() >= least);
    let mut rows: Vec<&Observation> = rows.collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.latency()), row.repetition(), row.seq()));
    rows.into_iter().take(SLOWEST).map(Dot::of).collect()
}

/// The traces of the same requests in the other phase.
fn partners(own: &Drawn, other: &PhaseData) -> BTreeMap<(u32, u64), TraceId> {
    let ranked = own.ranked.iter().map(|one| &one.dot);
    let wanted: HashSet<_> =
        own.dots.iter().chain(&own.slowest).chain(ranked).map(|dot| (dot.repetition, dot.seq)).collect();
    let rows = other.rows().iter().filter(|row| wanted.contains(&place(row)));
    rows.map(|row| (place(row), row.trace_id())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::PhaseCollector;
    use crate::analyze::fixtures::{phase, phase_of, sample};
    use crate::model::Sample;

    #[test]
    fn a_small_run_is_drawn_whole() {
        let [before, _] = Drawn::both(&phase(&[&[5_000; 30]]), &phase(&[&[5_000; 30]]), None);
        assert_eq!((before.dots.len(), before.left_out(), before.sent), (30, 0, 30));
    }

    #[test]
    fn a_long_run_keeps_its_tail_and_counts_what_is_left_out() {
        let latencies: Vec<u64> = (0..20_000).map(|seq| 100_000 + seq * 7 % 20_000).collect();
        let data = phase(&[&latencies]);
        let [before, after] = Drawn::both(&data, &data, None);
        let threshold = data.latency().percentile(950).expect("all succeed");
        let tail = before.dots.iter().filter(|dot| dot.latency >= threshold).count();
        assert_eq!(tail, 1_001, "every request from P95 on");
        assert!((5_000..7_000).contains(&before.dots.len()), "{}", before.dots.len());
        assert_eq!(before.left_out(), 20_000 - before.dots.len() as u64);
        assert_eq!(before.dots, after.dots, "the same requests of both phases");
    }

    #[test]
    fn of_a_tail_that_is_too_long_the_failures_stay_and_the_rest_is_counted() {
        let rows = 300_000;
        let failed = |seq: u64| seq.is_multiple_of(1_000);
        let sample = |seq: u64| Sample {
            error: failed(seq).then_some(ErrorKind::Reset),
            ..sample(seq, if failed(seq) { 1 } else { 100_000 + seq })
        };
        let data = phase_of(rows, (0..rows).map(sample));
        let [before, _] = Drawn::both(&data, &data, None);
        assert_eq!(before.dots.iter().filter(|dot| dot.error.is_some()).count(), 300);
        let at_p95 =
            data.rows().iter().filter(|row| row.latency().0 >= 100_000 + rows * 95 / 100).count() as u64;
        assert!(before.tail_left_out >= at_p95 + 300 - TAIL_MOST as u64, "{}", before.tail_left_out);
    }

    #[test]
    fn the_backlog_is_that_of_arrivals_that_do_not_wait() {
        // One due each millisecond, each of which takes three.
        let rows = || {
            (0..300).map(|seq| Sample { due: Some(Moment::from_micros(seq * 1_000)), ..sample(seq, 3_000) })
        };
        let of = |open: bool| {
            let mut collector = PhaseCollector::new(300, 1).open(open);
            rows().for_each(|row| collector.take(1, &row).expect("planned"));
            let data = collector.finish();
            Drawn::both(&data, &data, None)[0].backlog.clone()
        };
        let open = of(true);
        assert_eq!((open.len(), open[0].len()), (1, BACKLOG_PARTS));
        assert_eq!(open[0].iter().max(), Some(&3));
        assert_eq!(of(false), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn one_request_can_have_several_ranks() {
        let [few, _] = Drawn::both(&phase(&[&[1_000, 2_000, 3_000]]), &phase(&[&[1_000]]), None);
        let names: Vec<_> = few.ranked.iter().map(|one| (one.names.join(", "), one.dot.latency.0)).collect();
        assert_eq!(names, [("median".to_string(), 2_000), ("P95, P99, slowest".to_string(), 3_000)]);
        assert_eq!(few.slowest.iter().map(|dot| dot.latency.0).collect::<Vec<_>>(), [3_000, 2_000, 1_000]);
    }

    #[test]
    fn the_curve_rises_to_the_last_rank() {
        let latencies: Vec<u64> = (1..=1_000).collect();
        let [drawn, _] = Drawn::both(&phase(&[&latencies]), &phase(&[&latencies]), None);
        assert!(drawn.curve.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
        assert_eq!(drawn.curve.last(), Some(&(0.9995, Micros(1_000))));
        assert_eq!(drawn.curve.first(), Some(&(0.0005, Micros(1))));
    }
}
