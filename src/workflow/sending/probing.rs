//! The one request before a run, to a server that was given.

use std::sync::Arc;

use anyhow::bail;

use super::conditions;
use super::transports::Moving;
use crate::host::{Interrupt, Interrupted};
use crate::model::{HttpChoice, Strategy};
use crate::plan::{Plan, TraceIds};
use crate::scenario::Settings;
use crate::transport::{Endpoint, TlsTrust, requested_url};
use crate::workflow::probe::{Asked, Diagnosis, ProbeRequest, diagnose};

/// What is probed: one request to each endpoint.
pub(super) struct ProbedServer<'a> {
    /// The URL that was given, whole.
    pub url: &'a str,
    pub endpoint: &'a Endpoint,
    /// Where each of its routes leads, and what it is called where there are several; fit to be shown.
    pub shown: Vec<(String, Option<&'a str>)>,
    pub trust: Option<&'a TlsTrust>,
}

/// Sends it once for each version of HTTP that the strategies speak. Returns what there is to say.
///
/// # Errors
/// What will not work, with its remedy; and the wish to stop.
pub(super) async fn probe(
    settings: &Settings,
    plan: &Plan,
    strategies: &[Strategy],
    server: ProbedServer<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<Diagnosis>> {
    let plan = plan.of_next_seed(1);
    let endpoint = Arc::new(server.endpoint.clone());
    let (checks, within) = (&settings.target.success, settings.target.timeout());
    let (mask, sent_by) = (&settings.mask(), &conditions::sent_by(settings));
    let mut found = Vec::new();
    let routes = (0..).zip(&server.shown);
    let each = spoken(strategies).into_iter().flat_map(|http| routes.clone().map(move |route| (http, route)));
    for (http, (route, (shown, name))) in each {
        let strategy = Strategy { http, ..Strategy::PER_REQUEST };
        let moving = Moving::new(&endpoint, &settings.target, &strategy, server.trust, 1)?;
        // Every endpoint gets requests, each of them soon.
        let first = (0..).find(|seq| plan.endpoint(*seq) == route).unwrap_or_default();
        let once = ProbeRequest {
            endpoint: Arc::clone(&endpoint),
            route,
            body: plan.body(first)?,
            traceparent: TraceIds::new("probe", "probe", 1).traceparent(0),
            within,
            is_checked: !checks.is_empty(),
            most: settings.target.max_answer_bytes,
        };
        let probed = tokio::select! {
            probed = moving.attempt(once) => probed?,
            signal = interrupt.wait() => return Err(Interrupted(signal).into()),
        };
        let url = requested_url(server.url, &endpoint.routes[route].single.path.to_string());
        let asked = Asked { shown, endpoint: *name, url: &url, mask, checks, sent_by, within };
        match diagnose(&asked, &probed) {
            Diagnosis::Hopeless(line) => bail!("{line}; or --no-probe to send the load all the same"),
            other => found.push(other),
        }
    }
    Ok(found)
}

/// What they speak, each once.
fn spoken(strategies: &[Strategy]) -> Vec<HttpChoice> {
    let mut choices: Vec<HttpChoice> = Vec::new();
    for strategy in strategies {
        if !choices.contains(&strategy.http) {
            choices.push(strategy.http);
        }
    }
    choices
}
