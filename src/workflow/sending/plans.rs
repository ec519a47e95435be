//! Which requests each part of a run sends.

use anyhow::Context;

use crate::plan::{ArrivalsEnd, Plan, PlannedArrivals, PlannedEndpoint};
use crate::scenario::{Settings, TargetEndpoint};

/// The plan of both phases, from which all others are made: its files are read once.
pub(in crate::workflow) fn of_phases(settings: &Settings) -> anyhow::Result<Plan> {
    arriving(settings, |requests| of_bodies(settings, requests))
}

fn arriving(settings: &Settings, plan: impl FnOnce(u64) -> anyhow::Result<Plan>) -> anyhow::Result<Plan> {
    let load = &settings.load;
    let Some(process) = load.arrival.clone() else {
        return plan(load.requests.unwrap_or(1));
    };
    let end = ArrivalsEnd { requests: load.requests, duration: load.duration };
    let arrivals = PlannedArrivals::new(process, load.seed, end)?;
    Ok(plan(arrivals.requests())?.arriving(arrivals))
}

fn of_bodies(settings: &Settings, requests: u64) -> anyhow::Result<Plan> {
    let load = &settings.load;
    let plan = match (&load.payloads, &load.template) {
        (Some(path), _) => Plan::of_file(requests, load.seed, path)?,
        (None, Some(template)) => Plan::of_template(requests, load.seed, template, load.columns.as_deref())?,
        (None, None) if !settings.sends_bodies() => Plan::without_bodies(requests),
        (None, None) => Plan::of_prompts(requests, load.seed),
    };
    let plan = plan.in_order(load.order);
    if settings.target.endpoints.is_empty() {
        return Ok(plan);
    }
    let endpoint = |endpoint: &TargetEndpoint| {
        let own = match &endpoint.payloads {
            Some(path) => {
                let own = Plan::of_file(requests, load.seed, path);
                let own = own.with_context(|| format!("target.endpoints.payloads ({})", endpoint.name))?;
                Some(own.in_order(load.order))
            }
            // What its method asks for can differ from what that of the target does.
            None if load.has_own_bodies() => None,
            None if !settings.sends_bodies_to(endpoint) => Some(Plan::without_bodies(requests)),
            None if settings.sends_bodies() => None,
            None => Some(Plan::of_prompts(requests, load.seed)),
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
    Ok(plan.to_endpoints(load.seed, endpoints))
}
