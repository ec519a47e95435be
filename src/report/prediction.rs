//! The prediction in one line of the closing summary: the same numbers as `analysis.json`.

use super::words;
use crate::analyze::Prediction;

/// `predicted P95 … ms [from, to], measured … ms (error … %)`, with the range that the calibration's own uncertainty
/// leaves; `None` where nothing is predicted, or nothing that could be told from noise.
pub fn predicted(prediction: &Prediction) -> Option<String> {
    if !prediction.is_material() {
        return None;
    }
    let predicted = match (prediction.p95_ms, &prediction.range) {
        (Some(p95), Some(range)) => {
            let [low, high] = range.p95_ms.map(|end| format!("{end:.1}"));
            format!("{p95:.1} ms [{low}, {high}]")
        }
        (Some(p95), None) => format!("{p95:.1} ms"),
        (None, Some(range)) => {
            let [low, high] = range.p95_ms;
            format!("{low:.1} to {high:.1} ms (what a batch saves is unknown)")
        }
        (None, None) => return None,
    };
    let measured = match (prediction.measured_p95_ms, prediction.error) {
        (Some(measured), Some(error)) => {
            format!("measured {measured:.1} ms (error {} %)", words::signed(error * 100.0))
        }
        (Some(measured), None) => format!("measured {measured:.1} ms"),
        (None, _) => "not measured".to_string(),
    };
    Some(format!("predicted P95 {predicted}, {measured}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::prediction::Range;

    #[test]
    fn the_line_says_what_the_file_says() {
        let known = Prediction {
            p95_ms: Some(540.25),
            measured_p95_ms: Some(533.546),
            error: Some(0.0126),
            ..Prediction::default()
        };
        let exact = Prediction { error: Some(-0.0001), ..known.clone() };
        let line = "predicted P95 540.2 ms, measured 533.5 ms (error 0.0 %)";
        assert_eq!(predicted(&exact).as_deref(), Some(line), "nothing has no sign");
        let line = "predicted P95 540.2 ms, measured 533.5 ms (error +1.3 %)";
        assert_eq!(predicted(&known).as_deref(), Some(line));
        let range = Range {
            between: String::new(),
            p50_ms: [1.0, 2.0],
            p95_ms: [160.0, 1_300.0],
            p99_ms: [3.0, 4.0],
        };
        let unknown = Prediction { range: Some(range), ..Prediction::default() };
        let line = "predicted P95 160.0 to 1300.0 ms (what a batch saves is unknown), not measured";
        assert_eq!(predicted(&unknown).as_deref(), Some(line));
        let both = Prediction { range: unknown.range, ..known };
        let line = "predicted P95 540.2 ms [160.0, 1300.0], measured 533.5 ms (error +1.3 %)";
        assert_eq!(predicted(&both).as_deref(), Some(line));
        assert_eq!(predicted(&Prediction::default()), None);
        let noise = Prediction {
            p95_ms: Some(0.4),
            measured_p95_ms: Some(0.7),
            error: Some(-0.41),
            ..Prediction::default()
        };
        assert_eq!(predicted(&noise), None);
        assert!(predicted(&Prediction { measured_p95_ms: Some(5.0), ..noise }).is_some());
    }
}
