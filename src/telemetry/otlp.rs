//! Where spans go and how: from the settings and the standard `OTEL_*` variables.

use std::collections::BTreeMap;

use anyhow::anyhow;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;

use super::compression::check_compression;
use super::env::Env;
use super::error::{TelemetryError, wrong};
use super::headers::{check_header, escaped, given_headers, tonic_metadata};
use super::otlp_answer::{Complaint, Wary};
use super::otlp_limits::OtlpLimits;
use super::otlp_probe::{self, Spoken};
use super::settings::{TelemetrySettings, masked_url};
use super::tls::Authorities;
use super::unheeded::says_off;
use crate::model::url_port;

/// Where spans go.
#[derive(Clone, Debug)]
pub struct OtlpTarget {
    pub(super) endpoint: String,
    pub(super) grpc: bool,
    /// Whether that is by its own word, against its port.
    learned: bool,
    headers: BTreeMap<String, String>,
    /// As a variable has them; the exporter reads it itself.
    given_headers: String,
    authorities: Authorities,
    pub(super) limits: OtlpLimits,
    /// What the exporter does not say of a batch that failed.
    pub(super) complaint: Complaint,
}

impl OtlpTarget {
    /// The target, if one is given: without one there are no traces.
    pub(super) fn resolve(
        settings: &TelemetrySettings,
        env: Env<'_>,
    ) -> Result<Option<Self>, TelemetryError> {
        Self::resolve_with(settings, env, &|_| None)
    }

    /// The same; where nobody says how to speak to the collector, it is asked, once.
    pub(super) fn resolve_asking(
        settings: &TelemetrySettings,
        env: Env<'_>,
    ) -> Result<Option<Self>, TelemetryError> {
        Self::resolve_with(settings, env, &otlp_probe::ask)
    }

    fn resolve_with(
        settings: &TelemetrySettings,
        env: Env<'_>,
        ask: &dyn Fn(&http::Uri) -> Option<Spoken>,
    ) -> Result<Option<Self>, TelemetryError> {
        let off = says_off(env).is_some();
        let found = settings.otlp_endpoint.clone().map(|url| ("--otlp-endpoint", url));
        let variable = |name: &'static str| env(name).filter(|_| !off).map(|url| (name, url));
        let found = found
            .or_else(|| variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
            .or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let Some((name, url)) = found else { return Ok(None) };
        let url = checked(name, &url)?;
        let protocol = protocol(settings, env)?;
        let by_port = url.port_u16() == Some(4317);
        let (grpc, learned) = match protocol {
            Some(protocol) => (protocol == "grpc", false),
            None => {
                let grpc = ask(&url).map_or(by_port, |spoken| spoken == Spoken::Grpc);
                (grpc, grpc != by_port)
            }
        };
        let bare = matches!(url.path(), "" | "/");
        let append = !grpc && (name == "OTEL_EXPORTER_OTLP_ENDPOINT" || (name == "--otlp-endpoint" && bare));
        let url = url.to_string();
        let endpoint = if append { format!("{}/v1/traces", url.trim_end_matches('/')) } else { url };
        let headers = settings.otlp_headers.clone();
        headers.iter().try_for_each(|(name, value)| check_header("--otlp-header", name, value))?;
        let given_headers = given_headers(settings, env)?;
        let authorities = Authorities::read(env)?;
        check_compression(env)?;
        let limits = OtlpLimits::read(env)?;
        let complaint = Complaint::default();
        Ok(Some(OtlpTarget {
            endpoint,
            grpc,
            learned,
            headers,
            given_headers,
            authorities,
            limits,
            complaint,
        }))
    }

    /// What to say where the collector speaks something else than its port tells.
    pub(super) fn lesson(&self) -> Option<String> {
        let protocol = if self.grpc { "grpc" } else { "http/protobuf" };
        self.learned.then(|| {
            format!(
                "the collector {} speaks {protocol}, so spans go to it that way; --otlp-protocol {protocol} says so \
                 without asking it",
                masked_url(&self.endpoint)
            )
        })
    }

    /// For people: without secrets.
    pub(super) fn describe(&self) -> String {
        format!("{} ({})", masked_url(&self.endpoint), if self.grpc { "grpc" } else { "http/protobuf" })
    }

    /// What a child process needs in its environment to export to the same target. What else the environment says
    /// of whether to trace was weighed against the flags already, which the child does not see.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("OTEL_SDK_DISABLED".into(), "false".into()),
            ("OTEL_TRACES_EXPORTER".into(), "otlp".into()),
            ("OTEL_TRACES_SAMPLER".into(), "always_on".into()),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT".into(), self.endpoint.clone()),
            (
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL".into(),
                if self.grpc { "grpc" } else { "http/protobuf" }.into(),
            ),
        ];
        if !self.headers.is_empty() {
            let headers = self.headers.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
            let given = Some(self.given_headers.clone()).filter(|given| !given.is_empty());
            let headers = given.into_iter().chain(headers).collect::<Vec<_>>().join(",");
            variables.push(("OTEL_EXPORTER_OTLP_TRACES_HEADERS".into(), headers));
        }
        variables
    }

    /// The exporter; for gRPC within the runtime that is to drive it. It retries what the specification of OTLP calls
    /// retryable, within the limit of a batch.
    pub(super) fn exporter(&self, retry: &RetryPolicy) -> anyhow::Result<SpanExporter> {
        let built = if self.grpc {
            let metadata = tonic_metadata(&self.headers)?;
            let builder = SpanExporter::builder().with_tonic().with_metadata(metadata);
            let builder = builder.with_endpoint(&self.endpoint).with_retry_policy(retry.clone());
            let builder = builder.with_timeout(self.limits.timeout);
            let secure = self.endpoint.starts_with("https:");
            if secure { builder.with_tls_config(self.authorities.tonic()).build() } else { builder.build() }
        } else {
            let client = self.authorities.http_client(self.limits.timeout)?;
            let client = Wary { client, complaint: self.complaint.clone() };
            let builder = SpanExporter::builder().with_http().with_http_client(client);
            let builder = builder.with_protocol(Protocol::HttpBinary).with_endpoint(&self.endpoint);
            let builder = builder.with_headers(self.headers.clone().into_iter().collect());
            builder.with_retry_policy(retry.clone()).with_timeout(self.limits.timeout).build()
        };
        built.map_err(|error| anyhow!("cannot export spans to {}: {error}", masked_url(&self.endpoint)))
    }
}

