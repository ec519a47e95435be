//! What the command line lays over a scenario file: a flag wins over the file.

use std::fmt;

use toml::{Table, Value};

use super::error::ScenarioError;
use super::headers::AUTHORIZATION;
use super::method;
use super::plain_words::plain;
use super::raw::Raw;
use super::secret::Secret;
use super::unset::unset;
use crate::model::query;

/// Flags that change a scenario, in the order in which they apply.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    assignments: Vec<Assignment>,
}

/// The token of every request.
const BEARER: [&str; 2] = ["target", "bearer"];
/// The endpoint of one request.
const TARGET_PATH: [&str; 2] = ["target", "path"];
/// Where the headers of every request stand.
const TARGET_HEADERS: [&str; 2] = ["target", "headers"];
/// Where the headers for the collector stand.
const OTLP_HEADERS: [&str; 2] = ["telemetry", "otlp_headers"];

#[derive(Clone)]
struct Assignment {
    flag: String,
    /// From the section down.
    key: Vec<String>,
    /// `None` takes the key out.
    value: Option<Value>,
}

/// Its value may be a secret.
impl fmt::Debug for Assignment {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(&self.key.join("."))
    }
}

impl Overrides {
    /// Sets `key` because of `flag`.
    pub fn set(&mut self, flag: &str, key: &str, value: impl Into<Value>) {
        let key = key.split('.').map(String::from).collect();
        self.assignments.push(Assignment { flag: flag.into(), key, value: Some(value.into()) });
    }

    /// Takes `--set key=value`. The value is TOML; what is no TOML is taken as a string, and nothing takes the key out. It may be a
    /// secret, also under a key that is misspelt, so errors do not repeat it.
    pub fn set_text(&mut self, assignment: &str) -> Result<(), ScenarioError> {
        let parts = assignment.split_once('=').map(|(key, text)| (key.trim(), text.trim()));
        let (key, text) = parts
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| ScenarioError::flag("--set", "expected key=value, such as mock.backlog=64"))?;
        let flag = format!("--set {key}");
        if text.is_empty() {
            self.assignments.push(Assignment { flag, key: parts_of(key), value: None });
            return Ok(());
        }
        if matches!(key, "target" | "target.headers" | "telemetry" | "telemetry.otlp_headers") {
            let problem = "set one key at a time; headers as -H 'NAME: VALUE' or --otlp-header 'NAME: VALUE'";
            return Err(ScenarioError::flag(flag, problem));
        }
        if key == BEARER.join(".") {
            return self.set_token(&flag, unquoted(text));
        }
        for section in [TARGET_HEADERS, OTLP_HEADERS] {
            let name = key.strip_prefix(&section.join(".")).and_then(|rest| rest.strip_prefix('.'));
            if let Some(name) = name {
                self.set_secret(flag, section, name, unquoted(text));
                return Ok(());
            }
        }
        let value = format!("v = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("v"));
        self.set(&flag, key, value.unwrap_or_else(|| Value::String(text.to_string())));
        Ok(())
    }

