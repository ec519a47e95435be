//! The highest rate that holds, from the brackets of several patterns of arrivals.

use crate::stats::Interval;
use crate::stats::interval::of_mean;
use crate::stats::rounded;

/// The highest rate that holds, in requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The middle of the brackets, by their logarithms: what sets patterns apart multiplies.
    pub rate: f64,
    /// 95 %: Student's t over the patterns, widened by half a bracket at each end, within which nothing was measured. `None`
    /// of one pattern.
    pub interval: Option<Interval>,
}

/// A rate that holds, and one that does not.
type Bracket = (f64, f64);

/// From the brackets of at least one pattern, each from a rate that holds to one that does not.
pub fn estimate(brackets: &[Bracket]) -> Option<Estimate> {
    let middles: Vec<f64> = brackets.iter().map(|(holds, fails)| (holds * fails).sqrt().ln()).collect();
    let half = brackets.iter().map(|(holds, fails)| (fails / holds).ln() / 2.0).fold(0.0, f64::max);
    let mean = middles.iter().sum::<f64>() / middles.len().max(1) as f64;
    let widened = |found: Interval| Interval { lo: (found.lo - half).exp(), hi: (found.hi + half).exp() };
    let interval = of_mean(&middles).map(|found| widened(found).rounded(3));
    (!brackets.is_empty()).then(|| Estimate { rate: rounded(mean.exp(), 3), interval })
}

/// After ÷ before, from the brackets of the patterns that both have: what a pattern has in itself cancels.
pub fn ratio(pairs: &[(Bracket, Bracket)]) -> Option<Estimate> {
    let of_pair = |(before, after): &(Bracket, Bracket)| (after.0 / before.1, after.1 / before.0);
    estimate(&pairs.iter().map(of_pair).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_brackets_both_widen_it() {
        let one = estimate(&[(100.0, 104.04)]).expect("a bracket");
        assert_eq!((one.rate, one.interval), (102.0, None));
        let equal = estimate(&[(100.0, 104.04); 3]).and_then(|found| found.interval).expect("three");
        assert_eq!((equal.lo, equal.hi), (100.0, 104.04));
        let apart = estimate(&[(90.0, 94.0), (100.0, 104.0), (110.0, 115.0)]).expect("three");
        let interval = apart.interval.expect("three");
        assert!(interval.lo < 80.0 && interval.hi > 125.0 && interval.holds(apart.rate), "{apart:?}");
        assert_eq!(estimate(&[]), None);
        let twice = ratio(&[((50.0, 51.0), (100.0, 102.0)), ((70.0, 71.4), (140.0, 142.8))]).expect("two");
        assert_eq!(twice.rate, 2.0);
        assert!(twice.interval.is_some_and(|found| found.lo > 1.9 && found.hi < 2.1), "{twice:?}");
    }
}
