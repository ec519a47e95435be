//! A moving-block bootstrap of a mean: what one repetition alone can say of its own uncertainty.
//!
//! Blocks of neighbours are drawn with replacement until they are as many as the series (Künsch 1989),
//! so that what neighbours have in common stays together. The mean of a block is a difference of two
//! prefix sums, so a resample costs as many steps as it has blocks.

use super::interval::Interval;
use crate::random::SplitMix64;

/// Resamples; more would not show in the third digit of an interval.
const RESAMPLES: usize = 1_000;

/// More blocks than this do not sharpen the interval, they only take time.
const MOST_BLOCKS: usize = 2_000;

/// By how much the means of the resamples differ from what is expected of them, in the order drawn.
///
/// Empty if the series is.
pub fn deviations(series: &[f64], seed: u64) -> Vec<f64> {
    let Some(last) = series.len().checked_sub(1) else { return Vec::new() };
    let length = block_length(series);
    let mut prefix = Vec::with_capacity(series.len() + 1);
    prefix.push(0.0);
    prefix.extend(series.iter().scan(0.0, |sum, value| {
        *sum += value;
        Some(*sum)
    }));
    let starts = last + 2 - length;
    let sum = |start: usize| prefix[start + length] - prefix[start];
    // Values near the ends are in fewer blocks, so this is not quite the mean of the series.
    let expected = (0..starts).map(sum).sum::<f64>() / (starts * length) as f64;
    let blocks = series.len().div_ceil(length);
    let mut random = SplitMix64::new(seed);
    let mut mean = || {
        let total: f64 = (0..blocks).map(|_| sum(random.below(starts as u64) as usize)).sum();
        total / (blocks * length) as f64
    };
    (0..RESAMPLES).map(|_| mean() - expected).collect()
}

/// The block length that has the least error for an autoregressive series of first order,
/// (√6 · ρ ÷ (1 − ρ²))^⅔ · n^⅓ (Carlstein 1986 for blocks side by side, Künsch 1989 for moving ones),
/// with ρ from the series; at least n^⅓, for series that only look independent, and at most n ÷ 4.
fn block_length(series: &[f64]) -> usize {
    let n = series.len();
    let rho = neighbour_correlation(series).clamp(0.0, 0.99);
    let adjusted = (6_f64.sqrt() * rho / (1.0 - rho * rho)).powf(2.0 / 3.0);
    let length = (adjusted.max(1.0) * (n as f64).cbrt()).ceil() as usize;
    length.max(n.div_ceil(MOST_BLOCKS)).min(n / 4).max(1)
}

/// The correlation of each value with the next; 0 where all are equal.
fn neighbour_correlation(series: &[f64]) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let variance: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
    let together: f64 = series.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if variance > 0.0 { together / variance } else { 0.0 }
}

/// The middle 95 % of resampled values; `None` of none. Values that are no number are left out.
pub fn middle(mut values: Vec<f64>) -> Option<Interval> {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let outside = values.len() / 40;
    Some(Interval { lo: *values.get(outside)?, hi: values[values.len() - 1 - outside] })
}
