//! Telemetry that cannot be had as asked for.

use thiserror::Error;

/// Telemetry that cannot be had as asked for. Exit code 2.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// A setting or variable that cannot be used.
    #[error("{name}: {problem}")]
    Setting {
        /// The flag, key or variable.
        name: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// A port that was asked for cannot be had.
    #[error(
        "--metrics-port {port}: {cause}; stop the program that listens there, name another port, or 0 for a free one"
    )]
    Port {
        /// As asked for.
        port: u16,
        /// Why not.
        cause: std::io::Error,
    },
}

pub(super) fn wrong(name: &str, problem: impl Into<String>) -> TelemetryError {
    TelemetryError::Setting { name: name.into(), problem: problem.into() }
}
