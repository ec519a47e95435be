//! What is said of answers that differ between the phases, or within the before phase.

use crate::analyze::document::{NumericDifferences, Quality, Yardstick};
use crate::model::QualityRules;
use crate::model::run_files::{AFTER, ANSWERS, BEFORE};

/// Between the phases, by more than the before phase differs from itself.
pub(super) fn differ(quality: &Quality) -> String {
    format!(
        "{}; fix that before taking the gain (--set after.batch=1 shows whether it is the batches); {ANSWERS} holds the answers to the \
         first requests of the plan, by the digests of {BEFORE} and {AFTER}",
        figures(quality, "phases")
    )
}

/// Between two phases or runs, in figures.
pub(super) fn figures(quality: &Quality, between: &str) -> String {
    let Quality { compared, different, .. } = quality;
    let first =
        quality.examples.first().map_or(String::new(), |first| format!(", first that of request {first}"));
    let by = match &quality.yardstick {
        Some(yardstick) => format!(": {}", beside_itself(yardstick)),
        None => "; with one repetition nobody knows how often the server differs from itself, so any difference counts (runs.repetitions = 3 \
                 gives a yardstick)"
            .to_string(),
    };
    let numeric = quality.numeric.as_ref().map(in_numbers).unwrap_or_default();
    format!("{different} of {compared} answers differ between the {between}{first}{by}{numeric}")
}

/// Within the before phase.
pub(super) fn vary(requests: u64, yardstick: Option<&Yardstick>) -> String {
    let so = match yardstick {
        Some(never) if never.before_share == 0.0 => {
            return format!(
                "{requests} answers of the after phase differ from those of the before phase, which never differed from itself; these are too \
                 few to be told from chance: {}; look at them in {ANSWERS}, and run more repetitions (runs.repetitions) to be sure",
                beside_itself(never)
            );
        }
        Some(yardstick) => format!(
            "this is the yardstick: {}; set quality.content or quality.tolerance if such differences mean nothing",
            beside_itself(yardstick)
        ),
        None => "so a difference between the phases need not come from how they are sent; give each phase at least two repetitions \
                 (runs.repetitions), so that it is known how often the server differs from itself"
            .to_string(),
    };
    format!("the server gave {requests} requests different answers in different repetitions; {so}")
}

/// What the one is beside the other.
pub(super) fn beside_itself(yardstick: &Yardstick) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let Yardstick { before_share, after_share, chance95, .. } = yardstick;
    format!(
        "of two answers to one request {} differ within the before phase and {} between the phases, where chance alone gives {} to {} (95 %)",
        percent(*before_share),
        percent(*after_share),
        percent(chance95.lo),
        percent(chance95.hi)
    )
}

fn in_numbers(numeric: &NumericDifferences) -> String {
    let NumericDifferences { pairs, largest, least_cosine } = numeric;
    let cosine = least_cosine.map_or(String::new(), |cosine| format!(", cosine at least {cosine:.6}"));
    format!(
        "; {pairs} of them differ in numbers alone, by at most {largest:.1e} of the larger{cosine}: if that is rounding, allow it with \
         quality.tolerance or quality.cosine ({} is usual for embeddings)",
        QualityRules::COSINE
    )
}
