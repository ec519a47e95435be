//! Whether the first repetition of a phase met a server that was not warm: it is slow against the others.
//!
//! Three looks: P50 and P95 of the repetition, and P50 of its opening, the first fifth of its requests. The first repetition's
//! figure is at least 1.25 times that of the slowest other one (1.5 where there is only one other, 2 of the opening); on a
//! logarithmic scale it is twice as far from it as the others are from each other; and that so few of its requests are as
//! fast as that slowest other figure is beyond chance, by a block bootstrap in the order in which they were due. Requests that
//! lost packets are left out: a retransmission waits for a timer, not for a cold server.

use crate::analyze::observed::{Observation, PhaseData};
use crate::model::{Micros, Phase};
use crate::stats::bootstrap::{self, Blocks};
use crate::stats::distribution::percentiles;
use crate::stats::rounded;

/// Where there is only one other, nothing shows how far repetitions lie apart by chance.
const APART_OF_TWO: f64 = 1.5;
/// Two-sided 99 % quantile of the normal distribution.
const Z_99: f64 = 2.576;
/// A second half that is no slower than by this has got warm.
const WARM: f64 = 1.1;

/// A figure of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepetitionFigure {
    /// Its P50.
    Median,
    /// Its P95.
    Tail,
    /// P50 of the first fifth of its requests.
    Opening,
}

impl RepetitionFigure {
    const ALL: [RepetitionFigure; 3] =
        [RepetitionFigure::Median, RepetitionFigure::Tail, RepetitionFigure::Opening];

    /// In tenths of a percent.
    fn permille(self) -> u64 {
        if self == RepetitionFigure::Tail { 950 } else { 500 }
    }

    /// It is not as the others from so many times on.
    fn apart(self) -> f64 {
        if self == RepetitionFigure::Opening { 2.0 } else { 1.25 }
    }

    /// Requests without which it cannot be told.
    fn least(self) -> usize {
        match self {
            RepetitionFigure::Median => 64,
            RepetitionFigure::Tail => 130,
            RepetitionFigure::Opening => 32,
        }
    }

    fn words(self) -> &'static str {
        match self {
            RepetitionFigure::Median => "P50",
            RepetitionFigure::Tail => "P95",
            RepetitionFigure::Opening => "P50 of the first fifth of its requests",
        }
    }

    /// The requests of a repetition that count, as they were due.
    fn rows(self, data: &PhaseData, repetition: u32) -> impl Iterator<Item = &Observation> {
        let end = if self == RepetitionFigure::Opening { data.requests() / 5 } else { data.requests() };
        data.repetition(repetition).filter(move |row| row.seq() < end && counts(row))
    }
}

/// What is slow, and by how much.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowFirst {
    /// Of which phase.
    pub phase: Phase,
    /// What shows it.
    pub figure: RepetitionFigure,
    /// In the first repetition.
    pub first: Micros,
    /// In the fastest and the slowest of the others.
    pub others: [Micros; 2],
    /// Whether its second half is as fast as theirs.
    pub gets_warm: bool,
    /// The warm-up that was sent, as it was asked for.
    pub warmup: Option<String>,
}

/// Of one phase; `warmup` is what was sent before it.
pub(super) fn slow(phase: Phase, data: &PhaseData, warmup: Option<&str>) -> Option<SlowFirst> {
    RepetitionFigure::ALL.into_iter().find_map(|figure| {
        let of = |repetition| median_or_tail(figure, figure.rows(data, repetition));
        let figures: Vec<Micros> = (1..=data.repetitions()).map(of).collect::<Option<_>>()?;
        let (first, rest) = figures.split_first()?;
        let others = [*rest.iter().min()?, *rest.iter().max()?];
        let found = is_apart(figure, *first, others, rest.len()) && is_beyond_chance(figure, data, others[1]);
        found.then(|| {
            let (gets_warm, warmup) = (gets_warm(data), warmup.map(String::from));
            SlowFirst { phase, figure, first: *first, others, gets_warm, warmup }
        })
    })
}

