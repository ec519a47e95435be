//! Several endpoints of a target, each with its share of the requests.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

use super::error::ScenarioError;
use super::method;
use super::raw::RawTarget;
use super::raw_endpoint::RawEndpoint;
use crate::model::masked_url;

/// More are taken for a slip.
const MOST: usize = 100;
/// The weight of an endpoint that has none of its own.
pub(super) const WEIGHT: f64 = 1.0;
/// The greatest weight.
const HEAVIEST: f64 = 1e6;

/// An endpoint that gets some of the requests.
#[derive(Clone, Debug, Serialize)]
pub struct TargetEndpoint {
    /// What it is called wherever requests are told apart: its path, with its method where others have the same path.
    pub name: String,
    /// Path of the endpoint for one request. Its query is sent, never written down.
    #[serde(serialize_with = "masked_path")]
    pub path: String,
    /// How many requests it gets, as against the others.
    pub weight: f64,
    /// Method of its requests.
    pub method: String,
    /// File of its request bodies; without one those of `load.payloads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payloads: Option<PathBuf>,
    /// Path of its endpoint for a batch; without one its requests are sent alone.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "masked_batch_path")]
    pub batch_path: Option<String>,
}

fn masked_path<S: serde::Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    masked_url(path).serialize(serializer)
}

fn masked_batch_path<S: serde::Serializer>(path: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(masked_url).serialize(serializer)
}

/// The endpoints of a target; none where all requests go to `target.path`.
pub(super) fn resolve(target: &RawTarget) -> Result<Vec<TargetEndpoint>, ScenarioError> {
    let Some(written) = &target.endpoints else { return Ok(Vec::new()) };
    if !(1..=MOST).contains(&written.len()) {
        let problem = format!(
            "{} endpoints; give 1 to {MOST} [[target.endpoints]], each with a path, or remove the key",
            written.len()
        );
        return Err(ScenarioError::value("target.endpoints", problem));
    }
    stands_alone(target)?;
    let mut endpoints: Vec<TargetEndpoint> =
        (1..).zip(written).map(|(number, raw)| endpoint(number, raw, target)).collect::<Result<_, _>>()?;
    tell_apart(&mut endpoints)?;
    Ok(endpoints)
}

/// What endpoints have by themselves must not be said once more for all.
fn stands_alone(target: &RawTarget) -> Result<(), ScenarioError> {
    let usual = RawTarget::default();
    for (key, given, usual, own) in [
        ("target.path", &target.path, &usual.path, "path"),
        ("target.batch_path", &target.batch_path, &usual.batch_path, "batch_path"),
    ] {
        if given != usual {
            let problem = format!(
                "`{}` stands beside target.endpoints, each of which has a {own} of its own; remove the key",
                masked_url(given)
            );
            return Err(ScenarioError::value(key, problem));
        }
    }
    Ok(())
}

fn endpoint(number: usize, raw: &RawEndpoint, target: &RawTarget) -> Result<TargetEndpoint, ScenarioError> {
    let key = |name: &str| format!("target.endpoints.{name} (endpoint {number}, {})", masked_url(&raw.path));
    for (name, path) in [("path", Some(&raw.path)), ("batch_path", raw.batch_path.as_ref())] {
        if let Some(path) = path.filter(|path| !path.starts_with('/')) {
            return Err(ScenarioError::value(
                key(name),
                format!("`{}` must start with a slash", masked_url(path)),
            ));
        }
    }
    let weight = raw.weight.unwrap_or(WEIGHT);
    if !(weight > 0.0 && weight <= HEAVIEST) {
        let problem = format!("{weight} is no share; use a number above 0, up to {HEAVIEST}");
        return Err(ScenarioError::value(key("weight"), problem));
    }
    let written = raw.method.as_ref().unwrap_or(&target.method);
    let method = method::resolve_for(&key("method"), written)?;
    Ok(TargetEndpoint {
        name: masked_url(&raw.path),
        path: raw.path.clone(),
        weight,
        method,
        payloads: raw.payloads.clone(),
        batch_path: raw.batch_path.clone(),
    })
}

