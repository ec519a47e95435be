//! The given load test's own log, as it wrote it.

use std::io::Read;

use serde::Deserialize;

use crate::analyze::document::{LatencyMs, ThreePercentiles};
use crate::model::Micros;
use crate::stats::distribution::Distribution;

/// The rows of `input_py.csv`.
#[derive(Clone, Debug, Default)]
pub struct ScriptRows {
    rows: Vec<ScriptRow>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScriptRow {
    /// The request's number, where the log has `request_id`.
    pub request: Option<u64>,
    /// Seconds since the Unix epoch, where the log has `started_at`.
    pub started_s: Option<f64>,
    /// Latency of a success; `None` is a failure.
    pub latency: Option<Micros>,
}

#[derive(Deserialize)]
struct ScriptColumns {
    latency_ms: f64,
    success: u8,
    #[serde(default)]
    request_id: Option<u64>,
    #[serde(default)]
    started_at: Option<f64>,
}

impl ScriptRows {
    /// Reads the script's CSV: it needs the columns `latency_ms` and `success` (1 or 0), and says more with
    /// `request_id` and `started_at`.
    pub fn read(source: impl Read) -> Result<Self, csv::Error> {
        let written = csv::Reader::from_reader(source).into_deserialize();
        let rows = written.map(|row| row.map(|row: ScriptColumns| row.row())).collect::<Result<_, _>>()?;
        Ok(ScriptRows { rows })
    }

    /// All rows, in the order of the log.
    pub fn rows(&self) -> &[ScriptRow] {
        &self.rows
    }

    /// Rows.
    pub fn requests(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Rows that the script calls a success.
    pub fn succeeded(&self) -> u64 {
        self.rows.iter().filter(|row| row.latency.is_some()).count() as u64
    }

    /// Over all rows; a failure ranks slower than every success.
    pub fn latency(&self) -> Distribution {
        let successes = self.rows.iter().filter_map(|row| row.latency);
        Distribution::new(successes.map(|latency| latency.0).collect(), self.requests())
    }

    /// Percentiles over all rows.
    pub fn percentiles(&self) -> ThreePercentiles {
        let latency = LatencyMs::of(&self.latency());
        ThreePercentiles { p50: latency.p50, p95: latency.p95, p99: latency.p99 }
    }
}

impl ScriptColumns {
    fn row(&self) -> ScriptRow {
        let success = self.success == 1 && self.latency_ms.is_finite() && self.latency_ms >= 0.0;
        ScriptRow {
            request: self.request_id,
            started_s: self.started_at.filter(|started| started.is_finite()),
            latency: success.then(|| Micros((self.latency_ms * 1e3).round() as u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_row_ranks_slowest() {
        let csv = "request_id,latency_ms,success,error\n0,10.5,1,\n1,2.0,0,HTTP 503\n2,20.25,1,\n";
        let rows = ScriptRows::read(csv.as_bytes()).expect("a good log");
        let figures = rows.percentiles();
        assert_eq!((rows.requests(), rows.succeeded()), (3, 2));
        assert_eq!((figures.p50, figures.p95), (Some(20.25), None));
    }

    #[test]
    fn a_row_that_is_none_is_an_error_with_its_line() {
        let problem = |csv: &str| ScriptRows::read(csv.as_bytes()).expect_err("no log").to_string();
        assert!(problem("latency_ms\n1.0\n").contains("success"));
        assert!(problem("latency_ms,success\n1.0,1\nsoon,1\n").contains("line: 3"));
        let odd = ScriptRows::read("latency_ms,success\nNaN,1\n-1.0,1\ninf,1\n".as_bytes()).expect("numbers");
        assert_eq!((odd.requests(), odd.succeeded()), (3, 0), "no time at all is no success");
    }
}
