//! The scenario as it will be run: resolved and validated.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::abort_after;
use super::arrivals;
use super::baseline::{self, GivenBaseline};
use super::bodies;
use super::connecting::{Connecting, http_choice};
use super::encoding;
use super::endpoints::{self, TargetEndpoint};
use super::error::ScenarioError;
use super::headers::{self, GivenHeader};
use super::max_error_rate;
use super::method;
use super::quality;
use super::raw::{self, Raw};
use super::secret::Secret;
use super::server_times;
use super::success;
use super::via::Via;
use super::warmup::{self, Warmup};
use crate::mock::MockSettings;
use crate::model::{
    AnswerChecks, ArrivalProcess, Connections, HttpChoice, Mask, Phase, QualityRules, RowOrder, SlaLine,
    Strategy, TimeSources, masked_url, query,
};
use crate::telemetry::TelemetrySettings;

/// Everything a run needs to know. Serialised into the manifest.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Where the load goes.
    pub target: Target,
    /// How much of it.
    pub load: Load,
    /// What is judged; at least one line.
    pub sla: Vec<SlaLine>,
    /// How the before phase sends.
    pub before: Strategy,
    /// How the after phase sends.
    pub after: Strategy,
    /// A load test, or a log, that was there before.
    pub baseline: GivenBaseline,
    /// Repetitions of each phase, at least 1.
    pub repetitions: u32,
    /// The embedded mock, used where the target has no URL.
    pub mock: MockSettings,
    /// Metrics and traces.
    #[serde(serialize_with = "masked")]
    pub telemetry: TelemetrySettings,
    /// Secrets of flags that others overrule: they are not sent, and must not be written down either.
    #[serde(skip)]
    pub overruled: Vec<Secret>,
    /// How answers are held against each other.
    pub quality: QualityRules,
}

impl Settings {
    /// How a phase sends.
    pub fn strategy(&self, phase: Phase) -> Strategy {
        match phase {
            Phase::Before => self.before,
            Phase::After => self.after,
        }
    }

    /// Whether requests have bodies: a method such as GET has none but those that are given.
    pub fn sends_bodies(&self) -> bool {
        self.has_bodies(&self.target.method)
    }

    /// The same of one of several endpoints.
    pub fn sends_bodies_to(&self, endpoint: &TargetEndpoint) -> bool {
        endpoint.payloads.is_some() || self.has_bodies(&endpoint.method)
    }

    fn has_bodies(&self, method: &str) -> bool {
        self.load.has_own_bodies() || method::takes_prompts(method)
    }

    /// What is sent before the first repetition. The embedded mock is fresh in each repetition and has nothing to get warm.
    pub fn warmup(&self) -> Warmup {
        let usual = if self.target.url.is_some() { Warmup::Share(1.0) } else { Warmup::None };
        self.load.warmup.unwrap_or(usual)
    }

    /// The same with the after phase sending as the before phase does: an A/A run.
    pub fn into_aa(self) -> Self {
        Settings { after: self.before, ..self }
    }

    /// Hides what must not be written down, of the target, of the collector and of the command line.
    pub fn mask(&self) -> Mask {
        let overruled = self.overruled.iter().map(Secret::reveal);
        let secrets: Vec<_> =
            self.target.secrets().chain(self.telemetry.secrets()).chain(overruled).collect();
        Mask::new(&secrets)
    }
}

fn masked<S: serde::Serializer>(telemetry: &TelemetrySettings, serializer: S) -> Result<S::Ok, S::Error> {
    telemetry.masked().serialize(serializer)
}

