//! Measurements at about the same rate, as one.

/// From (rate, value) pairs the middle of each group whose rates lie within a factor of its lowest: the mean of the rates, by
/// their logarithms, and the median of the values. In the order of the rates.
pub fn levels(mut points: Vec<(f64, f64)>, within: f64) -> Vec<(f64, f64)> {
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut found = Vec::new();
    let mut rest = points.as_slice();
    while let Some((lowest, _)) = rest.first() {
        let size = rest.partition_point(|(rate, _)| *rate <= lowest * within);
        let (level, further) = rest.split_at(size.max(1));
        found.push(middle(level));
        rest = further;
    }
    found
}

fn middle(level: &[(f64, f64)]) -> (f64, f64) {
    let logs: f64 = level.iter().map(|(rate, _)| rate.ln()).sum();
    let mut values: Vec<f64> = level.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let median =
        if values.len().is_multiple_of(2) { (values[half - 1] + values[half]) / 2.0 } else { values[half] };
    ((logs / level.len() as f64).exp(), median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_that_are_about_the_same_have_one_place_and_their_median() {
        let points = vec![(100.0, 5.0), (40.0, 1.0), (104.0, 100.0), (102.0, 7.0), (200.0, 9.0)];
        let found = levels(points, 1.05);
        let rounded: Vec<(f64, f64)> = found.into_iter().map(|(rate, value)| (rate.round(), value)).collect();
        assert_eq!(rounded, [(40.0, 1.0), (102.0, 7.0), (200.0, 9.0)]);
        assert_eq!(levels(vec![(10.0, 1.0), (10.0, 3.0)], 1.0).first().map(|level| level.1), Some(2.0));
        assert_eq!(levels(Vec::new(), 1.05), []);
    }
}
