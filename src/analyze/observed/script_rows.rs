//! The given load test's own log, as it wrote it.

use crate::analyze::document::{LatencyMs, ThreePercentiles};
use crate::model::{Equivalence, LatencyEnd, LatencyStart, Micros};
use crate::stats::distribution::Distribution;

/// The rows of its log.
#[derive(Clone, Debug, Default)]
pub struct ScriptRows {
    rows: Vec<ScriptRow>,
    /// What its latency contains; `None` where it left no log.
    contains: Option<Equivalence>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScriptRow {
    /// The request's number, which is its place in the plan if the load test counts like that.
    pub request: Option<u64>,
    /// Seconds since the Unix epoch, or since the start, where the log has it.
    pub started_s: Option<f64>,
    /// Latency of a success; `None` is a failure.
    pub latency: Option<Micros>,
}

impl ScriptRows {
    /// Of a log that was read.
    pub fn new(rows: Vec<ScriptRow>, contains: Equivalence) -> Self {
        ScriptRows { rows, contains: Some(contains) }
    }

    /// All rows, in the order of the log.
    pub fn rows(&self) -> &[ScriptRow] {
        &self.rows
    }

    /// What its latency contains.
    pub fn contains(&self) -> Option<&Equivalence> {
        self.contains.as_ref()
    }

    /// Whether its latency counts from a request's start to its last byte, as that of a closed loop does.
    pub fn is_whole(&self) -> bool {
        let whole =
            |one: &Equivalence| one.from != LatencyStart::Connection && one.to == LatencyEnd::LastByte;
        self.contains().is_none_or(whole)
    }

    /// Rows.
    pub fn requests(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Rows that are a success.
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

#[cfg(test)]
mod tests {
    use crate::analyze::fixtures::script_rows;

    #[test]
    fn a_failed_row_ranks_slowest() {
        let rows =
            script_rows("request_id,latency_ms,success,error\n0,10.5,1,\n1,2.0,0,HTTP 503\n2,20.25,1,\n");
        let figures = rows.percentiles();
        assert_eq!((rows.requests(), rows.succeeded()), (3, 2));
        assert_eq!((figures.p50, figures.p95), (Some(20.25), None));
    }
}
