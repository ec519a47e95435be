//! How batches are compressed: as the standard variables say, which the exporter reads itself.

use super::env::Env;
use super::error::{TelemetryError, wrong};

/// The variables of the specification, the one for traces first.
const VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];

/// Finds out before the run what the exporter would pass over: of a word that it cannot use it only warns, and sends
/// without compression.
pub(super) fn check_compression(env: Env<'_>) -> Result<(), TelemetryError> {
    for name in VARIABLES {
        let Some(given) = env(name) else { continue };
        if !["gzip", "none"].contains(&given.trim().to_ascii_lowercase().as_str()) {
            return Err(wrong(name, format!("`{given}` is not spoken here; use gzip or none")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_and_none_are_spoken_and_another_word_is_named_with_the_remedy() {
        for name in VARIABLES {
            let check = |how: &'static str| {
                check_compression(&move |asked: &str| (asked == name).then(|| how.to_string()))
            };
            assert!(["gzip", "GZIP", "none"].into_iter().all(|how| check(how).is_ok()));
            let message = check("zstd").expect_err("not spoken").to_string();
            assert_eq!(message, format!("{name}: `zstd` is not spoken here; use gzip or none"));
        }
    }
}
