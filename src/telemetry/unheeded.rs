//! Standard variables that are set and that nothing here heeds: said once, so that nobody believes otherwise.

use super::env::Env;
use super::settings::TelemetrySettings;

/// Of traces, which only concern who sends some.
const OF_TRACES: [&str; 11] = [
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
];

/// The variable that says that there are no traces, with its value. Spans go over OTLP or nowhere.
pub(super) fn says_off(env: Env<'_>) -> Option<String> {
    let disabled = env("OTEL_SDK_DISABLED").filter(|value| value.trim().eq_ignore_ascii_case("true"));
    let elsewhere =
        env("OTEL_TRACES_EXPORTER").filter(|value| !value.split(',').any(|one| one.trim() == "otlp"));
    let off = disabled.map(|value| format!("OTEL_SDK_DISABLED={value}"));
    off.or_else(|| elsewhere.map(|value| format!("OTEL_TRACES_EXPORTER={value}")))
}

/// What to say, in one line; `traces` is whether there are any.
pub(super) fn unheeded(settings: &TelemetrySettings, env: Env<'_>, traces: bool) -> Option<String> {
    let mut found = Vec::new();
    if let Some(off) = says_off(env) {
        if settings.otlp_endpoint.is_some() {
            found.push(format!("{off} (--otlp-endpoint, or telemetry.otlp_endpoint, asks for traces)"));
        } else if !off.ends_with("=none") && off.starts_with("OTEL_TRACES_EXPORTER") {
            found.push(format!("{off} (spans go over OTLP or nowhere: there are no traces)"));
        }
    }
    if traces {
        found.extend(OF_TRACES.iter().filter(|name| env(name).is_some()).map(|name| name.to_string()));
    }
    for name in ["OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"] {
        let other = env(name).filter(|value| !matches!(value.trim(), "none" | "prometheus" | "console"));
        found.extend(
            other.map(|value| format!("{name}={value} (metrics are at /metrics, logs on standard error)")),
        );
    }
    let others =
        env("OTEL_PROPAGATORS").filter(|value| !value.split(',').any(|one| one.trim() == "tracecontext"));
    found.extend(others.map(|value| format!("OTEL_PROPAGATORS={value} (requests carry traceparent)")));
    (!found.is_empty())
        .then(|| format!("warning: of the environment these are not heeded: {}", found.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(endpoint: bool, variables: &[(&str, &str)], traces: bool) -> String {
        let settings = TelemetrySettings {
            otlp_endpoint: endpoint.then(|| "http://b:4317".into()),
            ..TelemetrySettings::default()
        };
        let env =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        unheeded(&settings, &env, traces).unwrap_or_default()
    }

    #[test]
    fn what_is_heeded_is_not_spoken_of() {
        let usual = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"),
            ("OTEL_TRACES_EXPORTER", "console, otlp"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_PROPAGATORS", "baggage,tracecontext"),
        ];
        assert_eq!(said(true, &usual, true), "");
        for off in [("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert_eq!(said(false, &[off], false), "");
            let text = said(true, &[off], true);
            assert!(text.contains(&format!("{}={} (--otlp-endpoint", off.0, off.1)), "{text}");
        }
    }

    #[test]
    fn what_is_not_heeded_is_said_in_one_line() {
        let text = said(
            false,
            &[
                ("OTEL_TRACES_EXPORTER", "zipkin"),
                ("OTEL_METRICS_EXPORTER", "otlp"),
                ("OTEL_PROPAGATORS", "b3"),
                ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/secret/place"),
            ],
            true,
        );
        for words in [
            "OTEL_TRACES_EXPORTER=zipkin (",
            "OTEL_METRICS_EXPORTER=otlp",
            "OTEL_PROPAGATORS=b3",
            "CLIENT_KEY",
        ] {
            assert!(text.contains(words), "no {words} in {text}");
        }
        assert!(!text.contains('\n') && !text.contains("/secret/place"), "{text}");
        assert!(
            said(false, &[("OTEL_EXPORTER_OTLP_INSECURE", "true")], false).is_empty(),
            "there are no traces"
        );
    }
}
