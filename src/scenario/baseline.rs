//! What `[before]` says of a load test, or of a log, that was there already.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::error::ScenarioError;
use super::given_script::GivenScript;
use super::length;
use super::raw::RawPhase;
use crate::model::LatencyStart;

/// How long a given load test may run. A hang must end, a long load test must not be cut.
pub(super) const SCRIPT_TIMEOUT: &str = "1h";
/// From when a mapped latency counts.
pub(super) const LATENCY_FROM: LatencyStart = LatencyStart::Start;
const LONGEST_HOURS: u32 = 24;

/// What is there already.
#[derive(Clone, Debug, Serialize)]
pub struct GivenBaseline {
    /// A load test that is run as it is, once.
    pub script: Option<GivenScript>,
    /// How long it may run.
    #[serde(rename = "script_timeout_ms", serialize_with = "as_millis")]
    pub script_timeout: Duration,
    /// A log that stands for the before phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// What the columns of its log mean, where nobody knows the tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
    /// From when the mapped latency counts.
    pub latency_from: LatencyStart,
}

fn as_millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    (time.as_secs_f64() * 1e3).serialize(serializer)
}

/// Validates what `[before]` says of it, and that `[after]` says nothing.
pub(super) fn resolve(before: RawPhase, after: &RawPhase) -> Result<GivenBaseline, ScenarioError> {
    refuse_after(after)?;
    let RawPhase { script, script_timeout, log, map, latency_from, .. } = before;
    if script.as_ref().is_some_and(GivenScript::has_nul) {
        return Err(ScenarioError::value("before.script", "it has a NUL character; take it out"));
    }
    let empty = matches!(&script, Some(GivenScript::Arguments(_)))
        && script.as_ref().is_some_and(GivenScript::is_empty);
    if empty {
        return Err(ScenarioError::value(
            "before.script",
            "the list names no program; write one such as [\"k6\", \"run\"]",
        ));
    }
    let script = script.filter(|script| !script.is_empty());
    let log = log.filter(|log| !log.as_os_str().is_empty());
    if script.is_some() && log.is_some() {
        let problem = "a log stands for the before phase, so there is nothing for before.script to do beside it; leave one of them out \
                       (--set before.script=)";
        return Err(ScenarioError::value("before.log", problem));
    }
    let map = map.unwrap_or_default();
    if map.is_empty() && latency_from.is_some() {
        let problem =
            "it says from when a mapped latency counts; map the columns by before.map, or remove the key";
        return Err(ScenarioError::value("before.latency_from", problem));
    }
    Ok(GivenBaseline {
        script,
        script_timeout: time_limit(script_timeout.as_deref().unwrap_or(SCRIPT_TIMEOUT))?,
        log,
        map,
        latency_from: latency_from.as_deref().map_or(Ok(LATENCY_FROM), start)?,
    })
}

/// A scenario has these keys for the before phase alone.
fn refuse_after(after: &RawPhase) -> Result<(), ScenarioError> {
    let given = [
        ("after.script", after.script.is_some()),
        ("after.script_timeout", after.script_timeout.is_some()),
        ("after.log", after.log.is_some()),
        ("after.map", after.map.is_some()),
        ("after.latency_from", after.latency_from.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((key, _)) => {
            Err(ScenarioError::value(key, "only the before phase has a script or a log; remove the key"))
        }
        None => Ok(()),
    }
}

fn time_limit(text: &str) -> Result<Duration, ScenarioError> {
    let limit = length::parse(text, LONGEST_HOURS).filter(|limit| !limit.is_zero());
    limit.ok_or_else(|| {
        let problem = format!(
            "`{}` is no time limit; write one with its unit, such as \"90s\" or \"10m\", up to 24h",
            text.trim()
        );
        ScenarioError::value("before.script_timeout", problem)
    })
}

fn start(text: &str) -> Result<LatencyStart, ScenarioError> {
    let known = [LatencyStart::Due, LatencyStart::Start, LatencyStart::Connection];
    known.into_iter().find(|start| start.name() == text.trim()).ok_or_else(|| {
        let problem = format!(
            "`{}` is none of \"due\", \"start\" (connection set-up included) and \"connection\" (without it)",
            text.trim()
        );
        ScenarioError::value("before.latency_from", problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(change: impl FnOnce(&mut RawPhase)) -> Result<GivenBaseline, String> {
        let mut before = RawPhase::default();
        change(&mut before);
        resolve(before, &RawPhase::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_there_is_nothing_and_an_hour_of_patience() {
        let given = resolved(|_| ()).expect("good");
        assert_eq!((given.script, given.log, given.map), (None, None, Vec::new()));
        assert_eq!(
            (given.script_timeout, given.latency_from),
            (Duration::from_secs(3_600), LatencyStart::Start)
        );
    }

    #[test]
    fn what_cannot_be_is_named_with_its_key() {
        let text = |text: &str| Some(text.to_string());
        let script = |words: &[&str]| {
            Some(GivenScript::Arguments(words.iter().map(|word| word.to_string()).collect()))
        };
        let cases: [(&str, Result<GivenBaseline, String>); 7] = [
            ("before.script_timeout: `0s`", resolved(|raw| raw.script_timeout = text("0s"))),
            ("before.script_timeout: `10`", resolved(|raw| raw.script_timeout = text("10"))),
            ("before.script: the list names no program", resolved(|raw| raw.script = script(&[]))),
            ("before.script: it has a NUL", resolved(|raw| raw.script = script(&["a", "b\0"]))),
            ("before.latency_from: it says from when", resolved(|raw| raw.latency_from = text("due"))),
            (
                "before.latency_from: `end` is none of",
                resolved(|raw| {
                    (raw.map, raw.latency_from) = (Some(vec!["latency=a:ms".into()]), text("end"))
                }),
            ),
            (
                "before.log: a log stands for the before phase",
                resolved(|raw| (raw.script, raw.log) = (script(&["k6"]), Some("k6.csv".into()))),
            ),
        ];
        for (problem, resolved) in cases {
            let said = resolved.expect_err(problem);
            assert!(said.starts_with(problem), "{said}");
        }
        let after = RawPhase { log: Some("x".into()), ..RawPhase::default() };
        let said = resolve(RawPhase::default(), &after).expect_err("only before has one").to_string();
        assert!(said.starts_with("after.log") && said.contains("remove the key"), "{said}");
    }
}
