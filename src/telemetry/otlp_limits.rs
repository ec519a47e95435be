//! How much of the spans is kept for a collector, and how long it is waited for.

use std::time::Duration;

use super::env::Env;
use super::error::{TelemetryError, wrong};

/// Spans that wait for the collector: more than five seconds of 2,000 requests a second.
const QUEUE: usize = 65_536;
const BATCH: usize = 512;
const DELAY: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much is kept and how long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OtlpLimits {
    /// Spans that may wait.
    pub queue: usize,
    /// Spans that are sent at once.
    pub batch: usize,
    /// How long a span waits for others.
    pub delay: Duration,
    /// How long the collector may take for a batch.
    pub timeout: Duration,
}

impl OtlpLimits {
    /// By the standard variables.
    pub(super) fn read(env: Env<'_>) -> Result<Self, TelemetryError> {
        let number = |name: &str| match env(name) {
            None => Ok(None),
            Some(text) => match text.trim().parse::<u64>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(wrong(name, format!("`{text}` is no whole number above 0"))),
            },
        };
        let size = |name: &str, default: usize| {
            Ok::<_, TelemetryError>(
                number(name)?.map_or(default, |number| usize::try_from(number).unwrap_or(usize::MAX)),
            )
        };
        let queue = size("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE)?;
        let millis = |found: Option<u64>, default| found.map_or(default, Duration::from_millis);
        let timeout = match number("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")? {
            None => number("OTEL_EXPORTER_OTLP_TIMEOUT")?,
            found => found,
        };
        Ok(OtlpLimits {
            queue,
            batch: size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH)?.min(queue),
            delay: millis(number("OTEL_BSP_SCHEDULE_DELAY")?, DELAY),
            timeout: millis(timeout, TIMEOUT),
        })
    }
}
