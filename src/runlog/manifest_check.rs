//! Whether a manifest is one that this version can read and trust: a file that was changed must not be judged by what is no
//! longer in it, nor ask for all memory.

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::model::manifest::Manifest;
use crate::model::{Connections, Phase, Strategy};

/// The only version of the format so far.
const SCHEMA: u32 = 1;
/// Most requests of a repetition: ten times what a scenario allows, for another tool may have sent more.
const REQUESTS_MOST: u64 = 100_000_000;
/// Most repetitions that a scenario allows.
const REPETITIONS_MOST: u32 = 100;

/// What every version of the format has.
#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

/// Reads a manifest from its text.
pub(super) fn parse(text: &[u8]) -> anyhow::Result<Manifest> {
    const NONE: &str = "it is no manifest of spanload";
    let Versioned { schema } = serde_json::from_slice(text).context(NONE)?;
    if schema != SCHEMA {
        bail!(
            "its schema is {schema}, and this version of spanload reads schema {SCHEMA}; use the version that wrote it"
        );
    }
    let manifest = serde_json::from_slice(text).context(NONE)?;
    check(&manifest)?;
    Ok(manifest)
}

fn check(manifest: &Manifest) -> anyhow::Result<()> {
    let ladder = manifest.ladder.as_ref().map(|ladder| (ladder.requests, ladder.repetitions));
    for (requests, repetitions) in Phase::BOTH.map(|phase| manifest.planned(phase)).into_iter().chain(ladder)
    {
        if !(1..=REQUESTS_MOST).contains(&requests) || !(1..=REPETITIONS_MOST).contains(&repetitions) {
            bail!(
                "{requests} requests in {repetitions} repetitions are no plan of spanload; the file was changed or is \
                 damaged"
            );
        }
    }
    let strategies = manifest.plan.strategies.map_or(Vec::new(), |both| vec![both.before, both.after]);
    if let Some(strategy) = strategies.into_iter().find(|strategy| !sends(strategy)) {
        bail!(
            "a phase with batches of {}, {} connections and {} streams on each sends nothing; the file was changed or is damaged",
            strategy.batch,
            strategy.connections(),
            strategy.streams
        );
    }
    Ok(())
}

fn sends(strategy: &Strategy) -> bool {
    strategy.batch > 0 && strategy.streams > 0 && strategy.connections != Connections::Pool(0)
}
