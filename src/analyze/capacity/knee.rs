//! Where more load brings no more answers in time.

use super::levels::levels;
use crate::analyze::document::RateMeasured;

/// The rate with the most goodput, where a higher one was measured that brought less; of measurements of one phase, those at
/// about the same rate taken together. Of what the client spoilt nothing is known.
pub fn knee<'a>(measured: impl IntoIterator<Item = &'a RateMeasured>, within: f64) -> Option<f64> {
    let valid = measured.into_iter().filter(|one| one.valid);
    let levels = levels(valid.filter_map(|one| Some((one.rate_rps, one.goodput_rps?))).collect(), within);
    let (place, (rate, _)) =
        levels.iter().enumerate().max_by(|(_, one), (_, other)| one.1.total_cmp(&other.1))?;
    (place + 1 < levels.len()).then_some(*rate)
}

#[cfg(test)]
mod tests {
    use super::super::measured::fixtures::measured;
    use super::*;

    fn of(points: &[(f64, f64)]) -> Option<f64> {
        let all: Vec<RateMeasured> = points
            .iter()
            .map(|(rate, good)| RateMeasured { goodput_rps: Some(*good), ..measured(*rate, true) })
            .collect();
        knee(&all, 1.05).map(f64::round)
    }

    #[test]
    fn it_is_where_goodput_is_highest_and_more_was_tried() {
        assert_eq!(of(&[(20.0, 20.0), (40.0, 39.0), (50.0, 45.0), (80.0, 4.0)]), Some(50.0));
        assert_eq!(of(&[(20.0, 20.0), (40.0, 39.0)]), None, "it still rises");
        assert_eq!(of(&[]), None);
    }
}