    /// Takes `-H "name: value"`, one more value where the name was given before. The value may be a secret, so errors do not repeat
    /// it.
    pub fn set_header(&mut self, header: &str) -> Result<(), ScenarioError> {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| ScenarioError::flag("-H", "expected a name and a value, such as 'x-key: 123'"))?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return Err(ScenarioError::flag(
                "-H",
                "the name is empty; write a name and a value, such as 'x-key: 123'",
            ));
        }
        let values = self.assignments.iter_mut().filter(|given| given.is_header(name));
        match values.filter_map(|given| given.value.as_mut()?.as_array_mut()).next_back() {
            Some(values) => values.push(value.into()),
            None => self.assign_to(format!("-H {name}"), TARGET_HEADERS, name, vec![value]),
        }
        Ok(())
    }

    /// Takes `--bearer env:NAME` or `--bearer file:PATH`. A token itself would be seen by everybody who lists processes.
    pub fn set_bearer(&mut self, written: &str) -> Result<(), ScenarioError> {
        self.set_token("--bearer", written)
    }

    fn set_token(&mut self, flag: &str, written: &str) -> Result<(), ScenarioError> {
        if !Secret::is_reference(written) {
            let problem = "expected env:NAME or file:PATH; a token on the command line is seen by everybody on the machine";
            return Err(ScenarioError::flag(flag, problem));
        }
        self.set_secret(flag.into(), [BEARER[0]], BEARER[1], written);
        Ok(())
    }

    /// Takes `--otlp-header "name: value"` or `name=value`. Errors do not repeat the value either.
    pub fn set_otlp_header(&mut self, header: &str) -> Result<(), ScenarioError> {
        let flag = "--otlp-header";
        let (name, value) = header.split_once([':', '=']).ok_or_else(|| {
            ScenarioError::flag(flag, "expected a name and a value, such as 'authorization: Bearer …'")
        })?;
        let name = name.trim();
        self.set_secret(format!("{flag} {name}"), OTLP_HEADERS, name, value.trim());
        Ok(())
    }

    /// Takes `--resource key=value`. A key may hold dots.
    pub fn set_resource(&mut self, attribute: &str) -> Result<(), ScenarioError> {
        let flag = format!("--resource {attribute}");
        let (name, value) = split(attribute).ok_or_else(|| {
            ScenarioError::flag(&flag, "expected key=value, such as deployment.environment=ci")
        })?;
        let key = vec!["telemetry".into(), "resource".into(), name.to_string()];
        self.assignments.push(Assignment { flag, key, value: Some(value.into()) });
        Ok(())
    }

    /// Sets a header. A token of digits is text, and a name may hold dots.
    fn set_secret<const N: usize>(&mut self, flag: String, section: [&str; N], name: &str, value: &str) {
        self.assign_to(flag, section, name, value);
    }

    fn assign_to<const N: usize>(
        &mut self,
        flag: String,
        section: [&str; N],
        name: &str,
        value: impl Into<Value>,
    ) {
        let key = section.into_iter().chain([name]).map(String::from).collect();
        self.assignments.push(Assignment { flag, key, value: Some(value.into()) });
    }

    /// Takes `--sla metric=limit`.
    pub fn set_sla(&mut self, line: &str) -> Result<(), ScenarioError> {
        let flag = format!("--sla {line}");
        let (metric, limit) = split(line)
            .ok_or_else(|| ScenarioError::flag(&flag, "expected metric=limit, such as p95=800ms"))?;
        crate::model::SlaLine::parse(metric, limit).map_err(|problem| ScenarioError::flag(&flag, problem))?;
        self.set(&flag, &format!("sla.{}", metric.replace('.', "_")), limit);
        Ok(())
    }

    /// What was given that may be a secret, also where a later flag gives something else: values of headers, and what stands in
    /// URLs and paths beside their places.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let given = self.assignments.iter().flat_map(|given| match &given.value {
            Some(Value::String(text)) => given.secrets_in(text),
            Some(Value::Array(values)) => {
                values.iter().filter_map(Value::as_str).flat_map(|text| given.secrets_in(text)).collect()
            }
            _ => Vec::new(),
        });
        given.collect()
    }

    /// The first flag that changes a section.
    pub(super) fn of_section(&self, section: &str) -> Option<&str> {
        let changes = |assignment: &&Assignment| assignment.key.first().is_some_and(|first| first == section);
        self.assignments.iter().find(changes).map(|assignment| assignment.flag.as_str())
    }

    /// The value that flags give a key.
    pub(super) fn last(&self, key: &[&str]) -> Option<&Value> {
        self.assignments.iter().rev().find(|assignment| assignment.key == key)?.value.as_ref()
    }

    /// Lays the flags over a raw scenario.
    pub(super) fn apply(&self, mut raw: Raw) -> Result<Raw, ScenarioError> {
        self.replace_token(&mut raw);
        for (name, phase) in [("before", &mut raw.before), ("after", &mut raw.after)] {
            let last = |key: &str| self.last(&[name, key]);
            // The pool of the file belongs to the strategy that a flag has put aside.
            if last("strategy").is_some_and(|value| value.as_str() == Some("per_request"))
                && last("connections").is_none()
            {
                phase.connections = None;
            }
        }
        self.put_aside(&mut raw);
        self.assignments.iter().try_fold(raw, |raw, assignment| assignment.apply(raw))
    }
}

impl Overrides {
    /// What the file says of a closed loop belongs to no load that a flag makes an open one, and what it says of the end to none
    /// that a flag ends otherwise.
    fn put_aside(&self, raw: &mut Raw) {
        self.put_batches_aside(raw);
        let given = |key: &str| self.last(&["load", key]).is_some();
        let load = &mut raw.load;
        let closes = self.last(&["load", "arrival"]).is_some_and(|value| value.as_str() == Some("closed"));
        if !closes && ["arrival", "rate", "steps", "trace"].into_iter().any(given) {
            (load.workers, load.think_ms) = (None, 0);
            raw.before.script = None;
        }
        // Their own length is meant, not that of another load.
        if given("steps") || given("trace") {
            load.requests = None;
        }
        match (given("requests"), given("duration")) {
            (true, false) => load.duration = None,
            (false, true) => load.requests = None,
            _ => {}
        }
    }

