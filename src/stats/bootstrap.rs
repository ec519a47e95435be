//! A moving-block bootstrap of a mean: what one repetition alone can say of its own uncertainty.
//!
//! Blocks of neighbours are drawn with replacement until they are as many as the series (Künsch 1989),
//! so that what neighbours have in common stays together. The sum of a block is a difference of two
//! prefix sums, so a resample costs as many steps as it has blocks.

use super::interval::Interval;
use super::student;
use crate::stats::SplitMix64;

/// Resamples; more would not show in the third digit of an interval.
const RESAMPLES: usize = 1_000;

/// More blocks than this do not sharpen the interval, they only take time.
const MOST_BLOCKS: usize = 2_000;

/// How a series is cut into blocks, and by how much their resamples are too narrow.
#[derive(Clone, Copy, Debug)]
pub struct Blocks {
    length: usize,
    stretch: f64,
    /// How many values would say as much of a mean, did they not depend on each other.
    apart: f64,
}

impl Blocks {
    /// The block length that has the least error for an autoregressive series of first order,
    /// (√6 · ρ ÷ (1 − ρ²))^⅔ · n^⅓ (Carlstein 1986 for blocks side by side, Künsch 1989 for moving ones),
    /// with ρ from the series; at least n^⅓, for series that only look independent, at most n ÷ 4.
    pub fn of(series: &[f64]) -> Self {
        let n = series.len();
        Blocks::with(n, correlation(series, 1).clamp(0.0, 0.99), n.div_ceil(MOST_BLOCKS), n / 4)
    }

    /// Longer ones, for a series whose dependence fades more slowly than its neighbours show, as that of a queue does: ρ is
    /// from the first distance (1, 2, 4 …) at which it has fallen to a half, and there are at most 20 blocks, at least 6.
    pub fn of_queue(series: &[f64]) -> Self {
        let n = series.len();
        let distances = std::iter::successors(Some(1), |distance| Some(distance * 2));
        let mut at = distances.take_while(|distance| *distance <= (n / 8).max(1));
        let of = |distance: usize| (distance, correlation(series, distance));
        let found = at.find(|distance| of(*distance).1 <= 0.5).map(of);
        let (distance, left) = found.unwrap_or((1, 1.0));
        let rho = left.max(0.0).powf(1.0 / distance as f64).clamp(0.0, 0.995);
        Blocks::with(n, rho, n / 20, n / 6)
    }

    fn with(n: usize, rho: f64, least: usize, most: usize) -> Self {
        let range = rho / (1.0 - rho * rho);
        let adjusted = (6_f64.sqrt() * range).powf(2.0 / 3.0).max(1.0);
        let length = (adjusted * (n as f64).cbrt()).ceil() as usize;
        let length = length.max(least).min(most).max(1);
        let apart = n as f64 * (1.0 - rho) / (1.0 + rho);
        Blocks { length, stretch: stretch(n, length, range), apart }
    }

    /// The same, whose resamples spread so many times as far.
    pub fn stretched(self, by: f64) -> Self {
        Blocks { stretch: self.stretch * by, ..self }
    }

    /// How many values would say as much of a mean, did they not depend on each other.
    pub fn apart(&self) -> f64 {
        self.apart
    }

    /// Those of two that are longer, and as much too narrow as the worse of them: for what is drawn from two series at the
    /// same places.
    pub fn longer(self, other: Self) -> Self {
        Blocks {
            length: self.length.max(other.length),
            stretch: self.stretch.max(other.stretch),
            apart: self.apart.min(other.apart),
        }
    }

    /// How many independent values of a variance would have a mean as certain as that of `n` values with
    /// these [`deviations`]; at most `n`.
    pub fn independent(&self, deviations: &[f64], variance: f64, n: u64) -> f64 {
        let squares = deviations.iter().map(|deviation| (deviation / self.stretch).powi(2));
        let of_mean = squares.sum::<f64>() / deviations.len().max(1) as f64;
        if of_mean > 0.0 { (variance / of_mean).min(n as f64) } else { n as f64 }
    }
}

/// Resamples of blocks spread too little, for three known reasons: what a block shares with the one it
/// was cut from is lost, 2ρ ÷ (1 − ρ²) ÷ length of the variance (Künsch 1989); the expectation is the
/// series' own, 1 ÷ blocks; and so few blocks call for Student's t, not for the normal distribution.
fn stretch(n: usize, length: usize, range: f64) -> f64 {
    /// The 97.5 % quantile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    let blocks = (n as f64 / length as f64).max(2.0);
    let kept = (1.0 - (2.0 * range / length as f64).min(0.5)) * (1.0 - 1.0 / blocks);
    student::quantile(blocks as u32 - 1) / Z / kept.sqrt()
}

/// The correlation of each value with that so many places on; 0 where all are equal.
fn correlation(series: &[f64], distance: usize) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let variance: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
    let together: f64 = series
        .iter()
        .zip(series.iter().skip(distance))
        .map(|(one, other)| (one - mean) * (other - mean))
        .sum();
    if variance > 0.0 { together / variance } else { 0.0 }
}

