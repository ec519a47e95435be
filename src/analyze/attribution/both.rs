//! Both phases of a run at once.

use super::attribute::attribute_with;
use super::client_health::ClientHealth;
use super::outlook::Outlook;
use crate::analyze::document::{Analysis, AnalysisPhases, Prediction};
use crate::analyze::observed::PhaseData;
use crate::host::both;
use crate::model::Caveat;

/// Analyses both phases; what others add later is absent.
///
/// What is predicted from the before phase tells saturation and remedies how many exchanges the server computes at a
/// time, and what other ways to send would bring.
pub fn attribute_both(
    run_id: &str,
    before: (&PhaseData, &ClientHealth),
    after: (&PhaseData, &ClientHealth),
    prediction: Option<Prediction>,
    caveats: Vec<Caveat>,
) -> Analysis {
    let outlook = prediction.as_ref().map(Outlook::of).unwrap_or_default();
    // Both at once: on a long run this is most of the work after the logs are read.
    let (before, after) =
        both(|| attribute_with(before.0, before.1, &outlook), || attribute_with(after.0, after.1, &outlook));
    Analysis {
        schema: 1,
        run_id: run_id.to_string(),
        phases: AnalysisPhases { before, after },
        baseline_script: None,
        calibration: None,
        prediction,
        ladder: None,
        ladder_note: None,
        caveats,
    }
}
