//! From a TOML file and flags (raw) to [`Settings`] (resolved, validated).
//!
//! Nothing downstream sees the raw form.

mod error;
mod overrides;
mod raw;
mod settings;
mod sla;

pub use error::ScenarioError;
pub use overrides::Overrides;
pub use settings::{Connections, Load, Settings, Strategy, Target};
pub use sla::{Limit, Metric, SlaLine};

use std::path::Path;

use crate::telemetry::TelemetrySettings;

/// Reads a scenario file, lays the flags over it and validates the result.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Settings, ScenarioError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ScenarioError::Read { path: path.to_path_buf(), cause })?;
    let raw = raw::parse(&text, path)?;
    let raw = overrides.apply(raw)?;
    settings::resolve(raw)
}

/// What the flags say of telemetry, for a command that has no scenario.
pub fn telemetry(overrides: &Overrides) -> Result<TelemetrySettings, ScenarioError> {
    let telemetry = overrides.apply(raw::Raw::default())?.telemetry;
    telemetry.validate().map_err(ScenarioError::Telemetry)?;
    Ok(telemetry)
}
