//! Which requests each part of a run sends.

use anyhow::Context;

use crate::plan::{ArrivalsEnd, Plan, PlannedArrivals, PlannedEndpoint};
use crate::scenario::{Settings, TargetEndpoint};

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
    let plan = match &settings.load.payloads {
        Some(path) => Plan::of_file(requests, seed, path)?,
        None if !settings.sends_bodies() => Plan::without_bodies(requests),
        None => Plan::of_prompts(requests, seed),
    };
    if settings.target.endpoints.is_empty() {
        return Ok(plan);
    }
    let endpoint = |endpoint: &TargetEndpoint| {
        let own = match &endpoint.payloads {
            Some(path) => {
                let own = Plan::of_file(requests, seed, path);
                Some(own.with_context(|| format!("target.endpoints.payloads ({})", endpoint.name))?)
            }
            // What its method asks for can differ from what that of the target does.
            None if settings.load.payloads.is_some() => None,
            None if !settings.sends_bodies_to(endpoint) => Some(Plan::without_bodies(requests)),
            None if settings.sends_bodies() => None,
            None => Some(Plan::of_prompts(requests, seed)),
        };
        let planned = PlannedEndpoint {
            name: endpoint.name.as_str().into(),
            method: endpoint.method.clone(),
            path: endpoint.path.clone(),
            weight: endpoint.weight,
        };
        Ok((planned, own))
    };
    let endpoints = settings.target.endpoints.iter().map(endpoint).collect::<anyhow::Result<_>>()?;
    Ok(plan.to_endpoints(seed, endpoints))
}
