//! What the latencies of two runs have in common, where another tool measured one of them.

use anyhow::bail;

use crate::model::manifest::Manifest;
use crate::model::{Caveat, CaveatKind, Equivalence, StageSet};
use crate::workflow::invocation::UsageError;

/// What is compared.
#[derive(Debug)]
pub(super) struct Definition {
    /// The stages of each that count.
    pub counted: [StageSet; 2],
    /// What is to be said of it.
    pub caveats: Vec<Caveat>,
    /// Whether another tool measured one of them.
    pub foreign: bool,
}

/// What both contain.
///
/// # Errors
/// Why they have nothing in common.
pub(super) fn common(names: [&str; 2], manifests: [&Manifest; 2]) -> anyhow::Result<Definition> {
    if manifests.iter().all(|manifest| manifest.imported.is_none()) {
        return Ok(Definition { counted: [StageSet::ALL; 2], caveats: Vec::new(), foreign: false });
    }
    let [a, b] = manifests.map(equivalence);
    let counted = Equivalence::common(&a, &b).or_else(|why| {
        bail!(UsageError(format!(
            "the two latencies have nothing in common: {why}; import a log that tells these apart, or one whose latency counts \
             the same (docs/import.md)"
        )))
    })?;
    let mut caveats: Vec<Caveat> =
        names.iter().zip(manifests).filter_map(|(name, one)| not_paired(name, one)).collect();
    caveats.extend(differs(names, [&a, &b], counted));
    Ok(Definition { counted, caveats, foreign: true })
}

fn equivalence(manifest: &Manifest) -> Equivalence {
    let imported = manifest.imported.as_ref().map(|record| record.equivalence.clone());
    imported.unwrap_or_else(|| Equivalence::own(&manifest.merged_stages))
}

fn not_paired(name: &str, manifest: &Manifest) -> Option<Caveat> {
    let record = manifest.imported.as_ref()?;
    let message = format!(
        "{name} is the log of another tool ({}): it was not interleaved with the other, and what it sent, when and from where is \
         not known, so the difference has no interval; its latency counts {} ({}); failures: {}",
        record.format,
        record.equivalence.span(),
        record.equivalence.latency,
        record.equivalence.failures
    );
    Some(Caveat::new(CaveatKind::NotPaired, message))
}

/// What one contains and the other does not.
fn differs(names: [&str; 2], sides: [&Equivalence; 2], counted: [StageSet; 2]) -> Option<Caveat> {
    let left_out = |at: usize| {
        let stages: Vec<_> = counted[at].missing().map(|stage| stage.name()).collect();
        (!stages.is_empty()).then(|| format!("{} of {} are left out", stages.join(", "), names[at]))
    };
    let left_out: Vec<_> = [left_out(0), left_out(1)].into_iter().flatten().collect();
    let message = if !left_out.is_empty() {
        format!("only what both latencies contain is compared: {}", left_out.join("; "))
    } else if sides[0].from != sides[1].from {
        let [earlier, later] = if sides[0].from < sides[1].from { [0, 1] } else { [1, 0] };
        format!(
            "{} counts {}, {} {}: what a request of the latter waited before it was sent is not in its figures, which flatters it \
             unless its tool never waits (as many callers as connections, and no rate)",
            names[earlier],
            sides[earlier].span(),
            names[later],
            sides[later].span()
        )
    } else {
        return None;
    };
    Some(Caveat::new(CaveatKind::LatencyDiffers, message))
}
