//! Which requests each part of a run sends.

use crate::plan::Plan;
use crate::scenario::Settings;

/// The plan of both phases.
pub(in crate::workflow) fn of_phases(settings: &Settings) -> anyhow::Result<Plan> {
    of_first(settings, settings.load.requests)
}

/// The first so many requests of the plan of both phases.
pub(in crate::workflow) fn of_first(settings: &Settings, requests: u64) -> anyhow::Result<Plan> {
    of_size(settings, requests, settings.load.seed)
}

/// Other requests than those of the phases, so that no cache of the server's knows the phases' ones.
pub(in crate::workflow) fn of_idle_calls(settings: &Settings, requests: u64) -> anyhow::Result<Plan> {
    of_size(settings, requests, settings.load.seed.wrapping_add(1))
}

fn of_size(settings: &Settings, requests: u64, seed: u64) -> anyhow::Result<Plan> {
    match &settings.load.payloads {
        Some(path) => Ok(Plan::of_file(requests, seed, path)?),
        None if !settings.sends_bodies() => Ok(Plan::without_bodies(requests)),
        None => Ok(Plan::of_prompts(requests, seed)),
    }
}
