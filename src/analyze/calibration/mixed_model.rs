//! Least squares where observations share causes: a line through exchanges that carry the same items.
//!
//! The time of exchange e with n items is modelled as y = fixed + n · item + Σ δ + ε: every item deviates
//! from the mean by its own δ (variance σ²), the same in every exchange that carries it, and every exchange by
//! its own ε (variance τ²). So cov(y_e, y_f) = σ² · (items they share) + τ² · [e = f], and the estimate is
//! generalised least squares with that covariance. Its one unknown, λ = σ²/τ², is chosen by restricted maximum
//! likelihood (Patterson and Thompson: Recovery of inter-block information when block sizes are unequal,
//! Biometrika 58, 1971) over a grid. Where the same items are called alone and in batches, their differences
//! cancel δ and leave the fixed part with the noise of a timer instead of the spread of the items.

/// Finer than this (in the unit of y squared, here ms²) no clock of this program reads: 1 µs.
const LEAST_VARIANCE: f64 = 1e-6;

/// A fitted line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The part that an exchange pays once.
    pub fixed: f64,
    /// The part that each item pays.
    pub item: f64,
    /// Standard errors of the two.
    pub errors: [f64; 2],
    /// Standard deviation between items.
    pub item_deviation: f64,
    /// Standard deviation of an exchange beside that.
    pub noise: f64,
    /// Observations less the two estimates.
    pub degrees: usize,
}

/// Fits a line; `None` with fewer than three exchanges or with batches of one size only.
///
/// `shared[e][f]` is how many items the exchanges e and f have in common; on the diagonal, their size.
pub(super) fn fit(times: &[f64], shared: &[Vec<f64>]) -> Option<Line> {
    let sizes: Vec<f64> = (0..times.len()).map(|e| shared[e][e]).collect();
    if times.len() < 3 || sizes.iter().all(|size| *size == sizes[0]) {
        return None;
    }
    let grid = std::iter::once(0.0).chain((-4..=12).map(|half| 10_f64.powf(f64::from(half) / 2.0)));
    let fits = grid.filter_map(|lambda| fit_at(lambda, times, &sizes, shared));
    fits.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, line)| line)
}

/// The line at one λ, and −2 × its restricted log-likelihood but for a constant.
fn fit_at(lambda: f64, times: &[f64], sizes: &[f64], shared: &[Vec<f64>]) -> Option<(f64, Line)> {
    let factor = Cholesky::of(lambda, shared)?;
    let [ones, sizes, times] =
        [&vec![1.0; times.len()], sizes, times].map(|column: &[f64]| factor.whiten(column));
    let (aa, ab, bb) = (dot(&ones, &ones), dot(&ones, &sizes), dot(&sizes, &sizes));
    let (ay, by) = (dot(&ones, &times), dot(&sizes, &times));
    let determinant = aa * bb - ab * ab;
    if determinant <= 0.0 {
        return None;
    }
    let fixed = (bb * ay - ab * by) / determinant;
    let item = (aa * by - ab * ay) / determinant;
    let residuals = (0..times.len()).map(|e| times[e] - fixed * ones[e] - item * sizes[e]);
    let degrees = times.len() - 2;
    let variance = residuals.map(|residual| residual * residual).sum::<f64>() / degrees as f64;
    let variance = variance.max(LEAST_VARIANCE);
    let line = Line {
        fixed,
        item,
        errors: [(variance * bb / determinant).sqrt(), (variance * aa / determinant).sqrt()],
        item_deviation: (lambda * variance).sqrt(),
        noise: variance.sqrt(),
        degrees,
    };
    Some((degrees as f64 * variance.ln() + factor.log_determinant() + determinant.ln(), line))
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// The lower triangle L of λ · shared + 1 = L Lᵀ.
struct Cholesky(Vec<Vec<f64>>);

impl Cholesky {
    fn of(lambda: f64, shared: &[Vec<f64>]) -> Option<Self> {
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(shared.len());
        for (e, row) in shared.iter().enumerate() {
            let mut fresh = Vec::with_capacity(e + 1);
            for f in 0..e {
                let rest = lambda * row[f] - dot(&fresh, &lower[f][..f]);
                fresh.push(rest / lower[f][f]);
            }
            let rest = lambda * row[e] + 1.0 - dot(&fresh, &fresh);
            if rest <= 0.0 {
                return None;
            }
            fresh.push(rest.sqrt());
            lower.push(fresh);
        }
        Some(Cholesky(lower))
    }

    /// Solves L x = column: the entries of x are uncorrelated and have equal variance.
    fn whiten(&self, column: &[f64]) -> Vec<f64> {
        let mut solved = Vec::with_capacity(column.len());
        for (row, value) in self.0.iter().zip(column) {
            let (last, before) = row.split_last().expect("row e of a triangle has e + 1 entries");
            solved.push((value - dot(before, &solved)) / last);
        }
        solved
    }

    fn log_determinant(&self) -> f64 {
        self.0.iter().filter_map(|row| row.last()).map(|entry| 2.0 * entry.ln()).sum()
    }
}

/// The 97.5 % quantile of Student's t, by the expansion of Abramowitz and Stegun, 26.7.5.
pub(super) fn t_quantile(degrees: usize) -> f64 {
    let (z, v) = (1.959_963_985_f64, degrees as f64);
    // the expansion is for large v; these are the tabled values where it is off by more than 1 %
    match degrees {
        0 => return f64::INFINITY,
        1 => return 12.706,
        2 => return 4.303,
        _ => {}
    }
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_t_quantile_is_the_tabled_one() {
        for (degrees, tabled) in [(3, 3.182), (5, 2.571), (10, 2.228), (21, 2.080), (100, 1.984)] {
            assert!((t_quantile(degrees) - tabled).abs() < 0.01 * tabled, "{degrees}");
        }
    }

    #[test]
    fn the_factor_gives_the_matrix_back() {
        let shared = vec![vec![1.0, 1.0, 0.0], vec![1.0, 2.0, 1.0], vec![0.0, 1.0, 4.0]];
        let Cholesky(lower) = Cholesky::of(3.0, &shared).expect("positive definite");
        for (e, f) in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)] {
            let entry: f64 = (0..=f).map(|k| lower[e][k] * lower[f][k]).sum();
            let expected = 3.0 * shared[e][f] + if e == f { 1.0 } else { 0.0 };
            assert!((entry - expected).abs() < 1e-12, "{e} {f}: {entry}");
        }
    }
}
