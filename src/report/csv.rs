//! `comparison.csv`: `metric,unit,before,after,difference,ratio`.

use super::Format;
use crate::analyze::{Comparison, Difference};

/// One row a figure, for spreadsheets.
pub struct Csv;

impl Format for Csv {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let (before, after) = (&comparison.phases.before, &comparison.phases.after);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["metric", "unit", "before", "after", "difference", "ratio"])?;
        let overloaded = comparison.phases.overloaded();
        let mut row = |metric: &str, unit: &str, before: Option<f64>, after: Option<f64>| {
            let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            let is_compared = unit != "ms" || !overloaded;
            let Difference { ms, ratio, .. } = Difference::of(before, after.filter(|_| is_compared));
            csv.write_record([metric, unit, &text(before), &text(after), &text(ms), &text(ratio)])
        };
        for ((metric, before), (_, after)) in
            before.latency_ms.named().into_iter().zip(after.latency_ms.named())
        {
            row(&metric.to_string(), "ms", before, after)?;
        }
        let counts = [
            ("planned", before.planned, after.planned),
            ("succeeded", before.succeeded, after.succeeded),
            ("failed", before.failed, after.failed),
            ("unsent", before.unsent, after.unsent),
        ];
        for (metric, before, after) in counts {
            row(metric, "requests", Some(before as f64), Some(after as f64))?;
        }
        row("throughput", "requests/s", before.throughput_rps, after.throughput_rps)?;
        for ((metric, before), (_, after)) in before.ttfb_ms.named().into_iter().zip(after.ttfb_ms.named()) {
            row(&format!("ttfb_{metric}"), "ms", before, after)?;
        }
        csv.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))
    }
}
