//! Why the slow requests are slow: a few lines of the closing summary, the same numbers as `analysis.json`.

use crate::analyze::{CauseFinding, PhaseAnalysis, ReuseBuys, Saturation};

/// Causes that are named on the screen.
const NAMED: usize = 2;
/// A smaller share is not named.
const WORTH_NAMING: f64 = 0.005;

/// At most four lines; none where there is no tail.
pub fn why_slow(phase: &PhaseAnalysis) -> Vec<String> {
    let named: Vec<String> =
        phase.causes.iter().filter(|cause| weighs(cause)).take(NAMED).map(line).collect();
    let Some((tail, middle)) = phase.tail.mean_ms.zip(phase.tail.middle_mean_ms) else { return named };
    let mut lines =
        vec![format!("why the slowest 5 % before take {tail:.0} ms on average, the middle {middle:.0} ms:")];
    lines.extend(named);
    lines.extend(conclusion(phase));
    lines
}

/// What the whole phase says of a remedy.
fn conclusion(phase: &PhaseAnalysis) -> Option<String> {
    let reuse = phase.reuse.as_ref().map(|reuse| reuse.buys);
    let saturated = phase.saturation.as_ref().filter(|found| found.saturated == Some(true));
    let law = saturated.map(|found| {
        let Saturation { callers, throughput_rps, callers_over_throughput_ms, .. } = found;
        format!("{callers} callers at {throughput_rps:.1} answers/s wait {callers_over_throughput_ms:.0} ms on average")
    });
    match (reuse, law) {
        (Some(ReuseBuys::Nothing), Some(law)) => {
            Some(format!("  reuse buys nothing: {law}, whatever their connections do"))
        }
        (Some(ReuseBuys::Nothing), None) => {
            Some("  reuse buys nothing: connections take next to no time".to_string())
        }
        (_, Some(law)) => Some(format!("  saturated: {law}; only more throughput per call can help")),
        (_, None) => None,
    }
}

fn weighs(cause: &CauseFinding) -> bool {
    let time = cause.share_of_tail_excess.unwrap_or(0.0);
    time >= WORTH_NAMING || cause.share_of_slowest_lost.is_some()
}

fn line(cause: &CauseFinding) -> String {
    let share = match (cause.share_of_slowest_lost, cause.share_of_tail_excess) {
        (Some(lost), _) => format!("{:.0} % of the slowest lost", lost * 100.0),
        (None, share) => format!("{:.0} %", share.unwrap_or(0.0) * 100.0),
    };
    format!("  {share:>4} {} → {}", cause.cause.words(), cause.remedy)
}
