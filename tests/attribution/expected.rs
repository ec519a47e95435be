//! What must be found of a phase, and what may not.
use spanload::analyze::PhaseAnalysis;

/// What is neither injected nor a companion may not weigh more, be it more or less than in the middle.
const STRANGER: f64 = 0.10;

/// What must be found.
pub struct Expected<'a> {
    pub first: &'a str,
    /// Causes that the truth cannot tell apart, and their share of the tail's excess.
    pub shares: &'a [(&'a [&'a str], f64)],
    /// What may weigh something beside these.
    pub companions: &'a [&'a str],
}

#[track_caller]
pub fn check(found: &PhaseAnalysis, expected: &Expected<'_>, tolerance: f64) {
    let share = |name: &str| found.tail.excess_causes.named(name).and_then(|part| part.share).unwrap_or(0.0);
    let table = format!("{:#?}", found.tail.excess_causes);
    let first = found.causes.first().map(|cause| cause.cause.name());
    assert_eq!(first, Some(expected.first), "{table}");
    for (causes, truth) in expected.shares {
        let sum: f64 = causes.iter().map(|cause| share(cause)).sum();
        println!("{causes:?}: found {:.2} %, truth {:.2} %", sum * 100.0, truth * 100.0);
        assert!((sum - truth).abs() <= tolerance, "{causes:?}: {sum:.4}, in truth {truth:.4}: {table}");
    }
    let known = |name: &str| {
        expected.companions.contains(&name)
            || expected.shares.iter().any(|(causes, _)| causes.contains(&name))
    };
    for (cause, part) in &found.tail.excess_causes.0 {
        let name = cause.name();
        let share = part.share.unwrap_or(0.0);
        assert!(
            share.abs() <= STRANGER || known(name),
            "{name} has {share:.3}, where nobody put it: {table}"
        );
    }
}
