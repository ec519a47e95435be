//! Whether the before phase does what the given load test does.

use super::doubt::Doubt;
use super::samples::smallest_sample;
use crate::analyze::observed::PhaseData;
use crate::analyze::observed::ScriptRows;
use crate::model::Micros;
use crate::stats::distribution::Distribution;

/// Medians that are no further apart than this are equal: so much of a request is the interpreter's own, and none of it
/// the server's.
const GRAIN: Micros = Micros(5_000);
/// Medians that are further apart than this share of the script's.
const MEDIANS_APART: f64 = 0.10;
/// A request is slow beyond this multiple of its own side's median.
const SLOW: f64 = 1.5;
/// Shares of slow requests that are further apart than this. The P95 itself is not compared: retransmissions
/// quantise it to whole seconds, so it jumps between runs of one and the same program.
const SLOW_APART: f64 = 0.06;

/// Compares the script's own figures with those of the before phase.
pub(super) fn differs(script: &ScriptRows, before: &PhaseData) -> Option<Doubt> {
    // What counts from elsewhere or to elsewhere differs in any case.
    let script = script.is_whole().then(|| script.latency())?;
    let before = before.latency();
    if script.planned().min(before.planned()) < smallest_sample(900) {
        return None;
    }
    let (p50, replica_p50) = (script.percentile(500)?, before.percentile(500)?);
    let (slow, replica_slow) = (slow(&script, p50), slow(before, replica_p50));
    let far = replica_p50.0.abs_diff(p50.0) > GRAIN.0;
    let what = if far && (replica_p50.0 as f64 / p50.0.max(1) as f64 - 1.0).abs() > MEDIANS_APART {
        format!("its P50 is {replica_p50} ms, the script's {p50} ms")
    } else if Micros(p50.0 / 2) > GRAIN && (slow - replica_slow).abs() > SLOW_APART {
        format!(
            "{:.1} % of its requests take more than 1.5 × P50, {:.1} % of the script's",
            replica_slow * 100.0,
            slow * 100.0
        )
    } else {
        return None;
    };
    Some(Doubt::ReplicaDiffers { what })
}

fn slow(latency: &Distribution, p50: Micros) -> f64 {
    latency.share_above(Micros((p50.0 as f64 * SLOW) as u64))
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::analyze::fixtures::{phase, script_rows};

    fn script(slow: usize, fast_ms: u64) -> ScriptRows {
        let row = |index| {
            let latency = if index < slow { 3 * fast_ms } else { fast_ms };
            format!("{index},{latency}.0,1\n")
        };
        let rows: String = (0..200).map(row).collect();
        script_rows(&format!("request_id,latency_ms,success\n{rows}"))
    }

    #[test]
    fn a_faithful_replica_raises_nothing_and_another_one_is_named() {
        let mut latencies = vec![900_000; 200];
        latencies[..12].fill(1_900_000);
        let before = phase(&[&latencies]);
        assert_eq!(differs(&script(12, 900), &before), None);
        assert_eq!(differs(&script(23, 950), &before), None, "5.5 points and 5 %");
        let message = |script| message(&differs(&script, &before).expect("a doubt"));
        assert!(message(script(12, 1_100)).contains("P50"));
        assert!(message(script(30, 900)).contains("15.0 % of the script's"));
        assert!(message(script(30, 900)).contains("retransmissions"));
        assert_eq!(
            differs(&script(60, 2), &phase(&[&[1_600; 200]])),
            None,
            "an interpreter's own milliseconds"
        );
    }
}
