//! The given load test's own log, as it wrote it.

use std::io::Read;

use serde::Deserialize;

use super::comparison::{LatencyMs, ThreePercentiles};
use super::distribution::Distribution;

/// The rows of `input_py.csv` that figures are made of.
#[derive(Clone, Debug, Default)]
pub struct ScriptRows {
    /// Rows.
    pub requests: u64,
    /// Latencies of the successes in microseconds.
    successes: Vec<u64>,
}

#[derive(Deserialize)]
struct ScriptRow {
    latency_ms: f64,
    success: u8,
}

impl ScriptRows {
    /// Reads the script's CSV: it needs the columns `latency_ms` and `success` (1 or 0).
    pub fn read(source: impl Read) -> Result<Self, csv::Error> {
        let mut rows = ScriptRows::default();
        for row in csv::Reader::from_reader(source).into_deserialize() {
            let row: ScriptRow = row?;
            rows.requests += 1;
            if row.success == 1 && row.latency_ms >= 0.0 {
                rows.successes.push((row.latency_ms * 1e3).round() as u64);
            }
        }
        Ok(rows)
    }

    /// Rows that the script calls a success.
    pub fn succeeded(&self) -> u64 {
        self.successes.len() as u64
    }

    /// Percentiles over all rows; a failure ranks slower than every success.
    pub fn percentiles(&self) -> ThreePercentiles {
        let latency = LatencyMs::of(&Distribution::new(self.successes.clone(), self.requests));
        ThreePercentiles { p50: latency.p50, p95: latency.p95, p99: latency.p99 }
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
        assert_eq!((rows.requests, rows.succeeded()), (3, 2));
        assert_eq!((figures.p50, figures.p95), (Some(20.25), None));
    }
}