    /// Nor do its batches belong to a method that a flag gives and that has no bodies to put into one.
    fn put_batches_aside(&self, raw: &mut Raw) {
        let method = self.last(&["target", "method"]).and_then(Value::as_str);
        let method = method.and_then(|method| method::resolve(method).ok());
        // Endpoints have methods of their own.
        let bodies = raw.target.endpoints.is_some()
            || raw.load.payloads.is_some()
            || self.last(&["load", "payloads"]).is_some();
        if bodies || method.is_none_or(|method| method::takes_prompts(&method)) {
            return;
        }
        (raw.before.batch, raw.after.batch) = (None, None);
    }

    /// The flag that gives a path where the URL has one too: one of them would be ignored.
    pub(super) fn second_path(&self, raw: &Raw) -> Option<&str> {
        let (_, rest) = raw.target.url.as_deref()?.split_once("://")?;
        let given = self.assignments.iter().rev().find(|given| given.key == TARGET_PATH)?;
        (given.value.is_some() && rest.split('?').next()?.contains('/')).then_some(given.flag.as_str())
    }

    /// A token and the header that it is made into are two words for one thing: a flag that gives one of them replaces both.
    fn replace_token(&self, raw: &mut Raw) {
        if self.assignments.iter().any(|given| given.key == BEARER) {
            raw.target.headers.retain(|name, _| !name.eq_ignore_ascii_case(AUTHORIZATION));
        }
        if self.assignments.iter().any(|given| given.is_header(AUTHORIZATION)) {
            raw.target.bearer = None;
        }
    }
}

impl Assignment {
    fn secrets_in(&self, text: &str) -> Vec<Secret> {
        if self.is_secret() {
            return Secret::of_literal(text).into_iter().collect();
        }
        let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
        let credentials = authority.and_then(|authority| authority.rsplit_once('@')).map(|(given, _)| given);
        credentials.into_iter().chain(query(text)).filter_map(Secret::of_literal).collect()
    }

    /// Whether it gives this header of the target, in whatever case.
    fn is_header(&self, name: &str) -> bool {
        let [section, headers, own] = self.key.as_slice() else { return false };
        [section, headers] == TARGET_HEADERS && own.eq_ignore_ascii_case(name)
    }

    /// Whether its value is written nowhere.
    fn is_secret(&self) -> bool {
        let within = |section: [&str; 2]| self.key.len() == 3 && self.key[..2] == section;
        self.key == BEARER || within(TARGET_HEADERS) || within(OTLP_HEADERS)
    }

    /// One assignment at a time, so that the error names the flag that caused it.
    fn apply(&self, raw: Raw) -> Result<Raw, ScenarioError> {
        let mut table = Table::try_from(raw)
            .map_err(|error| ScenarioError::flag(&self.flag, format!("cannot be applied: {error}")))?;
        let Some(value) = &self.value else {
            unset(&mut table, &self.key).map_err(|problem| ScenarioError::flag(&self.flag, problem))?;
            return self.read(table);
        };
        let (last, sections) = self.key.split_last().expect("splitting gives at least one part");
        let mut place = &mut table;
        for section in sections {
            let entry = place.entry(section.as_str()).or_insert_with(|| Value::Table(Table::new()));
            place = entry.as_table_mut().ok_or_else(|| {
                ScenarioError::flag(&self.flag, format!("`{section}` is a value, not a section"))
            })?;
        }
        if self.is_header(last) {
            place.retain(|name, _| !name.eq_ignore_ascii_case(last));
        }
        place.insert(last.clone(), value.clone());
        self.read(table)
    }

    fn read(&self, table: Table) -> Result<Raw, ScenarioError> {
        table
            .try_into()
            .map_err(|error: toml::de::Error| ScenarioError::flag(&self.flag, plain(error.message())))
    }
}

/// A key from the section down. The name of a header may hold dots.
fn parts_of(key: &str) -> Vec<String> {
    let header = [TARGET_HEADERS, OTLP_HEADERS].into_iter().find_map(|section| {
        let name = key.strip_prefix(&section.join("."))?.strip_prefix('.')?;
        Some(section.into_iter().chain([name]).map(String::from).collect())
    });
    header.unwrap_or_else(|| key.split('.').map(String::from).collect())
}

/// `"x"` and `x` are the same header value, as they are for every other key.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    (!key.is_empty() && !value.is_empty()).then_some((key, value))
}
