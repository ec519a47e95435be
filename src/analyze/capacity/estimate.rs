//! The highest rate that holds, from the brackets of several patterns of arrivals.

use crate::stats::Interval;
use crate::stats::interval::of_mean;
use crate::stats::rounded;

/// The highest rate that holds, in requests a second, or the ratio of two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The mean of the middles of the brackets, by their logarithms: what sets patterns apart multiplies. `None` unless every one
    /// is closed and narrow, for the middle of another one says nothing.
    pub rate: Option<f64>,
    /// 95 %: Student's t over the patterns, widened by half a bracket at each end, within which nothing was measured. `None`
    /// of one pattern.
    pub interval: Option<Interval>,
    /// The mean of the lower ends: it is at least that. `None` where one is open.
    pub at_least: Option<f64>,
    /// The mean of the upper ends: it is below that. `None` where one is open.
    pub below: Option<f64>,
}

/// A rate that holds, and one that does not, as far as there are such.
type Bracket = (Option<f64>, Option<f64>);

/// From the brackets of the patterns, each from a rate that holds to one that does not, and how wide one may be, as a factor.
pub fn estimate(brackets: &[Bracket], narrow: f64) -> Estimate {
    let ends = |end: fn(&Bracket) -> Option<f64>| brackets.iter().map(end).collect::<Option<Vec<f64>>>();
    let (holds, fails) = (ends(|bracket| bracket.0), ends(|bracket| bracket.1));
    let mean = |ends: &Vec<f64>| logarithmic_mean(ends);
    let bounds = Estimate {
        at_least: holds.as_ref().and_then(mean),
        below: fails.as_ref().and_then(mean),
        ..Estimate::default()
    };
    let (Some(holds), Some(fails)) = (holds, fails) else { return bounds };
    let widest = holds.iter().zip(&fails).map(|(holds, fails)| fails / holds).fold(1.0, f64::max);
    if brackets.is_empty() || widest > narrow * (1.0 + 1e-9) {
        return bounds;
    }
    let middles: Vec<f64> = holds.iter().zip(&fails).map(|(holds, fails)| (holds * fails).sqrt()).collect();
    let half = widest.ln() / 2.0;
    let widened = |found: Interval| Interval { lo: (found.lo - half).exp(), hi: (found.hi + half).exp() };
    let logs: Vec<f64> = middles.iter().map(|middle| middle.ln()).collect();
    let interval = of_mean(&logs).map(|found| widened(found).rounded(3));
    Estimate { rate: logarithmic_mean(&middles), interval, ..bounds }
}

/// After ÷ before, from the brackets of the patterns that both have: what a pattern has in itself cancels.
pub fn ratio(pairs: &[(Bracket, Bracket)], narrow: f64) -> Estimate {
    let divided = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
    let of_pair =
        |(before, after): &(Bracket, Bracket)| (divided(after.0, before.1), divided(after.1, before.0));
    estimate(&pairs.iter().map(of_pair).collect::<Vec<_>>(), narrow * narrow)
}

fn logarithmic_mean(values: &[f64]) -> Option<f64> {
    let logs: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| rounded((logs / values.len() as f64).exp(), 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(holds: f64, fails: f64) -> Bracket {
        (Some(holds), Some(fails))
    }

    #[test]
    fn patterns_and_brackets_both_widen_it() {
        let one = estimate(&[closed(100.0, 104.04)], 1.05);
        assert_eq!((one.rate, one.interval), (Some(102.0), None));
        let equal = estimate(&[closed(100.0, 104.04); 3], 1.05).interval.expect("three");
        assert_eq!((equal.lo, equal.hi), (100.0, 104.04));
        let apart = estimate(&[closed(90.0, 94.0), closed(100.0, 104.0), closed(110.0, 115.0)], 1.05);
        let (rate, interval) = apart.rate.zip(apart.interval).expect("three");
        assert!(interval.lo < 80.0 && interval.hi > 125.0 && interval.holds(rate), "{apart:?}");
        assert_eq!(estimate(&[], 1.05), Estimate::default());
        let pairs = [(closed(50.0, 51.0), closed(100.0, 102.0)), (closed(70.0, 71.4), closed(140.0, 142.8))];
        let twice = ratio(&pairs, 1.05);
        assert_eq!(twice.rate, Some(2.0));
        assert!(twice.interval.is_some_and(|found| found.lo > 1.9 && found.hi < 2.1), "{twice:?}");
    }

    #[test]
    fn an_open_or_a_wide_bracket_leaves_a_bound_and_no_mean() {
        let of = |other| estimate(&[closed(100.0, 104.0), other], 1.05);
        let above = Estimate { at_least: Some(200.0), ..Estimate::default() };
        assert_eq!(of((Some(400.0), None)), above, "at least the mean of what holds");
        let below = Estimate { below: Some(52.0), ..Estimate::default() };
        assert_eq!(of((None, Some(26.0))), below, "below the mean of what does not");
        let wide = Estimate { at_least: Some(80.0), below: Some(104.0), ..Estimate::default() };
        assert_eq!(of(closed(64.0, 104.0)), wide, "the middle of a wide one is no figure");
        let nothing = estimate(&[(None, Some(7.0)), (Some(9.0), None)], 1.05);
        assert_eq!(nothing, Estimate::default());
        let open = ratio(&[(closed(50.0, 52.0), (Some(104.0), None))], 1.05);
        assert_eq!((open.rate, open.at_least, open.below), (None, Some(2.0), None));
    }
}
