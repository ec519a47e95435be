//! The one request before a run, to a server that was given.

use std::sync::Arc;

use anyhow::bail;

use super::plans;
use super::transports::Moving;
use crate::host::{Interrupt, Interrupted};
use crate::model::{HttpChoice, Strategy};
use crate::plan::TraceIds;
use crate::scenario::Settings;
use crate::transport::{Endpoint, TlsTrust};
use crate::workflow::probe::{Diagnosis, ProbeRequest, diagnose};

/// Sends it once for each version of HTTP that the strategies speak. Returns what there is to say.
///
/// # Errors
/// What will not work, with its remedy; and the wish to stop.
pub(super) async fn probe(
    settings: &Settings,
    strategies: &[Strategy],
    url: &str,
    endpoint: &Endpoint,
    trust: Option<&TlsTrust>,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<Diagnosis>> {
    let plan = plans::of_idle_calls(settings, 1)?;
    let endpoint = Arc::new(endpoint.clone());
    let mut found = Vec::new();
    for http in spoken(strategies) {
        let strategy = Strategy { http, ..Strategy::PER_REQUEST };
        let moving = Moving::new(&endpoint, &settings.target, &strategy, trust, 1)?;
        let once = ProbeRequest {
            endpoint: Arc::clone(&endpoint),
            body: plan.body(0),
            traceparent: TraceIds::new("probe", "probe", 1).traceparent(0),
            within: settings.target.timeout(),
            most: settings.target.max_answer_bytes,
        };
        let probed = tokio::select! {
            probed = moving.attempt(once) => probed?,
            signal = interrupt.wait() => return Err(Interrupted(signal).into()),
        };
        match diagnose(url, &probed) {
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
