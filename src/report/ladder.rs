//! The ladder as a small table of the closing summary, the same numbers as `analysis.json`.

use crate::analyze::{LadderRung, Verdict};

/// A line a rung, with a head above and what to mind below; none where there are no rungs.
pub fn ladder(rungs: &[LadderRung], note: Option<&str>) -> Vec<String> {
    if rungs.is_empty() {
        return Vec::new();
    }
    let head = format!(
        "{:<29} {:>6} {:>7} {:>7} {:>6} {:>11} SLA",
        "ladder, ms", "P50", "P95", "P99", "per s", "P95 bought"
    );
    let note = note.map(|note| format!("({note})"));
    std::iter::once(head).chain(rungs.iter().map(line)).chain(note).collect()
}

fn line(rung: &LadderRung) -> String {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
    let [p50, p95, p99, rate] = [rung.p50_ms, rung.p95_ms, rung.p99_ms, rung.throughput_rps].map(number);
    let bought = rung.bought.as_ref().and_then(|one| Some((one.p95_ms?, one.p95_ratio?)));
    let bought = bought.map_or(String::new(), |(ms, ratio)| format!("{ms:+.0} ×{ratio:.2}"));
    let verdict = match rung.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
    };
    let why = match (rung.quality.different, rung.unsent) {
        (0, 0) => String::new(),
        (0, unsent) => format!(", {unsent} never sent"),
        (different, _) => format!(", {different} answers differ"),
    };
    format!("{:<29} {p50:>6} {p95:>7} {p99:>7} {rate:>6} {bought:>11} {verdict}{why}", rung.strategy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::{Bought, Quality};

    #[test]
    fn a_rung_is_a_line_and_a_missing_rank_is_said() {
        let rung = LadderRung {
            strategy: "pool of 8, batches of up to 2".into(),
            planned: 600,
            succeeded: 580,
            unsent: 0,
            quality: Quality { compared: 580, equal: 502, different: 78, examples: vec![3] },
            p50_ms: Some(812.25),
            p95_ms: Some(1_044.04),
            p99_ms: None,
            throughput_rps: Some(78.125),
            bought: Some(Bought { p95_ms: Some(-208.9), p95_ratio: Some(0.8333) }),
            verdict: Verdict::Missed,
        };
        assert_eq!(
            ladder(&[rung], Some("as long")),
            [
                "ladder, ms                       P50     P95     P99  per s  P95 bought SLA",
                "pool of 8, batches of up to 2  812.2  1044.0    none   78.1  -209 ×0.83 missed, 78 answers differ",
                "(as long)"
            ]
        );
        assert_eq!(ladder(&[], None), [""; 0]);
    }
}
