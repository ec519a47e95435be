//! Why the slow requests are slow: a few lines of the closing summary, the same numbers as `analysis.json`.

use crate::analyze::{CauseFinding, PhaseAnalysis, ReuseBuys, Saturation};

/// Causes that are named on the screen.
const NAMED: usize = 2;
/// A smaller share is not named.
const WORTH_NAMING: f64 = 0.005;

/// At most three, a name and a text each; none where nothing makes a tail.
pub fn why_slow(phase: &PhaseAnalysis) -> Vec<(&'static str, String)> {
    let named: Vec<&CauseFinding> = phase.causes.iter().filter(|cause| weighs(cause)).take(NAMED).collect();
    let Some(first) = named.first() else { return Vec::new() };
    let causes: Vec<String> = named.iter().map(|cause| share(cause)).collect();
    let lines = [("slowest 5 % before", causes.join(", ")), ("remedy", first.remedy.clone())];
    lines.into_iter().chain(conclusion(phase)).collect()
}

/// What the whole phase says of a remedy.
fn conclusion(phase: &PhaseAnalysis) -> Option<(&'static str, String)> {
    let reuse = phase.reuse.as_ref().map(|reuse| reuse.buys);
    let saturated = phase.saturation.as_ref().filter(|found| found.saturated == Some(true));
    let law = saturated.map(|found| {
        let Saturation { callers, throughput_rps, callers_over_throughput_ms, .. } = found;
        format!(
            "{callers} callers at {throughput_rps:.1} answers/s wait {callers_over_throughput_ms:.0} ms on average"
        )
    });
    match (reuse, law) {
        (Some(ReuseBuys::Nothing), Some(law)) => {
            Some(("reuse buys nothing", format!("{law}, whatever their connections do")))
        }
        (Some(ReuseBuys::Nothing), None) => {
            Some(("reuse buys nothing", "connections take next to no time".into()))
        }
        (_, Some(law)) => Some(("saturated", format!("{law}; only more throughput per call can help"))),
        (_, None) => None,
    }
}

fn weighs(cause: &CauseFinding) -> bool {
    let time = cause.share_of_tail_excess.unwrap_or(0.0);
    time >= WORTH_NAMING || cause.share_of_slowest_lost.is_some()
}

fn share(cause: &CauseFinding) -> String {
    let words = cause.cause.words();
    match (cause.share_of_slowest_lost, cause.share_of_tail_excess) {
        (Some(lost), _) => format!("{:.0} % lost to {words}", lost * 100.0),
        (None, share) => format!("{:.0} % {words}", share.unwrap_or(0.0) * 100.0),
    }
}
