//! What a computation costs: a fixed part for each exchange, and a part for each item that follows from its bytes.
use std::time::Duration;

use super::MockSettings;
use super::digest::ItemDigest;

/// The cost of one item in milliseconds: `item_ms` times a log-normal factor of mean 1 and spread `item_sigma`.
///
/// The factor is exp(sigma z - sigma^2 / 2) with z standard normal, by Box and Muller (1958) from two draws.
pub(super) fn item_ms(settings: &MockSettings, digest: &ItemDigest) -> f64 {
    let sigma = settings.item_sigma;
    let radius = (-2.0 * (1.0 - digest.uniform("cost.radius")).ln()).sqrt(); // 1 - u: the logarithm of 0 is never asked
    let z = radius * (std::f64::consts::TAU * digest.uniform("cost.angle")).cos();
    settings.item_ms * (sigma * z - sigma * sigma / 2.0).exp()
}

/// The time an exchange holds a replica.
pub(super) fn exchange_cost(settings: &MockSettings, items_ms: impl Iterator<Item = f64>) -> Duration {
    Duration::from_secs_f64((settings.fixed_ms + items_ms.sum::<f64>()) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(sigma: f64) -> Vec<f64> {
        let settings = MockSettings { item_sigma: sigma, ..MockSettings::default() };
        (0..20_000_u32).map(|i| item_ms(&settings, &ItemDigest::of(&i.to_be_bytes()))).collect()
    }

    #[test]
    fn the_mean_is_item_ms_and_the_spread_is_sigma() {
        let costs = costs(0.5);
        let n = costs.len() as f64;
        let mean = costs.iter().sum::<f64>() / n;
        // standard error of the mean: 40 sqrt(exp(0.25) - 1) / sqrt(20,000) = 0.15
        assert!((mean - 40.0).abs() < 0.6, "{mean}");
        let logs: Vec<f64> = costs.iter().map(|cost| cost.ln()).collect();
        let log_mean = logs.iter().sum::<f64>() / n;
        let spread = (logs.iter().map(|log| (log - log_mean).powi(2)).sum::<f64>() / n).sqrt();
        assert!((spread - 0.5).abs() < 0.01, "{spread}");
    }

    #[test]
    fn without_spread_every_item_costs_the_same() {
        assert!(costs(0.0).iter().all(|&cost| cost == 40.0));
    }

    #[test]
    fn the_same_bytes_cost_the_same() {
        let settings = MockSettings::default();
        let cost = |bytes: &[u8]| item_ms(&settings, &ItemDigest::of(bytes));
        assert_eq!(cost(b"one"), cost(b"one"));
        assert_ne!(cost(b"one"), cost(b"two"));
    }

    #[test]
    fn an_exchange_pays_the_fixed_part_once() {
        let settings = MockSettings::default();
        let cost = exchange_cost(&settings, [40.0, 30.5].into_iter());
        assert_eq!(cost, Duration::from_micros(180_500));
    }
}
