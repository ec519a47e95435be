//! Whether two runs took place under the same conditions, as far as their manifests say.

use serde_json::Value;

use crate::model::manifest::Manifest;
use crate::model::{Caveat, CaveatKind};

/// What sets the runs apart beside the release; each caveat names what differs.
pub(super) fn apart(a: &Manifest, b: &Manifest) -> Vec<Caveat> {
    let found = [
        (
            CaveatKind::MachinesDiffer,
            "were made on machines that differ",
            machine(a, b),
            "make both on one machine",
        ),
        (
            CaveatKind::LoadDiffers,
            "carried different load",
            load(a, b),
            "make both with the same -c, -n and --transport",
        ),
        (
            CaveatKind::MockDiffers,
            "met mocks that were set differently",
            mock(a, b),
            "make both with the same --set mock keys",
        ),
        (
            CaveatKind::VersionsDiffer,
            "were made by different versions of spanload",
            version(a, b),
            "make both with one version",
        ),
    ];
    let caveat = |(kind, how, what, remedy): (CaveatKind, &str, Vec<String>, &str)| {
        let message = format!(
            "the runs {how}: {}; a difference need not come from the release: {remedy}",
            what.join(", ")
        );
        (!what.is_empty()).then(|| Caveat::new(kind, message))
    };
    found.into_iter().filter_map(caveat).collect()
}

fn machine(a: &Manifest, b: &Manifest) -> Vec<String> {
    let facts = |manifest: &Manifest| serde_json::to_value(&manifest.machine).unwrap_or_default();
    differences(&facts(a), &facts(b))
}

fn load(a: &Manifest, b: &Manifest) -> Vec<String> {
    let (one, other) = (arrives(a), arrives(b));
    let arrival = (one != other).then(|| format!("{one} and {other}"));
    let (one, other) = (a.plan.requests, b.plan.requests);
    let requests = (one != other).then(|| format!("requests {one} and {other}"));
    let moved = (a.transport != b.transport)
        .then(|| format!("transport {} and {}", a.transport.name(), b.transport.name()));
    arrival.into_iter().chain(requests).chain(moved).collect()
}

/// When requests are due: `64 callers in a closed loop`, or the process of arrivals.
fn arrives(manifest: &Manifest) -> String {
    let plan = &manifest.plan;
    match (&plan.arrival, plan.think_ms) {
        (Some(arrival), _) => arrival.process.to_string(),
        (None, 0) => format!("{} callers in a closed loop", plan.workers),
        (None, think) => format!("{} callers in a closed loop who think for {think} ms", plan.workers),
    }
}

/// Only where both ran against the embedded mock.
fn mock(a: &Manifest, b: &Manifest) -> Vec<String> {
    let embedded = |manifest: &Manifest| manifest.scenario["target"]["url"].is_null();
    if !embedded(a) || !embedded(b) {
        return Vec::new();
    }
    differences(&a.scenario["mock"], &b.scenario["mock"])
}

fn version(a: &Manifest, b: &Manifest) -> Vec<String> {
    if a.version == b.version { Vec::new() } else { vec![format!("{} and {}", a.version, b.version)] }
}

/// `key one and other` for each key of two objects; a key that one of them does not have is none of its facts.
fn differences(a: &Value, b: &Value) -> Vec<String> {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return Vec::new() };
    let both = a.iter().filter_map(|(key, one)| Some((key, one, b.get(key)?)));
    let differ = both.filter(|(_, one, other)| one != other && !one.is_null() && !other.is_null());
    differ.map(|(key, one, other)| format!("{key} {one} and {other}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_both_say_can_differ() {
        let (one, other) = (json!({"a": 1, "b": 2, "c": null}), json!({"a": 1, "b": 3, "c": 4, "d": 5}));
        assert_eq!(differences(&one, &other), ["b 2 and 3"]);
        assert_eq!(differences(&one, &Value::Null), [""; 0]);
    }
}
