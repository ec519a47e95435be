//! Rounding of figures that are written.

/// Rounds to so many decimals, so that the last bits of a division do not fill the file; never to a negative zero.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}