/// Where the load goes.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// Scheme, host and port, perhaps a path; `None` is the embedded mock. Its query can hold a key:
    /// it is sent, never written down.
    #[serde(serialize_with = "without_query")]
    pub url: Option<String>,
    /// Method of every request, also of a batch.
    pub method: String,
    /// Path of the endpoint for one request. Its query is never written down either.
    #[serde(serialize_with = "path_alone")]
    pub path: String,
    /// Path of the endpoint for a batch, likewise.
    #[serde(serialize_with = "path_alone")]
    pub batch_path: String,
    /// Key of the list in a batch's request body.
    pub batch_request_key: String,
    /// Key of the list in a batch's answer.
    pub batch_response_key: String,
    /// Extra headers. Values can be secrets: they are sent, never written down.
    #[serde(serialize_with = "only_names")]
    pub headers: Vec<GivenHeader>,
    /// The bearer token, which is in the headers too.
    #[serde(skip)]
    pub bearer: Option<Secret>,
    /// Header in which the server says how long a request queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_header: Option<String>,
    /// Header in which it says how long it computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_header: Option<String>,
    /// Where in its answers it says how long a request queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_pointer: Option<String>,
    /// Where in its answers it says how long it computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_pointer: Option<String>,
    /// Whose ways to say these times are known by name.
    pub server_times: String,
    /// All this resolved.
    #[serde(skip)]
    pub time_sources: TimeSources,
    /// Time from due after which a request counts as failed.
    pub timeout_ms: u64,
    /// The longest answer that is taken; a longer one has failed.
    pub max_answer_bytes: u64,
    /// How connections are made.
    pub connecting: Connecting,
    /// Whether one request is sent before the run, to find out what will not work.
    pub probe: bool,
    /// What moves the bytes, and through what.
    pub via: Via,
    /// How an answer may be encoded, as the server is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_encoding: Option<String>,
    /// What an answer must say to be a success.
    #[serde(skip_serializing_if = "AnswerChecks::is_empty")]
    pub success: AnswerChecks,
    /// The endpoints that share the requests, in place of `path`; none where all go there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<TargetEndpoint>,
}

impl Target {
    /// What must not be written down: values of headers, wherever they come from, the queries of the URL and of the paths, the
    /// credentials of the proxy.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let paths =
            self.endpoints.iter().flat_map(|one| std::iter::once(&one.path).chain(one.batch_path.as_ref()));
        let urls = self.url.iter().chain([&self.path, &self.batch_path]).chain(paths);
        let values = self.headers.iter().map(|header| &header.value).chain(&self.bearer);
        values.map(Secret::reveal).chain(urls.filter_map(|url| query(url))).chain(self.via.secret())
    }

    /// Time from due after which a request counts as failed.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

fn without_query<S: serde::Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_deref().map(masked_url).serialize(serializer)
}

fn path_alone<S: serde::Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    masked_url(path).serialize(serializer)
}

fn only_names<S: serde::Serializer>(headers: &[GivenHeader], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(headers.iter().map(|header| &header.name))
}

/// How much load, and which.
#[derive(Clone, Debug, Serialize)]
pub struct Load {
    /// Planned requests of one repetition; `None` is as many as arrive.
    pub requests: Option<u64>,
    /// Callers of the closed loop, also of a given load test.
    pub workers: usize,
    /// What each of them waits between an answer and its next request.
    pub think_ms: u64,
    /// Threads that send it.
    pub threads: usize,
    /// Seed of the plan.
    pub seed: u64,
    /// For how long nothing but failures may end before a repetition does; `None` is for ever.
    #[serde(rename = "abort_after_ms", serialize_with = "as_millis")]
    pub abort_after: Option<Duration>,
    /// File of request bodies; `None` is the built-in prompts.
    pub payloads: Option<PathBuf>,
    /// How requests arrive that do not wait for answers; `None` is a closed loop.
    pub arrival: Option<ArrivalProcess>,
    /// Before which time the last request of an open load is due.
    #[serde(rename = "duration_ms", serialize_with = "as_millis")]
    pub duration: Option<Duration>,
    /// What is sent before the first repetition, where the scenario says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
    /// File of a body with places to fill in.
    pub template: Option<PathBuf>,
    /// File of the rows that fill it.
    pub columns: Option<PathBuf>,
    /// In which order lines or rows are taken.
    pub order: RowOrder,
    /// With which share of failures a run has failed; `None` is where hardly anything else ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_error_rate: Option<f64>,
}

