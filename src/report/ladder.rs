//! The ladder as a small table of the closing summary, the same numbers as `analysis.json`.

use crate::analyze::{LadderRung, Verdict};

/// A line a rung, with a head above; none where there are no rungs.
pub fn ladder(rungs: &[LadderRung]) -> Vec<String> {
    if rungs.is_empty() {
        return Vec::new();
    }
    let head = format!("{:<32}{:>8}{:>10}{:>10}{:>12}  SLA", "ladder, ms", "P50", "P95", "P99", "requests/s");
    std::iter::once(head).chain(rungs.iter().map(line)).collect()
}

fn line(rung: &LadderRung) -> String {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
    let [p50, p95, p99, rate] = [rung.p50_ms, rung.p95_ms, rung.p99_ms, rung.throughput_rps].map(number);
    let verdict = match rung.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
    };
    format!("{:<32}{p50:>8}{p95:>10}{p99:>10}{rate:>12}  {verdict}", rung.strategy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_is_a_line_and_a_missing_rank_is_said() {
        let rung = LadderRung {
            strategy: "pool of 8, batches of up to 2".into(),
            planned: 600,
            succeeded: 580,
            p50_ms: Some(812.25),
            p95_ms: Some(1_044.04),
            p99_ms: None,
            throughput_rps: Some(78.125),
            verdict: Verdict::Missed,
        };
        assert_eq!(
            ladder(&[rung]),
            [
                "ladder, ms                           P50       P95       P99  requests/s  SLA",
                "pool of 8, batches of up to 2      812.2    1044.0      none        78.1  missed"
            ]
        );
        assert_eq!(ladder(&[]), [""; 0]);
    }
}
