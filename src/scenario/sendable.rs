//! Whether methods, bodies and batches of a scenario go together.

use super::error::ScenarioError;
use super::settings::Settings;

/// What must hold of the requests to one place.
struct AskedRequests<'a> {
    /// The key that names their method.
    key: String,
    method: &'a str,
    /// Whether they may go in batches.
    batches: bool,
    has_bodies: bool,
}

/// Checks the requests to each endpoint.
pub(super) fn check(settings: &Settings) -> Result<(), ScenarioError> {
    let endpoints = &settings.target.endpoints;
    if endpoints.is_empty() {
        let (key, method) = ("target.method".into(), settings.target.method.as_str());
        let asked = AskedRequests { key, method, batches: true, has_bodies: settings.sends_bodies() };
        return check_asked(settings, &asked);
    }
    for endpoint in endpoints {
        let asked = AskedRequests {
            key: format!("target.endpoints.method ({})", endpoint.name),
            method: &endpoint.method,
            batches: endpoint.batch_path.is_some(),
            has_bodies: settings.sends_bodies_to(endpoint),
        };
        check_asked(settings, &asked)?;
    }
    match batching(settings).filter(|_| endpoints.iter().all(|endpoint| endpoint.batch_path.is_none())) {
        Some(key) => {
            let problem = "no endpoint takes batches; use 1, or give one of target.endpoints a batch_path";
            Err(ScenarioError::value(key, problem))
        }
        None => Ok(()),
    }
}

fn check_asked(settings: &Settings, asked: &AskedRequests) -> Result<(), ScenarioError> {
    let AskedRequests { key, method, batches, has_bodies } = asked;
    if settings.target.url.is_none() && *method != "POST" {
        let problem = format!("the embedded mock answers POST only, not {method}; give a --target");
        return Err(ScenarioError::value(key, problem));
    }
    if *method == "HEAD" && !settings.target.success.is_empty() {
        let problem =
            "an answer to HEAD has no content to look at; remove the section, or use another method";
        return Err(ScenarioError::value("target.success", problem));
    }
    match batching(settings).filter(|_| *batches && !has_bodies) {
        Some(key) => {
            let problem = format!(
                "requests with {method} have no body to put into a batch; use 1, or give load.payloads"
            );
            Err(ScenarioError::value(key, problem))
        }
        None => Ok(()),
    }
}

/// The key by which a phase batches.
fn batching(settings: &Settings) -> Option<&'static str> {
    let phases = [("before.batch", settings.before), ("after.batch", settings.after)];
    phases.into_iter().find(|(_, strategy)| strategy.batches()).map(|(key, _)| key)
}
