//! What is judged and how it came out, as plain figures: telemetry knows neither scenario nor analysis.

/// The unit of a line of the SLA, as metrics have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a time.
    Seconds,
    /// Of a share of 1.
    Ratio,
    /// Of a rate.
    RequestsPerSecond,
}

/// A line of the SLA and, at the end, what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Such as `p95`.
    pub metric: String,
    /// Of the three figures below.
    pub unit: Unit,
    /// Inclusive.
    pub limit: f64,
    /// What the before phase reached.
    pub before: Option<f64>,
    /// What the after phase reached.
    pub after: Option<f64>,
    /// Whether the after phase met the line.
    pub met: bool,
}

impl Line {
    /// The limit of a time, in microseconds.
    pub(super) fn limit_us(&self) -> Option<u64> {
        (self.unit == Unit::Seconds).then(|| (self.limit * 1e6).round() as u64)
    }
}

/// How the comparison came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Each line.
    pub lines: Vec<Line>,
    /// All in all.
    pub met: bool,
}
