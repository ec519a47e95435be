//! The bounds of the histograms, in seconds: fine below a millisecond, up to a minute, and the limits of
//! the SLA among them, so that the share within the limit is exact.

/// From 50 µs to a minute.
const TIMES: [f64; 30] = [
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
    0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 20.0, 60.0,
];
/// Around a limit, as multiples of it.
const AROUND: [f64; 5] = [0.9, 0.95, 1.0, 1.05, 1.1];

/// Bounds for latencies and exchanges; `limits` are those of the SLA, in microseconds.
pub(super) fn latencies(limits: &[u64]) -> Vec<f64> {
    let around = limits.iter().flat_map(|limit| AROUND.map(|share| (*limit as f64 * share).round() / 1e6));
    sorted(TIMES.into_iter().chain(around))
}

/// Bounds for stages and the server's own times.
pub(super) fn stages() -> Vec<f64> {
    TIMES.to_vec()
}

/// Bounds for the lateness of the loop.
pub(super) fn lags() -> Vec<f64> {
    vec![0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0]
}

/// Bounds for sizes of batches.
pub(super) fn sizes() -> Vec<f64> {
    vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0, 256.0, 1000.0]
}

fn sorted(bounds: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut bounds: Vec<f64> = bounds.filter(|bound| *bound > 0.0).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_a_bound_and_bounds_rise() {
        for limits in [vec![], vec![800_000], vec![500_000, 1, 7_200_000_000]] {
            let bounds = latencies(&limits);
            assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{bounds:?}");
            assert!(limits.iter().all(|limit| bounds.contains(&(*limit as f64 / 1e6))), "{bounds:?}");
        }
        assert!(latencies(&[]).iter().filter(|bound| **bound < 0.001).count() >= 4, "below a millisecond");
        assert!(latencies(&[]).iter().filter(|bound| **bound > 1.0).count() >= 6, "above a second");
    }
}
