//! Numbers that look random and are a pure function of a seed: no state, no clock.

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, 2014). A bijection: distinct inputs have distinct outputs.
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Evenly spread over [0, 1).
pub fn uniform(value: u64) -> f64 {
    (mix(value) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Standard normal, by Box and Muller (1958) from two draws.
pub fn normal(value: u64) -> f64 {
    // 1 - u: the logarithm of 0 is never asked for
    let radius = (-2.0 * (1.0 - uniform(mix(value))).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(!value)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_has_mean_0_and_variance_1() {
        let draws: Vec<f64> = (0..50_000).map(normal).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / n;
        // four standard errors: 1 / √50,000 and √(2 / 50,000)
        assert!(mean.abs() < 0.018 && (variance - 1.0).abs() < 0.026, "{mean} {variance}");
    }
}
