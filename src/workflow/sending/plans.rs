//! Which requests each part of a run sends.

use crate::plan::{ArrivalsEnd, Plan, PlannedArrivals};
use crate::scenario::Settings;

/// The plan of both phases.
pub(in crate::workflow) fn of_phases(settings: &Settings) -> anyhow::Result<Plan> {
    let load = &settings.load;
    let Some(process) = load.arrival.clone() else {
        return of_size(settings, load.requests.unwrap_or(1), load.seed);
    };
    let end = ArrivalsEnd { requests: load.requests, duration: load.duration };
    let arrivals = PlannedArrivals::new(process, load.seed, end)?;
    Ok(of_size(settings, arrivals.requests(), load.seed)?.arriving(arrivals))
}

/// The first so many requests of the plan of both phases, due when they are.
pub(in crate::workflow) fn of_first(
    settings: &Settings,
    phases: &Plan,
    requests: u64,
) -> anyhow::Result<Plan> {
    let plan = of_size(settings, requests.min(phases.requests()), settings.load.seed)?;
    Ok(match phases.arrivals() {
        Some(arrivals) => plan.arriving(arrivals.first(requests)),
        None => plan,
    })
}

/// Other requests than those of the phases, so that no cache of the server's knows the phases' ones; from a caller who waits for
/// the answers.
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
