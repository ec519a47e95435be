//! Gaps between arrivals with the mean 1, each a pure function of seed and sequence number.

use std::f64::consts::TAU;

use crate::model::mix;
use crate::stats::SplitMix64;

/// Keeps arrivals apart from all else that the seed of a plan decides.
const SALT: u64 = 0x6172_7269_7661_6c73;

/// The numbers of one arrival.
pub(super) fn numbers(seed: u64, seq: u64) -> SplitMix64 {
    SplitMix64::new(mix(mix(seed ^ SALT) ^ seq))
}

/// The gap before an arrival, from a gamma distribution of this shape and the mean 1. Shape 1 is the exponential one.
pub(super) fn gap(seed: u64, seq: u64, shape: f64) -> f64 {
    let mut numbers = numbers(seed, seq);
    if shape == 1.0 {
        return -numbers.unit().ln();
    }
    // Below 1 a draw of the next shape is scaled down.
    if shape < 1.0 {
        let boost = numbers.unit().powf(1.0 / shape);
        return boost * gamma(&mut numbers, shape + 1.0) / shape;
    }
    gamma(&mut numbers, shape) / shape
}

/// Marsaglia and Tsang, A simple method for generating gamma variables, 2000; for shapes of at least 1.
fn gamma(numbers: &mut SplitMix64, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = (-2.0 * numbers.unit().ln()).sqrt() * (TAU * numbers.unit()).cos();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && numbers.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean, the variance, and the share above 1, of many.
    fn moments(shape: f64) -> (f64, f64, f64) {
        let n = 200_000;
        let gaps: Vec<f64> = (0..n).map(|seq| gap(7, seq, shape)).collect();
        let mean = gaps.iter().sum::<f64>() / n as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n as f64;
        (mean, variance, gaps.iter().filter(|gap| **gap > 1.0).count() as f64 / n as f64)
    }

    #[test]
    fn gaps_have_the_moments_of_their_distribution() {
        // The mean is 1 and the variance 1 / shape; the last figure is the distribution's own.
        for (shape, above_mean) in [(0.25, 0.2563), (1.0, 0.3679), (4.0, 0.4335)] {
            let (mean, variance, above) = moments(shape);
            assert!((mean - 1.0).abs() < 4.0 * (1.0 / shape / 200_000.0).sqrt(), "{shape}: mean {mean}");
            assert!((variance * shape - 1.0).abs() < 0.06, "{shape}: variance {variance}");
            assert!((above - above_mean).abs() < 0.005, "{shape}: {above} above the mean");
        }
    }

    #[test]
    fn a_gap_depends_on_seed_and_number_alone() {
        assert_eq!(gap(7, 3, 0.5), gap(7, 3, 0.5));
        assert_ne!(gap(7, 3, 0.5), gap(8, 3, 0.5));
        assert_ne!(gap(7, 3, 1.0), gap(7, 4, 1.0));
    }
}