fn as_millis<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64() * 1e3).serialize(serializer)
}

impl Load {
    /// What a caller waits between an answer and its next request.
    pub fn think(&self) -> Duration {
        Duration::from_millis(self.think_ms)
    }

    /// Whether somebody says what is sent.
    pub fn has_own_bodies(&self) -> bool {
        self.payloads.is_some() || self.template.is_some()
    }
}

/// Validates a raw scenario.
pub(super) fn resolve(raw: Raw) -> Result<Settings, ScenarioError> {
    raw.mock.validate().map_err(ScenarioError::Mock)?;
    raw.telemetry.validate().map_err(ScenarioError::Telemetry)?;
    within("runs.repetitions", u64::from(raw.runs.repetitions), 1, 100)?;
    let target = target(raw.target)?;
    Ok(Settings {
        load: load(raw.load, target.endpoints.iter().any(|endpoint| endpoint.payloads.is_some()))?,
        sla: sla(&raw.sla)?,
        before: strategy(&target, "before", &raw.before, "per_request")?,
        after: strategy(&target, "after", &raw.after, "pool")?,
        baseline: baseline::resolve(raw.before, &raw.after)?,
        repetitions: raw.runs.repetitions,
        target,
        mock: raw.mock,
        telemetry: raw.telemetry,
        overruled: Vec::new(),
        quality: quality::resolve(raw.quality)?,
    })
}

fn target(raw: raw::RawTarget) -> Result<Target, ScenarioError> {
    within("target.timeout_ms", raw.timeout_ms, 1, 3_600_000)?;
    within("target.max_answer_bytes", raw.max_answer_bytes, 1, 16 << 30)?;
    within("target.connect_timeout_ms", raw.connect_timeout_ms.unwrap_or(1), 1, 3_600_000)?;
    within("target.attempt_delay_ms", raw.attempt_delay_ms, 0, 60_000)?;
    let connecting = Connecting::resolve(&raw)?;
    let via = Via::resolve(&raw)?;
    for (key, path) in [("target.path", &raw.path), ("target.batch_path", &raw.batch_path)] {
        if !path.starts_with('/') {
            return Err(ScenarioError::value(key, format!("`{}` must start with a slash", masked_url(path))));
        }
    }
    let mut headers = headers::resolve(&raw.headers)?;
    let bearer = headers::bearer(raw.bearer.as_ref(), &mut headers)?;
    encoding::check(&headers)?;
    let time_sources = server_times::sources(&raw)?;
    let endpoints = endpoints::resolve(&raw)?;
    Ok(Target {
        url: raw.url,
        method: method::resolve(&raw.method)?,
        path: raw.path,
        batch_path: raw.batch_path,
        batch_request_key: raw.batch_request_key,
        batch_response_key: raw.batch_response_key,
        headers,
        bearer,
        queue_header: raw.queue_header,
        compute_header: raw.compute_header,
        queue_pointer: raw.queue_pointer,
        compute_pointer: raw.compute_pointer,
        server_times: raw.server_times,
        time_sources,
        timeout_ms: raw.timeout_ms,
        max_answer_bytes: raw.max_answer_bytes,
        connecting,
        probe: raw.probe,
        via,
        accept_encoding: encoding::resolve(raw.accept_encoding)?,
        success: success::resolve(&raw.success)?,
        endpoints,
    })
}

