//! What two latencies have in common, where another tool measured one of them.

use anyhow::bail;

use crate::model::manifest::Manifest;
use crate::model::{Caveat, CaveatKind, Equivalence, ImportRecord, Phase, Stage, StageSet};
use crate::workflow::invocation::UsageError;

/// What is compared.
#[derive(Debug)]
pub(in crate::workflow) struct Definition {
    /// The stages of each that count.
    pub counted: [StageSet; 2],
    /// What is to be said of it.
    pub caveats: Vec<Caveat>,
    /// Whether another tool measured one of them.
    pub foreign: bool,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::workflow) struct Defined<'a> {
    /// How it is called.
    pub name: &'a str,
    /// Where it comes from, if another tool measured it.
    pub foreign: Option<&'a ImportRecord>,
    /// Else the stages that its transport does not see.
    pub merged: &'a [Stage],
}

impl<'a> Defined<'a> {
    /// A phase of a run.
    pub(in crate::workflow) fn of(name: &'a str, manifest: &'a Manifest, phase: Phase) -> Self {
        Defined { name, foreign: manifest.foreign(phase), merged: &manifest.merged_stages }
    }

    fn equivalence(&self) -> Equivalence {
        let imported = self.foreign.map(|record| record.equivalence.clone());
        imported.unwrap_or_else(|| Equivalence::own(self.merged))
    }
}

/// What both contain.
///
/// # Errors
/// Why they have nothing in common.
pub(in crate::workflow) fn common(sides: [Defined<'_>; 2]) -> anyhow::Result<Definition> {
    if sides.iter().all(|side| side.foreign.is_none()) {
        return Ok(Definition { counted: [StageSet::ALL; 2], caveats: Vec::new(), foreign: false });
    }
    let names = sides.map(|side| side.name);
    let [a, b] = sides.map(|side| side.equivalence());
    let counted = Equivalence::common(&a, &b).or_else(|why| {
        bail!(UsageError(format!(
            "the two latencies have nothing in common: {why}; import a log that tells these apart, or one whose latency counts \
             the same (docs/import.md)"
        )))
    })?;
    let mut caveats: Vec<Caveat> = sides.iter().filter_map(not_paired).collect();
    caveats.extend(differs(names, [&a, &b], counted));
    Ok(Definition { counted, caveats, foreign: true })
}

fn not_paired(side: &Defined<'_>) -> Option<Caveat> {
    let (name, record) = (side.name, side.foreign?);
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