/// By how much the means of resamples differ from what is expected of them, in the order drawn.
///
/// Empty if the series has less than two values.
pub fn deviations(series: &[f64], Blocks { length, stretch, .. }: Blocks, seed: u64) -> Vec<f64> {
    if series.len() < 2 {
        return Vec::new();
    }
    let mut prefix = vec![0.0];
    prefix.extend(series.iter().scan(0.0, |sum, value| {
        *sum += value;
        Some(*sum)
    }));
    let starts = series.len() + 1 - length;
    let sum = |start: usize| prefix[start + length] - prefix[start];
    // Values near the ends are in fewer blocks, so this is not quite the mean of the series.
    let expected = (0..starts).map(sum).sum::<f64>() / (starts * length) as f64;
    let blocks = series.len().div_ceil(length);
    let mut random = SplitMix64::new(seed);
    let mut mean = || {
        let total: f64 = (0..blocks).map(|_| sum(random.below(starts as u64) as usize)).sum();
        total / (blocks * length) as f64
    };
    (0..RESAMPLES).map(|_| (mean() - expected) * stretch).collect()
}

/// The middle 95 % of resampled values; `None` of none. Values that are no number are left out.
pub fn middle(mut values: Vec<f64>) -> Option<Interval> {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let outside = values.len() / 40;
    Some(Interval { lo: *values.get(outside)?, hi: values[values.len() - 1 - outside] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state of a walk that forgets: x ← ρ·x + noise, noise uniform in ±√3, so of variance 1.
    fn autoregressive(rho: f64, n: usize) -> Vec<f64> {
        let mut random = SplitMix64::new(3);
        let mut state = 0.0;
        let next = |_| {
            state = rho * state + (2.0 * random.unit() - 1.0) * 3_f64.sqrt();
            state
        };
        (0..n).map(next).collect()
    }

    #[test]
    fn resamples_spread_as_the_mean_of_the_process_does() {
        for rho in [0.0, 0.5, 0.8] {
            let series = autoregressive(rho, 20_000);
            let found = deviations(&series, Blocks::of(&series), 7);
            let spread = (found.iter().map(|d| d * d).sum::<f64>() / found.len() as f64).sqrt();
            let truth = 1.0 / (1.0 - rho) / (series.len() as f64).sqrt();
            assert!((spread / truth - 1.0).abs() < 0.12, "ρ {rho}: {spread} against {truth}");
        }
    }

    #[test]
    fn members_of_a_batch_count_as_one() {
        let series: Vec<_> = autoregressive(0.0, 500).into_iter().flat_map(|value| [value; 8]).collect();
        let blocks = Blocks::of(&series);
        let found = blocks.independent(&deviations(&series, blocks, 7), 1.0, 4_000);
        assert!((420.0..620.0).contains(&found), "{found} of 500 batches");
        assert_eq!(blocks.independent(&[0.0], 1.0, 4_000), 4_000.0);
    }

    #[test]
    fn dependence_makes_longer_blocks_within_bounds() {
        let length = |rho, n| Blocks::of(&autoregressive(rho, n)).length;
        assert_eq!(length(0.0, 1_000), 10);
        assert!((25..40).contains(&length(0.8, 1_000)), "√6 · 0.8 ÷ 0.36 to the ⅔ is 3.1");
        assert_eq!(length(0.0, 20_000_000 / 10), 1_000, "no more than 2,000 blocks");
        assert_eq!([length(0.9, 8), length(0.9, 1)], [2, 1]);
    }

    #[test]
    fn dependence_that_fades_slowly_is_seen_at_a_distance() {
        let apart =
            |series: &[f64], blocks: fn(&[f64]) -> Blocks| blocks(series).apart() / series.len() as f64;
        let plain = autoregressive(0.9, 20_000);
        assert!((apart(&plain, Blocks::of_queue) / apart(&plain, Blocks::of) - 1.0).abs() < 0.25, "as it is");
        let noise = autoregressive(0.0, 20_000);
        let noisy: Vec<_> = autoregressive(0.98, 20_000)
            .iter()
            .zip(noise.iter().rev())
            .map(|(slow, fast)| slow / 4.0 + fast)
            .collect();
        let [near, far] = [apart(&noisy, Blocks::of), apart(&noisy, Blocks::of_queue)];
        assert!(far <= near, "{near} {far}");
        assert_eq!(Blocks::of_queue(&noise).length, 1_000, "20 blocks");
        assert_eq!(Blocks::of_queue(&[1.0; 12]).length, 2);
        let two = [Blocks::of_queue(&noise), Blocks::of_queue(&plain)];
        assert_eq!(two[0].longer(two[1]).apart(), two[1].apart());
    }

    #[test]
    fn equal_seeds_give_equal_resamples() {
        let series = autoregressive(0.5, 100);
        let with = |seed| deviations(&series, Blocks::of(&series), seed);
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn too_little_to_resample_gives_nothing() {
        assert!(deviations(&[1.0], Blocks::of(&[1.0]), 1).is_empty());
        assert!(deviations(&[], Blocks::of(&[]), 1).is_empty());
        assert_eq!(middle(vec![]), None);
        assert_eq!(deviations(&[2.0; 9], Blocks::of(&[2.0; 9]), 1), [0.0; RESAMPLES]);
    }

    #[test]
    fn the_middle_leaves_out_a_fortieth_at_each_end() {
        let values = (1..=1_000).rev().map(f64::from).chain([f64::NAN]).collect();
        assert_eq!(middle(values), Some(Interval { lo: 26.0, hi: 975.0 }));
    }
}
