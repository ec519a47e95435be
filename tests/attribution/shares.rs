//! Shares of the tail by code that shares nothing with the analysis.
use spanload::model::Sample;

pub fn latency(sample: &Sample) -> f64 {
    sample.stages.latency().0 as f64 / 1e3
}

/// The share of `part` in what the slowest 5 % of the successes have more than the middle tenth.
pub fn share_of_excess(samples: &[Sample], part: impl Fn(&Sample) -> f64) -> f64 {
    let mut sorted: Vec<&Sample> = samples.iter().filter(|sample| sample.error.is_none()).collect();
    sorted.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
    let rank = |share: f64| latency(sorted[(share * sorted.len() as f64).ceil() as usize - 1]);
    let (low, high, threshold) = (rank(0.45), rank(0.55), rank(0.95));
    let mean = |from: f64, to: f64, figure: &dyn Fn(&Sample) -> f64| {
        let group: Vec<f64> =
            sorted.iter().filter(|one| (from..=to).contains(&latency(one))).map(|one| figure(one)).collect();
        group.iter().sum::<f64>() / group.len() as f64
    };
    let excess =
        |figure: &dyn Fn(&Sample) -> f64| mean(threshold, f64::MAX, figure) - mean(low, high, figure);
    excess(&part) / excess(&latency)
}