fn load(raw: raw::RawLoad, others_have_files: bool) -> Result<Load, ScenarioError> {
    let workers = raw.workers.unwrap_or(64);
    within("load.requests", raw.requests.unwrap_or(1), 1, 10_000_000)?;
    within("load.workers", workers as u64, 1, 100_000)?;
    within("load.think_ms", raw.think_ms, 0, 3_600_000)?;
    within("load.threads", raw.threads as u64, 1, 256)?;
    let (arrival, duration) = (arrivals::resolve(&raw)?, arrivals::duration(&raw)?);
    Ok(Load {
        requests: raw.requests.or_else(|| arrivals::usual_requests(&raw)),
        workers,
        think_ms: raw.think_ms,
        threads: raw.threads,
        seed: raw.seed,
        abort_after: abort_after::resolve(&raw.abort_after)?,
        order: bodies::order(&raw, others_have_files)?,
        payloads: raw.payloads,
        arrival,
        duration,
        warmup: warmup::resolve(&raw.warmup)?,
        max_error_rate: max_error_rate::resolve(raw.max_error_rate.as_deref())?,
        template: raw.template,
        columns: raw.columns,
    })
}

fn sla(raw: &BTreeMap<String, String>) -> Result<Vec<SlaLine>, ScenarioError> {
    let line = |(metric, limit): (&String, &String)| {
        SlaLine::parse(metric, limit)
            .map_err(|problem| ScenarioError::value(format!("sla.{metric}"), problem))
    };
    raw.iter().map(line).collect()
}

fn strategy(
    target: &Target,
    section: &str,
    raw: &raw::RawPhase,
    default: &str,
) -> Result<Strategy, ScenarioError> {
    let batch = raw.batch.unwrap_or(1);
    within(&format!("{section}.batch"), batch as u64, 1, 1_000)?;
    let connections = match raw.strategy.as_deref().unwrap_or(default) {
        "pool" => {
            let size = raw.connections.unwrap_or(8);
            within(&format!("{section}.connections"), size as u64, 1, 100_000)?;
            Connections::Pool(size)
        }
        "per_request" if raw.connections.is_some() => {
            return Err(ScenarioError::value(
                format!("{section}.connections"),
                "per_request opens one connection for each request; remove the key or use strategy = \"pool\"",
            ));
        }
        "per_request" => Connections::PerRequest,
        other => {
            let problem = format!("unknown strategy `{other}`; use \"per_request\" or \"pool\"");
            return Err(ScenarioError::value(format!("{section}.strategy"), problem));
        }
    };
    let (streams, http) = spoken(target, section, raw, connections)?;
    let resume_tls = raw.tls_resumption.unwrap_or(connections != Connections::PerRequest);
    Ok(Strategy { connections, batch, streams, http, resume_tls })
}

/// Streams on a connection, and what it speaks: HTTP/2 where there are to be several, else what a plain client speaks.
fn spoken(
    target: &Target,
    section: &str,
    raw: &raw::RawPhase,
    connections: Connections,
) -> Result<(usize, HttpChoice), ScenarioError> {
    let key = format!("{section}.streams");
    let streams = raw.streams.unwrap_or(1);
    within(&key, streams as u64, 1, 10_000)?;
    let asked = raw.http.as_deref().map(|text| http_choice(&format!("{section}.http"), text)).transpose()?;
    let usual = if streams > 1 { HttpChoice::Http2 } else { HttpChoice::Http1 };
    let http = asked.or(target.connecting.http).unwrap_or(usual);
    let plain = target.url.as_ref().is_none_or(|url| !url.to_ascii_lowercase().starts_with("https:"));
    let problem = match (http, connections) {
        _ if streams == 1 => return Ok((streams, http)),
        (_, Connections::PerRequest) => {
            "per_request has one request on a connection; use strategy = \"pool\""
        }
        (HttpChoice::Http1, _) => "HTTP/1.1 has one request at a time on a connection; use http = \"2\"",
        (HttpChoice::Auto, _) if plain => "without TLS a server cannot choose HTTP/2; use http = \"2\"",
        _ => return Ok((streams, http)),
    };
    Err(ScenarioError::value(key, problem))
}

fn within(key: &str, value: u64, least: u64, most: u64) -> Result<(), ScenarioError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ScenarioError::value(key, format!("{value} is out of range; use {least} to {most}")))
}
