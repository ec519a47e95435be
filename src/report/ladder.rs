//! The ladder as a small table of the closing summary, the same numbers as `analysis.json`.

use super::columns::{Alignment, Column, aligned};
use crate::analyze::{LadderRung, Verdict};

const COLUMNS: [Column; 7] = [
    (Alignment::Left, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Right, 0),
    (Alignment::Left, 0),
];

/// A line a rung, with a head above and what to mind below; none where there are no rungs.
pub fn ladder(rungs: &[LadderRung], note: Option<&str>) -> Vec<String> {
    if rungs.is_empty() {
        return Vec::new();
    }
    let head = ["ladder, ms", "P50", "P95", "P99", "per s", "P95 bought", "SLA"].map(String::from);
    let rows: Vec<_> = std::iter::once(head).chain(rungs.iter().map(row)).collect();
    let note = note.map(|note| format!("({note})"));
    aligned(COLUMNS, &rows).into_iter().chain(note).collect()
}

fn row(rung: &LadderRung) -> [String; 7] {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.1}"));
    let [p50, p95, p99, rate] = [rung.p50_ms, rung.p95_ms, rung.p99_ms, rung.throughput_rps].map(number);
    let bought = rung.bought.as_ref().and_then(|one| Some((one.p95_ms?, one.p95_ratio?)));
    let none = if rung.never_batched { "no batch" } else { "" };
    let bought = bought.map_or(none.to_string(), |(ms, ratio)| format!("{ms:+.0} ×{ratio:.2}"));
    let verdict = match rung.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
    };
    let why = match (rung.quality.degraded, rung.unsent) {
        (false, 0) => String::new(),
        (false, unsent) => format!(", {unsent} never sent"),
        (true, _) => format!(", {} answers differ", rung.quality.different),
    };
    [rung.strategy.clone(), p50, p95, p99, rate, bought, format!("{verdict}{why}")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::{Bought, Quality};

    fn rung(strategy: &str, p99_ms: Option<f64>) -> LadderRung {
        LadderRung {
            strategy: strategy.into(),
            planned: 600,
            succeeded: 580,
            unsent: 0,
            quality: Quality {
                compared: 580,
                equal: 502,
                different: 78,
                examples: vec![3],
                degraded: true,
                ..Quality::default()
            },
            p50_ms: Some(812.25),
            p95_ms: Some(1_044.04),
            p99_ms,
            throughput_rps: Some(78.125),
            bought: Some(Bought { p95_ms: Some(-208.9), p95_ratio: Some(0.8333) }),
            verdict: Verdict::Missed,
            never_batched: false,
        }
    }

    #[test]
    fn a_rung_is_a_line_and_a_missing_rank_is_said() {
        assert_eq!(
            ladder(&[rung("pool of 8, batches of up to 2", None)], Some("as long")),
            [
                "ladder, ms                      P50    P95  P99 per s P95 bought SLA",
                "pool of 8, batches of up to 2 812.2 1044.0 none  78.1 -209 ×0.83 missed, 78 answers differ",
                "(as long)"
            ]
        );
        let none = LadderRung { never_batched: true, bought: None, ..rung("pool", None) };
        assert!(ladder(&[none], None)[1].contains("no batch"));
        assert_eq!(ladder(&[], None), [""; 0]);
    }

    #[test]
    fn no_name_and_no_number_breaks_the_columns() {
        let long = rung("pool of 1000, batches of up to 1000 within 250 ms", Some(123_456_789.0));
        let fast = LadderRung { throughput_rps: Some(1_234_567.8), ..rung("per_request", None) };
        let lines = ladder(&[long, fast], None);
        let ends = |word: &str, line: &str| {
            let at = line.find(word).unwrap_or_else(|| panic!("{word} is not in {line}"));
            line[..at + word.len()].chars().count()
        };
        let [head, first, second] = &lines[..] else { panic!("{lines:#?}") };
        assert_eq!(ends("P99", head), ends("123456789.0", first), "{lines:#?}");
        assert_eq!(ends("P99", head), ends("none", second), "{lines:#?}");
        assert_eq!(ends("per s", head), ends("1234567.8", second), "{lines:#?}");
        assert_eq!(ends("SLA", head), ends("mis", first), "{lines:#?}");
    }
}