fn counts(row: &Observation) -> bool {
    let lost = row.connection().and_then(|connection| connection.syn_retransmits).unwrap_or(0)
        + row.retransmits().unwrap_or(0);
    row.succeeded() && lost == 0
}

fn median_or_tail<'a>(
    figure: RepetitionFigure,
    rows: impl Iterator<Item = &'a Observation>,
) -> Option<Micros> {
    let mut latencies: Vec<u64> = rows.map(|row| row.latency().0).collect();
    let [found] = percentiles(&mut latencies, [figure.permille()])?;
    (latencies.len() >= figure.least()).then_some(found)
}

fn is_apart(figure: RepetitionFigure, first: Micros, [fastest, slowest]: [Micros; 2], others: usize) -> bool {
    let ratio = |of: Micros, to: Micros| of.0 as f64 / to.0.max(1) as f64;
    let least = if others == 1 { figure.apart().max(APART_OF_TWO) } else { figure.apart() };
    ratio(first, slowest) >= least.max(ratio(slowest, fastest).powi(2))
}

/// Whether too few requests of the first repetition are as fast as the figure of another one for that to be chance. That
/// other figure is as uncertain as theirs, hence the root of 2.
fn is_beyond_chance(figure: RepetitionFigure, data: &PhaseData, other: Micros) -> bool {
    let mut rows: Vec<_> = figure.rows(data, 1).collect();
    rows.sort_unstable_by_key(|row| (row.due(), row.seq()));
    let fast: Vec<f64> = rows.iter().map(|row| f64::from(row.latency() <= other)).collect();
    let n = fast.len().max(1) as f64;
    let deviations = bootstrap::deviations(&fast, Blocks::of(&fast), figure.permille());
    let squares: f64 = deviations.iter().map(|deviation| deviation.powi(2)).sum();
    let share = figure.permille() as f64 / 1e3;
    // Where all are slow they have no variance of their own.
    let variance = (squares / deviations.len().max(1) as f64).max(share * (1.0 - share) / n);
    share - fast.iter().sum::<f64>() / n > Z_99 * (2.0 * variance).sqrt()
}

/// By the medians of the second halves.
fn gets_warm(data: &PhaseData) -> bool {
    let half = data.requests() / 2;
    let median = |repetition| {
        let late = data.repetition(repetition).filter(|row| row.seq() >= half && counts(row));
        let mut late: Vec<u64> = late.map(|row| row.latency().0).collect();
        percentiles(&mut late, [500]).map(|[median]| median.0)
    };
    let others = (2..=data.repetitions()).filter_map(median).max();
    median(1).zip(others).is_some_and(|(first, others)| (first as f64) < WARM * others as f64)
}

impl SlowFirst {
    /// What it is and what to do.
    pub(super) fn message(&self) -> String {
        let SlowFirst { phase, figure, first, others: [fastest, slowest], gets_warm, warmup } = self;
        let others =
            if fastest == slowest { format!("{fastest} ms") } else { format!("{fastest} to {slowest} ms") };
        let what = if *gets_warm {
            "mostly in its first half, as where a model is loaded, code is compiled on its first use, or connections are made"
        } else {
            "to its end, as where a cache of prompts or answers fills: each body is new to the server then"
        };
        let remedy = match warmup {
            None => "no warm-up was sent: use --warmup all".to_string(),
            Some(sent) => {
                format!("the warm-up ({sent}) was not enough: use a longer one, such as --warmup 60s")
            }
        };
        format!(
            "the first repetition of the {} phase is slow against the others: {} {first} ms against {others}, {} times as \
             long, {what}; that is a part of what sets the phases apart; {remedy}",
            phase.name(),
            figure.words(),
            rounded(first.0 as f64 / slowest.0.max(1) as f64, 2)
        )
    }
}

#[cfg(test)]
#[path = "first_repetition_tests.rs"]
mod tests;