fn checked(name: &str, url: &str) -> Result<http::Uri, TelemetryError> {
    let example = "write one such as http://127.0.0.1:4317";
    let parsed: http::Uri = url.trim().parse().map_err(|_| wrong(name, format!("not a URL; {example}")))?;
    let usable = matches!(parsed.scheme_str(), Some("http" | "https")) && parsed.host().is_some();
    if !usable {
        return Err(wrong(
            name,
            format!("{} has no http:// or https:// before it; {example}", masked_url(url)),
        ));
    }
    let has_credentials = parsed.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if has_credentials {
        return Err(wrong(
            name,
            format!(
                "{} has credentials in it, which no exporter sends; give them as --otlp-header 'authorization: …'",
                masked_url(url)
            ),
        ));
    }
    let authority = parsed.authority().map(|authority| authority.as_str()).unwrap_or_default();
    url_port(authority).map_err(|problem| wrong(name, format!("{}: {problem}", masked_url(url))))?;
    Ok(parsed)
}

fn protocol(settings: &TelemetrySettings, env: Env<'_>) -> Result<Option<String>, TelemetryError> {
    if let Some(protocol) = &settings.otlp_protocol {
        return Ok(Some(protocol.clone()));
    }
    for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
        match env(name) {
            None => {}
            Some(protocol) if matches!(protocol.as_str(), "grpc" | "http/protobuf") => {
                return Ok(Some(protocol));
            }
            Some(other) => {
                return Err(wrong(name, format!("`{other}` is not spoken here; use grpc or http/protobuf")));
            }
        }
    }
    Ok(None)
}

