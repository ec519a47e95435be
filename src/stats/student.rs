//! The quantile of Student's t that a two-sided 95 % interval needs.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// The probability inside the interval.
const INSIDE: f64 = 0.95;

/// t such that P(|T| ≤ t) = 0.95 for so many degrees of freedom, at least 1.
///
/// Inverts the finite trigonometric series for whole degrees of freedom (Abramowitz and Stegun,
/// Handbook of Mathematical Functions, 26.7.3 and 26.7.4) by bisection over θ = atan(t ÷ √df).
pub fn quantile(df: u32) -> f64 {
    let df = df.max(1);
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // Halving π/2 so often leaves less than a double can hold.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if inside(middle, df) < INSIDE { low = middle } else { high = middle }
    }
    f64::from(df).sqrt() * low.tan()
}

/// P(|T| ≤ √df · tan θ).
fn inside(theta: f64, df: u32) -> f64 {
    let (sin, cos) = theta.sin_cos();
    let odd = df % 2 == 1;
    let (mut term, mut sum) = if odd { (cos, 0.0) } else { (1.0, 0.0) };
    let first = if odd { 3 } else { 2 };
    for power in (first..=df).step_by(2) {
        sum += term;
        term *= f64::from(power - 1) / f64::from(power) * cos * cos;
    }
    if odd { FRAC_2_PI * (theta + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_printed_tables() {
        let table = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (10, 2.228),
            (29, 2.045),
            (30, 2.042),
            (99, 1.984),
            (120, 1.980),
        ];
        for (df, expected) in table {
            assert!((quantile(df) - expected).abs() < 5e-4, "df {df}: {}", quantile(df));
        }
        assert!((quantile(100_000) - 1.960).abs() < 5e-4, "the normal distribution's");
    }
}
