//! Figures of several rounds: the middle one, and the lowest and highest, between which the true median lies.

/// One of several rounds, in order.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// Median and interval. That of the lowest and the highest of n holds the true median in all but 2 × ½ⁿ of cases.
    pub fn text(&self, unit: &str) -> String {
        let (low, high) = (self.0[0], self.0[self.0.len() - 1]);
        format!("{:.3} [{low:.3}, {high:.3}] {unit}, {} rounds", self.median(), self.0.len())
    }
}

/// Nearest rank.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() as f64 * share).ceil() as usize).max(1) - 1]
}
