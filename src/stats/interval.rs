//! 95 % intervals from repetitions: Student's t, because repetitions are independent and requests are not.
//!
//! Requests of one repetition share queues, connections and batches; an interval that takes them as
//! independent is too narrow, and one from a single repetition cannot know how far repetitions lie apart.

use serde::Serialize;

use super::rounded;
use super::student;

/// From and to, both inclusive. In JSON `[lo, hi]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(into = "[f64; 2]")]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl From<Interval> for [f64; 2] {
    fn from(interval: Interval) -> Self {
        [interval.lo, interval.hi]
    }
}

impl Interval {
    /// Whether a value lies within.
    pub fn holds(&self, value: f64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    /// The least interval that holds a value too: the headline pools all requests, which is not quite
    /// the mean of the repetitions, and must not lie outside of its own interval.
    pub fn widened_to(self, value: f64) -> Self {
        Interval { lo: self.lo.min(value), hi: self.hi.max(value) }
    }

    /// Both ends rounded to so many decimals.
    pub fn rounded(self, decimals: i32) -> Self {
        self.map(|end| rounded(end, decimals))
    }

    /// Both ends through a rising function.
    pub fn map(self, through: impl Fn(f64) -> f64) -> Self {
        Interval { lo: through(self.lo), hi: through(self.hi) }
    }
}

/// Of a positive figure, from its value in each of at least two repetitions and its pooled value.
///
/// Student's t on the logarithms, because what sets repetitions apart multiplies: a machine that is a
/// tenth slower is so for the fast and the slow requests. `None` where the logarithm has no value.
pub fn of_repetitions(values: &[f64], pooled: f64) -> Option<Interval> {
    let logs = values.iter().map(|value| logarithm(*value)).collect::<Option<Vec<_>>>()?;
    Some(of_mean(&logs)?.map(f64::exp).widened_to(pooled))
}

/// Of after ÷ before, from pairs of adjacent repetitions: Student's t on the log ratios, so that what
/// both repetitions of a pair share cancels.
pub fn of_ratio(pairs: &[(f64, f64)], pooled: f64) -> Option<Interval> {
    let ratio = |(before, after): &(f64, f64)| Some(logarithm(*after)? - logarithm(*before)?);
    let logs = pairs.iter().map(ratio).collect::<Option<Vec<_>>>()?;
    Some(of_mean(&logs)?.map(f64::exp).widened_to(pooled))
}

/// Of after − before, from pairs of adjacent repetitions: Student's t on the paired differences.
///
/// Not the ratio's interval times the before level: that would take the level as known, and it is the
/// less certain of the two.
pub fn of_difference(pairs: &[(f64, f64)], pooled: f64) -> Option<Interval> {
    let differences: Vec<_> = pairs.iter().map(|(before, after)| after - before).collect();
    Some(of_mean(&differences)?.widened_to(pooled))
}

/// Of a share, from each repetition's: Student's t on the shares themselves, because zero has no
/// logarithm, kept within 0 to 1.
pub fn of_shares(shares: &[f64], pooled: f64) -> Option<Interval> {
    Some(of_mean(shares)?.map(|end| end.clamp(0.0, 1.0)).widened_to(pooled))
}

/// What chance alone leaves open of a share of `n` with `hits`: the score interval (Wilson 1927), which
/// does not shrink to nothing where nothing was hit.
pub fn of_counts(hits: u64, n: u64) -> Option<Interval> {
    /// The 97.5 % quantile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    let (share, n) = ((n > 0).then(|| hits as f64 / n as f64)?, n as f64);
    let middle = share + Z * Z / (2.0 * n);
    let reach = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let end = |value: f64| (value / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
    // The ends of 0 of n and n of n are 0 and 1, which the sums above miss by their last bits.
    Some(Interval { lo: end(middle - reach), hi: end(middle + reach) }.widened_to(share))
}

/// Of the mean of independent values, by Student's t: mean ± t · s ÷ √n; `None` of fewer than two.
pub fn of_mean(values: &[f64]) -> Option<Interval> {
    let n = values.len() as f64;
    let df = u32::try_from(values.len()).ok()?.checked_sub(1).filter(|df| *df > 0)?;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / f64::from(df);
    let reach = student::quantile(df) * (variance / n).sqrt();
    Some(Interval { lo: mean - reach, hi: mean + reach })
}

pub fn logarithm(value: f64) -> Option<f64> {
    (value > 0.0).then(|| value.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<Interval>, lo: f64, hi: f64) {
        let found = found.expect("an interval");
        assert!((found.lo - lo).abs() < 2e-3 && (found.hi - hi).abs() < 2e-3, "{found:?}");
    }

    #[test]
    fn repetitions_give_a_t_interval_of_the_logs() {
        // Logs 4.605170, 4.700480, 4.787492: mean 4.697714, s 0.091193; 4.302653 · s ÷ √3 = 0.226535.
        close(of_repetitions(&[100.0, 110.0, 120.0], 110.0), 87.460, 137.586);
        assert_eq!(of_repetitions(&[100.0], 100.0), None);
        assert_eq!(of_repetitions(&[100.0, 0.0], 50.0), None);
    }

    #[test]
    fn the_pooled_value_lies_within_however_far_off() {
        let equal = of_repetitions(&[100.0; 3], 140.0).expect("an interval");
        assert!((equal.lo - 100.0).abs() < 1e-9 && equal.hi == 140.0, "{equal:?}");
        assert!(of_ratio(&[(2.0, 1.0); 2], 0.4).is_some_and(|ratio| ratio.lo == 0.4));
        assert_eq!(of_difference(&[(2.0, 1.0); 2], 3.0), Some(Interval { lo: -1.0, hi: 3.0 }));
    }

    #[test]
    fn what_a_pair_shares_cancels() {
        let pairs = [(1_000.0, 500.0), (1_300.0, 650.0), (900.0, 450.0)];
        close(of_ratio(&pairs, 0.5), 0.5, 0.5);
        // Differences −500, −650, −450: mean −533.333, s 104.083; 4.302653 · s ÷ √3 = 258.556.
        close(of_difference(&pairs, -533.0), -791.889, -274.777);
    }

    #[test]
    fn a_share_of_none_is_not_certain_to_be_none() {
        // Newcombe (1998), method 3: 0 of 20 gives 0 to 0.1611; 81 of 263 gives 0.2553 to 0.3662.
        assert_eq!(of_counts(0, 20).map(|none| none.rounded(4)), Some(Interval { lo: 0.0, hi: 0.1611 }));
        let some = of_counts(81, 263).map(|some| some.rounded(4));
        assert_eq!(some, Some(Interval { lo: 0.2553, hi: 0.3662 }));
        assert_eq!(of_counts(9, 9).map(|all| all.hi), Some(1.0));
        assert_eq!(of_counts(0, 0), None);
    }

    #[test]
    fn in_json_it_is_a_pair() {
        let interval = Interval { lo: 1.23456, hi: 2.0 }.rounded(3);
        assert_eq!(serde_json::to_string(&interval).ok().as_deref(), Some("[1.235,2.0]"));
    }
}