/// Names those of one path by their methods too.
fn tell_apart(endpoints: &mut [TargetEndpoint]) -> Result<(), ScenarioError> {
    let mut of_path: HashMap<String, Vec<String>> = HashMap::new();
    for TargetEndpoint { path, method, .. } in endpoints.iter() {
        let methods = of_path.entry(path.clone()).or_default();
        if methods.contains(method) {
            let problem = format!(
                "{method} {} is there twice; give one of them, with the sum of their weights",
                masked_url(path)
            );
            return Err(ScenarioError::value("target.endpoints", problem));
        }
        methods.push(method.clone());
    }
    for endpoint in endpoints.iter_mut().filter(|endpoint| of_path[&endpoint.path].len() > 1) {
        endpoint.name = format!("{} {}", endpoint.method, masked_url(&endpoint.path));
    }
    // Those that only their queries tell apart.
    let mut named: HashMap<String, u32> = HashMap::new();
    for endpoint in endpoints {
        let count = named.entry(endpoint.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            endpoint.name = format!("{} ({count})", endpoint.name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Overrides, Settings, load};
    use super::*;

    #[test]
    fn a_query_is_in_no_name_and_no_manifest() {
        let two =
            "[[target.endpoints]]\npath = \"/a?key=s3cret\"\n[[target.endpoints]]\npath = \"/a?key=other\"\n";
        let settings = read(two, &[]).expect("two endpoints");
        let names: Vec<_> = settings.target.endpoints.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["/a?***", "/a?*** (2)"]);
        assert!(!serde_json::to_string(&settings).expect("plain data").contains("s3cret"));
        assert_eq!(settings.mask().apply("asked with key=s3cret", false), "asked with ***");
    }

    const HEAD: &str = "sla.p95 = \"1s\"\ntarget.url = \"http://a\"\n";

    fn read(endpoints: &str, flags: &[&str]) -> Result<Settings, ScenarioError> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), format!("{HEAD}{endpoints}")).expect("the disk has room");
        let mut overrides = Overrides::default();
        flags.iter().try_for_each(|flag| overrides.set_text(flag))?;
        load(Path::new(file.path()), &overrides)
    }

    #[test]
    fn endpoints_are_named_by_their_paths_and_take_what_the_target_says() {
        let text = "[[target.endpoints]]\npath = \"/a\"\nweight = 3\npayloads = \"a.jsonl\"\n\
                    [[target.endpoints]]\npath = \"/b\"\nmethod = \"get\"\n[[target.endpoints]]\npath = \"/b\"\n";
        let found = read(text, &["target.method=put"]).expect("good").target.endpoints;
        let seen = |one: &TargetEndpoint| format!("{}: {} {} {}", one.name, one.method, one.path, one.weight);
        let expected = ["/a: PUT /a 3", "GET /b: GET /b 1", "PUT /b: PUT /b 1"];
        assert_eq!(found.iter().map(seen).collect::<Vec<_>>(), expected);
        let payloads = found[0].payloads.as_ref().expect("given");
        assert!(payloads.is_absolute() && payloads.ends_with("a.jsonl"), "beside the scenario: {payloads:?}");
        let flag = "target.endpoints=[{path='/c', weight=0.5}]";
        assert_eq!(read(text, &[flag]).expect("good").target.endpoints[0].name, "/c");
        assert!(read(text, &["target.endpoints="]).expect("good").target.endpoints.is_empty());
    }

    #[test]
    fn what_is_no_set_of_endpoints_is_refused_with_its_key() {
        for (flags, words) in [
            (&["target.endpoints=[]"][..], ["target.endpoints", "0 endpoints"]),
            (&["target.endpoints=[{path='a'}]"], ["target.endpoints.path", "slash"]),
            (&["target.endpoints=[{path='/a', batch_path='b'}]"], ["target.endpoints.batch_path", "slash"]),
            (&["target.endpoints=[{path='/a', weight=0}]"], ["target.endpoints.weight", "above 0"]),
            (&["target.endpoints=[{path='/a', weight=-1.5}]"], ["endpoint 1, /a", "above 0"]),
            (&["target.endpoints=[{path='/a', weight=nan}]"], ["weight", "NaN"]),
            (&["target.endpoints=[{path='/a', weight=inf}]"], ["weight", "above 0"]),
            (&["target.endpoints=[{path='/a', method='GE T'}]"], ["target.endpoints.method", "GET or POST"]),
            (&["target.endpoints=[{path='/a', wieght=1}]"], ["wieght", "weight"]),
            (&["target.endpoints=[{weight=1}]"], ["--set", "path"]),
            (&["target.endpoints=[{path='/a'},{path='/a',method='post'}]"], ["POST /a", "twice"]),
            (&["target.endpoints=[{path='/a'}]", "target.path=/b"], ["target.path", "remove the key"]),
            (&["target.endpoints=[{path='/a'}]", "target.batch_path=/b"], ["target.batch_path", "remove"]),
            (&["target.endpoints=[{path='/a'}]", "after.batch=2"], ["after.batch", "batch_path"]),
            (
                &["target.endpoints=[{path='/a',method='GET',batch_path='/b'}]", "after.batch=2"],
                ["after.batch", "GET"],
            ),
            (&["target.endpoints=[{path='/a',method='GET'}]", "target.url="], ["POST only", "GET"]),
            (
                &["target.endpoints=[{path='/a',method='HEAD'}]", "target.success.present=['/a']"],
                ["target.success", "HEAD"],
            ),
        ] {
            let error = read("", flags).expect_err(flags[0]).to_string();
            for word in words {
                assert!(error.contains(word), "{flags:?}: no `{word}` in: {error}");
            }
        }
    }
}