/// Share of the requests that are traced whatever became of them; `None` is no tracing at all.
pub(super) fn ratio(settings: &TelemetrySettings, env: Env<'_>) -> Result<Option<f64>, TelemetryError> {
    if let Some(ratio) = settings.trace_ratio {
        return Ok(Some(ratio));
    }
    let name = "OTEL_TRACES_SAMPLER";
    let Some(sampler) = env(name) else { return Ok(Some(1.0)) };
    match sampler.strip_prefix("parentbased_").unwrap_or(&sampler) {
        "always_on" => Ok(Some(1.0)),
        "always_off" => Ok(None),
        "traceidratio" => {
            let name = "OTEL_TRACES_SAMPLER_ARG";
            let Some(text) = env(name) else { return Ok(Some(1.0)) };
            let ratio = text.trim().parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            ratio.map(Some).ok_or_else(|| wrong(name, format!("`{text}` is no share from 0 to 1")))
        }
        _ => Err(wrong(
            name,
            format!("`{sampler}` is not known here; use always_on, always_off or traceidratio"),
        )),
    }
}

/// Who exports: name and attributes by the settings, then by the standard variables; `service` is the name where
/// nobody gives one.
pub(super) fn resource(
    settings: &TelemetrySettings,
    service: &'static str,
    attributes: &[KeyValue],
    env: Env<'_>,
) -> Resource {
    let own = settings.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let given = env("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let in_given = given.split(',').any(|pair| pair.trim().starts_with("service.name="));
    let named = in_given || env("OTEL_SERVICE_NAME").is_some();
    let name = settings.service_name.clone().or_else(|| (!named).then(|| service.to_string()));
    // The builder reads the variables.
    let builder = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes.iter().cloned())
        .with_attributes(own);
    match name {
        Some(name) => builder.with_service_name(name).build(),
        None => builder.build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(
        endpoint: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<Option<OtlpTarget>, TelemetryError> {
        let settings =
            TelemetrySettings { otlp_endpoint: endpoint.map(String::from), ..TelemetrySettings::default() };
        OtlpTarget::resolve(&settings, &|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string())
        })
    }

    fn endpoint(flag: Option<&str>, variables: &[(&str, &str)]) -> Option<(String, bool)> {
        target(flag, variables).expect("good settings").map(|target| (target.endpoint, target.grpc))
    }

    #[test]
    fn without_an_endpoint_there_are_no_traces() {
        assert_eq!(endpoint(None, &[]), None);
        let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"), ("OTEL_SDK_DISABLED", "true")];
        assert_eq!(endpoint(None, &env), None);
    }

    #[test]
    fn paths_and_protocols_follow_the_specification() {
        let base = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318/x/")];
        assert_eq!(endpoint(None, &base), Some(("http://a:4318/x/v1/traces".into(), false)));
        let own = [base[0], ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a:4318/own")];
        assert_eq!(endpoint(None, &own), Some(("http://a:4318/own".into(), false)));
        assert_eq!(endpoint(Some("http://b:4318"), &own), Some(("http://b:4318/v1/traces".into(), false)));
        assert_eq!(endpoint(Some("http://b:4317"), &[]), Some(("http://b:4317/".into(), true)));
        let http = [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];
        assert_eq!(endpoint(Some("http://b:4317"), &http), Some(("http://b:4317/v1/traces".into(), false)));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let message = |flag, env: &[(&str, &str)]| target(flag, env).expect_err("an error").to_string();
        assert!(message(Some("localhost:4317"), &[]).starts_with("--otlp-endpoint: "));
        for url in ["http://h:99999", "http://h:80x", "http://h:-1/v1"] {
            let message = message(Some(url), &[]);
            assert!(message.starts_with("--otlp-endpoint: ") && message.contains("1 to 65535"), "{message}");
        }
        let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
        assert!(message(None, &env).starts_with("OTEL_EXPORTER_OTLP_PROTOCOL: `http/json`"));
        let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0")];
        assert!(message(None, &env).starts_with("OTEL_BSP_MAX_QUEUE_SIZE"));
    }

    #[test]
    fn a_collector_is_asked_only_where_nobody_says_what_it_speaks() {
        let of = |url: &str, protocol: Option<&str>, spoken: Option<Spoken>| {
            let settings = TelemetrySettings {
                otlp_endpoint: Some(url.into()),
                otlp_protocol: protocol.map(String::from),
                ..TelemetrySettings::default()
            };
            let ask = |_: &http::Uri| if protocol.is_some() { panic!("somebody said it") } else { spoken };
            let target =
                OtlpTarget::resolve_with(&settings, &|_| None, &ask).expect("good").expect("a target");
            (target.endpoint.clone(), target.grpc, target.lesson().is_some())
        };
        let (odd, http) = ("http://b:14317/", "http://b:14317/v1/traces".to_string());
        assert_eq!(of(odd, None, Some(Spoken::Grpc)), (odd.into(), true, true));
        assert_eq!(of(odd, None, Some(Spoken::Http)), (http.clone(), false, false));
        assert_eq!(of(odd, None, None), (http, false, false));
        assert_eq!(of(odd, Some("grpc"), None), (odd.into(), true, false));
        let usual = "http://b:4317";
        assert_eq!(of(usual, None, Some(Spoken::Http)), (format!("{usual}/v1/traces"), false, true));
        assert_eq!(of(usual, None, None), (format!("{usual}/"), true, false));
    }

    #[test]
    fn the_sampler_is_a_ratio() {
        let of = |sampler: &'static str, arg: &'static str| {
            ratio(&TelemetrySettings::default(), &|name| match name {
                "OTEL_TRACES_SAMPLER" => Some(sampler.to_string()),
                "OTEL_TRACES_SAMPLER_ARG" => Some(arg.to_string()),
                _ => None,
            })
        };
        assert_eq!(of("parentbased_traceidratio", "0.25").ok(), Some(Some(0.25)));
        assert_eq!(of("always_off", "").ok(), Some(None));
        assert_eq!(of("parentbased_always_on", "").ok(), Some(Some(1.0)));
        assert!(of("traceidratio", "2").is_err() && of("jaeger_remote", "").is_err());
    }

    #[test]
    fn a_child_gets_the_same_target() {
        let settings = TelemetrySettings {
            otlp_endpoint: Some("http://b:4317".into()),
            otlp_headers: [("x-key".into(), "a b,c".into())].into(),
            ..TelemetrySettings::default()
        };
        let headers = |given: &'static str| {
            let env = move |name: &str| (name == "OTEL_EXPORTER_OTLP_HEADERS").then(|| given.to_string());
            let target = OtlpTarget::resolve(&settings, &env)?.expect("a target");
            let headers = target.variables().into_iter().find(|(name, _)| name.ends_with("HEADERS"));
            Ok::<_, TelemetryError>(headers.expect("headers").1)
        };
        assert_eq!(headers("y=1,z=2").expect("good"), "y=1,z=2,x-key=a%20b%2Cc");
        let twice = headers("X-Key=1").expect_err("once would do").to_string();
        assert!(twice.contains("X-Key") && !twice.contains("a b,c"), "{twice}");
    }

    #[test]
    fn credentials_in_an_endpoint_are_refused_with_the_way_that_works() {
        for env in [None, Some(("OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:s3cret@a:4318"))] {
            let flag = env.is_none().then_some("http://me:s3cret@b:4317");
            let env: Vec<_> = env.into_iter().collect();
            let message = target(flag, &env).expect_err("credentials").to_string();
            let name = env.first().map_or("--otlp-endpoint", |(name, _)| name);
            assert!(
                message.starts_with(name) && message.contains("--otlp-header 'authorization: …'"),
                "{message}"
            );
            assert!(!message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn a_child_traces_whatever_the_environment_says() {
        let settings = TelemetrySettings {
            otlp_endpoint: Some("http://b:4317".into()),
            trace_ratio: Some(0.5),
            ..TelemetrySettings::default()
        };
        let outside = [
            ("OTEL_SDK_DISABLED", "true"),
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_TRACES_SAMPLER", "always_off"),
        ];
        let of_outside =
            |name: &str| outside.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string());
        let own = OtlpTarget::resolve(&settings, &of_outside).expect("good").expect("a flag names it");
        let told = own.variables();
        let of_child = |name: &str| {
            let told = told.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            told.or_else(|| of_outside(name))
        };
        let nothing = TelemetrySettings::default();
        let child = OtlpTarget::resolve(&nothing, &of_child).expect("good").expect("the parent names it");
        assert_eq!((child.endpoint, child.grpc), (own.endpoint, own.grpc));
        assert_eq!(ratio(&nothing, &of_child).expect("good"), Some(1.0), "it exports all its spans");
    }
}
