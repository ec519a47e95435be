//! 95 % intervals of the difference of two runs whose repetitions are no pairs: Welch's t.
//!
//! Within one run the phases alternate, so that neighbours share what the machine does meanwhile, and a paired
//! interval lets it cancel. Repetitions of two stored runs have nothing in common: the first of the one is not the
//! neighbour of the first of the other, there may be more of one, and their spreads may differ. Welch (1947) asks
//! for neither equal numbers nor equal spreads. What sets the two runs apart as wholes (another day, another
//! machine) is the same in all repetitions of a run, so no interval over repetitions can hold it. In
//! simulated runs its 95 % held the truth in 91 % (three repetitions of the side that spreads more, eight of the other)
//! to 98 %: `tests/runs_coverage.rs` prints it.

use super::interval::{Interval, logarithm};
use super::student;

/// Of after ÷ before: Welch's t on the logarithms, as what sets repetitions apart multiplies.
pub fn of_ratio(before: &[f64], after: &[f64], pooled: f64) -> Option<Interval> {
    let logs = |values: &[f64]| values.iter().map(|value| logarithm(*value)).collect::<Option<Vec<_>>>();
    Some(around_the_difference(&logs(before)?, &logs(after)?)?.map(f64::exp).widened_to(pooled))
}

/// Of after − before: Welch's t on the values themselves.
pub fn of_difference(before: &[f64], after: &[f64], pooled: f64) -> Option<Interval> {
    Some(around_the_difference(before, after)?.widened_to(pooled))
}

/// Difference of the means ± t · √(s²/n + s²/n); `None` where one side has fewer than two values.
fn around_the_difference(before: &[f64], after: &[f64]) -> Option<Interval> {
    let (from, to) = (Mean::of(before)?, Mean::of(after)?);
    let (middle, square) = (to.value - from.value, from.square + to.square);
    // Satterthwaite (1946). Without any spread there is nothing to reach for.
    let weights = from.square.powi(2) / from.df + to.square.powi(2) / to.df;
    let reach = if weights > 0.0 { t_quantile(square.powi(2) / weights) * square.sqrt() } else { 0.0 };
    Some(Interval { lo: middle - reach, hi: middle + reach })
}

/// A mean, the square of its standard error and the degrees of freedom of that.
struct Mean {
    value: f64,
    square: f64,
    df: f64,
}

impl Mean {
    fn of(values: &[f64]) -> Option<Mean> {
        let n = values.len() as f64;
        let df = (values.len() > 1).then_some(n - 1.0)?;
        let value = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|one| (one - value).powi(2)).sum::<f64>() / df;
        Some(Mean { value, square: variance / n, df })
    }
}

/// Between whole degrees of freedom the quantile is all but linear in 1 ÷ df, as tables of t are read; the chord lies
/// above the curve, so the interval is a little too wide, never too narrow.
fn t_quantile(df: f64) -> f64 {
    let (low, high) = (df.floor().max(1.0), df.floor().max(1.0) + 1.0);
    let share = ((1.0 / low - 1.0 / df.max(1.0)) / (1.0 / low - 1.0 / high)).clamp(0.0, 1.0);
    let at = |df: f64| student::quantile(df as u32);
    at(low) + share * (at(high) - at(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_a_worked_example() {
        // Means 20.0 and 25.0, variances 4.0 and 1.0, n 3 and 4: standard error √(4/3 + 1/4) = 1.258306;
        // df = 1.583333² ÷ ((4/3)² ÷ 2 + 0.25² ÷ 3) = 2.756; t(2) 4.3027, t(3) 3.1824.
        let before = [18.0, 20.0, 22.0];
        let after = [25.0 - 1.5_f64.sqrt(), 25.0, 25.0, 25.0 + 1.5_f64.sqrt()];
        let found = of_difference(&before, &after, 5.0).expect("an interval");
        let t = 4.302_653 + (1.0 / 2.0 - 1.0 / 2.756_0) / (1.0 / 2.0 - 1.0 / 3.0) * (3.182_446 - 4.302_653);
        assert!((found.lo - (5.0 - t * 1.258_306)).abs() < 2e-3, "{found:?}");
        assert!((found.hi - (5.0 + t * 1.258_306)).abs() < 2e-3, "{found:?}");
        // The exact t for 2.756 degrees of freedom is 3.3479, by integrating its density.
        assert!((3.3479..3.40).contains(&t_quantile(2.756)), "{}", t_quantile(2.756));
    }

    #[test]
    fn one_repetition_has_no_spread_and_gives_no_interval() {
        assert_eq!(of_ratio(&[1.0], &[1.0, 2.0], 1.0), None);
        assert_eq!(of_difference(&[1.0, 2.0], &[1.0], 0.0), None);
        assert_eq!(of_ratio(&[1.0, 0.0], &[1.0, 2.0], 1.0), None, "nothing has no logarithm");
    }

    #[test]
    fn the_order_of_repetitions_means_nothing() {
        let (one, other) = (
            of_ratio(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0], 2.0),
            of_ratio(&[3.0, 1.0, 2.0], &[4.0, 6.0, 2.0], 2.0),
        );
        let (one, other) = (one.expect("an interval"), other.expect("an interval"));
        assert!((one.lo - other.lo).abs() < 1e-9 && (one.hi - other.hi).abs() < 1e-9);
        assert!(one.lo < 1.0 && one.hi > 4.0, "as pairs these would be exactly twice as slow: {one:?}");
        let equal = of_ratio(&[2.0; 3], &[3.0; 2], 1.5).expect("an interval");
        assert!((equal.lo - 1.5).abs() < 1e-9 && (equal.hi - 1.5).abs() < 1e-9, "{equal:?}");
    }
}
