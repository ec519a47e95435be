//! From a TOML file and flags (raw) to [`Settings`] (resolved, validated).
//!
//! Nothing downstream sees the raw form.

mod abort_after;
mod arrivals;
mod baseline;
mod bodies;
mod connecting;
mod encoding;
mod endpoints;
mod error;
mod given_script;
mod headers;
mod http2;
mod length;
mod max_error_rate;
mod method;
mod overrides;
#[cfg(test)]
mod page_tests;
mod plain_words;
mod quality;
mod raw;
mod raw_endpoint;
mod raw_secret;
mod secret;
mod sendable;
mod server_times;
mod settings;
mod success;
mod unset;
mod via;
mod warmup;

pub use baseline::GivenBaseline;
pub use connecting::{Connecting, ResolvedName};
pub use endpoints::TargetEndpoint;
pub use error::ScenarioError;
pub use given_script::GivenScript;
pub use headers::GivenHeader;
pub use overrides::Overrides;
pub use secret::Secret;
pub use settings::{Load, Settings, Target};
pub use via::{ProxyUrl, Via};
pub use warmup::Warmup;

use std::io::ErrorKind;
use std::path::Path;

use crate::host::regular;
use crate::model::{Phase, SlaLine};
use crate::telemetry::TelemetrySettings;

/// The scenario that is taken where none is named.
pub const DEFAULT: &str = "scenarios/default.toml";

/// Its text, for whoever calls from another folder.
const BUILT_IN: &str = include_str!("../../scenarios/default.toml");

/// Bytes that a scenario may have, and a file of variants of one.
const LONGEST: u64 = 1 << 20;

/// Reads a scenario file, lays the flags over it and validates the result. Where the default one is not there, the one
/// that was built in is taken, without a given load test.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Settings, ScenarioError> {
    let settings = load_unjudged(path, overrides)?;
    judged(&settings)?;
    Ok(settings)
}

/// The same for a load that nobody judges: it needs no `[sla]`.
pub fn load_unjudged(path: &Path, overrides: &Overrides) -> Result<Settings, ScenarioError> {
    resolved(read_raw(path, overrides)?, overrides)
}

fn judged(settings: &Settings) -> Result<(), ScenarioError> {
    match settings.sla.is_empty() {
        true => Err(ScenarioError::value("sla", "no line to judge; add one, such as p95 = \"800ms\"")),
        false => Ok(()),
    }
}

/// The same as an open load whose rate is searched for: a closed loop becomes Poisson arrivals, and a time takes the place of a
/// number of requests.
pub fn load_open(path: &Path, overrides: &Overrides) -> Result<Settings, ScenarioError> {
    let mut raw = read_raw(path, overrides)?;
    let given = |key| overrides.last(&["load", key]).is_some();
    max_error_rate::refuse(raw.load.max_error_rate.as_deref())?;
    arrivals::open(&mut raw.load, given("requests"), given("workers"))?;
    let settings = resolved(raw, overrides)?;
    if settings.baseline.log.is_some() {
        let problem =
            "a search over rates sends the before phase itself; leave the log out (--set before.log=)";
        return Err(ScenarioError::value("before.log", problem));
    }
    judged(&settings)?;
    Ok(settings)
}

fn resolved(raw: raw::Raw, overrides: &Overrides) -> Result<Settings, ScenarioError> {
    let settings = settings::resolve(raw)?;
    sendable::check(&settings)?;
    let phases = Phase::BOTH.map(|phase| (phase, settings.strategy(phase)));
    http2::check(settings.target.url.as_deref(), &settings.target.headers, phases)?;
    Ok(Settings { overruled: overrides.secrets(), ..settings })
}

fn read_raw(path: &Path, overrides: &Overrides) -> Result<raw::Raw, ScenarioError> {
    let raw = match regular::read_text(path, LONGEST) {
        Ok(text) => raw::parse(&text, path)?,
        Err(cause) if cause.kind() == ErrorKind::NotFound && path == Path::new(DEFAULT) => {
            let mut raw = raw::parse(BUILT_IN, path)?;
            raw.before.script = None;
            raw
        }
        Err(cause) => return Err(ScenarioError::Read { path: path.to_path_buf(), cause }),
    };
    let raw = overrides.apply(raw)?;
    if raw.target.url.is_some()
        && let Some(flag) = overrides.of_section("mock")
    {
        let problem = "the embedded mock is not started beside a target, so this changes nothing; remove it, or the target";
        return Err(ScenarioError::flag(flag, problem));
    }
    if let Some(flag) = overrides.second_path(&raw) {
        let problem = "the URL of the target has a path, which is the endpoint, so this changes nothing; leave one of them out";
        return Err(ScenarioError::flag(flag, problem));
    }
    Ok(raw)
}

/// The text of a file that belongs to a scenario.
pub fn read(path: &Path) -> Result<String, ScenarioError> {
    regular::read_text(path, LONGEST).map_err(|cause| ScenarioError::Read { path: path.to_path_buf(), cause })
}

/// What the flags say of telemetry, for a command that has no scenario.
pub fn telemetry(overrides: &Overrides) -> Result<TelemetrySettings, ScenarioError> {
    let telemetry = overrides.apply(raw::Raw::default())?.telemetry;
    telemetry.validate().map_err(ScenarioError::Telemetry)?;
    Ok(telemetry)
}

/// Lines of the SLA as the command line has them, such as `p95=800ms`.
pub fn sla_lines(lines: &[String]) -> Result<Vec<SlaLine>, ScenarioError> {
    let line = |line: &String| {
        let flag = format!("--sla {line}");
        let (metric, limit) = line
            .split_once('=')
            .ok_or_else(|| ScenarioError::flag(&flag, "expected metric=limit, such as p95=800ms"))?;
        SlaLine::parse(metric.trim(), limit.trim()).map_err(|problem| ScenarioError::flag(&flag, problem))
    };
    lines.iter().map(line).collect()
}
