//! `load.arrival` and the keys beside it: how requests arrive that do not wait for answers.

use std::time::Duration;

use super::error::ScenarioError;
use super::length;
use super::raw::RawLoad;
use crate::model::{ArrivalProcess, RateStep};

/// Requests of a repetition where nothing says how many.
const REQUESTS: u64 = 600;
/// Requests a second: more than one process sends.
const HIGHEST_RATE: f64 = 1e6;
const SHAPES: (f64, f64) = (0.01, 1_000.0);
const SCALES: (f64, f64) = (1e-6, 1e3);
/// A week.
const LONGEST_HOURS: u32 = 7 * 24;
const STEPS_MOST: usize = 1_000;

type Resolved<T> = Result<T, ScenarioError>;

/// Where a search for a rate begins unless something says it, in requests a second.
const FIRST_RATE: f64 = 20.0;
/// How long its measurements are.
const MEASURED_FOR: &str = "10s";

/// Makes an open load of any scenario, for a search over rates.
pub(super) fn open(raw: &mut RawLoad, requests_given: bool, workers_given: bool) -> Resolved<()> {
    if requests_given {
        let problem =
            "a search over rates measures for a time, not a number of requests; use -d, such as -d 10s";
        return Err(ScenarioError::value("load.requests", problem));
    }
    if workers_given {
        let problem = "a search over rates has arrivals that wait for no caller; remove it (-c)";
        return Err(ScenarioError::value("load.workers", problem));
    }
    if matches!(kind(raw)?, "steps" | "trace") {
        let problem =
            "steps and traces have rates of their own; a search over rates needs poisson, constant or gamma";
        return Err(ScenarioError::value("load.arrival", problem));
    }
    // A rate alone says how many come, not how evenly.
    let unnamed = raw.arrival.is_none() && kind(raw)? == "constant";
    if unnamed || kind(raw)? == "closed" {
        (raw.arrival, raw.workers, raw.think_ms) = (Some("poisson".into()), None, 0);
    }
    raw.rate.get_or_insert(FIRST_RATE);
    raw.requests = None;
    raw.duration.get_or_insert_with(|| MEASURED_FOR.into());
    Ok(())
}

/// `None` is a closed loop.
pub(super) fn resolve(raw: &RawLoad) -> Resolved<Option<ArrivalProcess>> {
    let kind = kind(raw)?;
    only_what_belongs(raw, kind)?;
    let process = match kind {
        "closed" => return Ok(None),
        "constant" => ArrivalProcess::Constant { rate: rate(raw)? },
        "poisson" => ArrivalProcess::Poisson { rate: rate(raw)? },
        "gamma" => ArrivalProcess::Gamma { rate: rate(raw)?, shape: needed_shape(raw)? },
        "steps" => ArrivalProcess::Steps { steps: steps(raw)?, shape: shape(raw)? },
        _ => trace(raw)?,
    };
    if raw.duration.is_some() && raw.requests.is_some() {
        let problem = "it ends the load, and so does load.requests; give one of them (--set load.requests= takes it out)";
        return Err(ScenarioError::value("load.duration", problem));
    }
    Ok(Some(process))
}

/// Before which time the last request is due.
pub(super) fn duration(raw: &RawLoad) -> Resolved<Option<Duration>> {
    let Some(text) = &raw.duration else { return Ok(None) };
    let parsed = length::parse(text, LONGEST_HOURS).filter(|duration| !duration.is_zero());
    parsed.map(Some).ok_or_else(|| {
        let problem = format!(
            "`{text}` is no time; write one with its unit, such as \"30s\" or \"5m\", up to {LONGEST_HOURS}h"
        );
        ScenarioError::value("load.duration", problem)
    })
}

/// How many requests there are where nothing says it; `None` is as many as arrive.
pub(super) fn usual_requests(raw: &RawLoad) -> Option<u64> {
    let ends_by_itself = raw.duration.is_some() || raw.steps.is_some() || raw.trace.is_some();
    (!ends_by_itself).then_some(REQUESTS)
}

/// What is said, or what the keys that are there can only mean.
fn kind(raw: &RawLoad) -> Resolved<&str> {
    const KINDS: [&str; 6] = ["closed", "constant", "poisson", "gamma", "steps", "trace"];
    match raw.arrival.as_deref() {
        Some(kind) if KINDS.contains(&kind) => Ok(kind),
        Some(other) => {
            let problem = format!("unknown arrivals `{other}`; use one of {}", KINDS.join(", "));
            Err(ScenarioError::value("load.arrival", problem))
        }
        None if raw.steps.is_some() => Ok("steps"),
        None if raw.trace.is_some() => Ok("trace"),
        None if raw.rate.is_some() && raw.shape.is_some() => Ok("gamma"),
        None if raw.rate.is_some() => Ok("constant"),
        None => Ok("closed"),
    }
}

/// A key that would change nothing is a mistake.
fn only_what_belongs(raw: &RawLoad, kind: &str) -> Resolved<()> {
    let rated = ["constant", "poisson", "gamma"].as_slice();
    let open = ["constant", "poisson", "gamma", "steps", "trace"].as_slice();
    let keys = [
        ("load.rate", raw.rate.is_some(), rated),
        ("load.shape", raw.shape.is_some(), &["gamma", "steps"]),
        ("load.steps", raw.steps.is_some(), &["steps"]),
        ("load.trace", raw.trace.is_some(), &["trace"]),
        ("load.trace_scale", raw.trace_scale.is_some(), &["trace"]),
        ("load.trace_jitter", raw.trace_jitter.is_some(), &["trace"]),
        ("load.duration", raw.duration.is_some(), open),
        ("load.workers", raw.workers.is_some(), &["closed"]),
        ("load.think_ms", raw.think_ms > 0, &["closed"]),
    ];
    let stray = keys.into_iter().find(|(_, given, kinds)| *given && !kinds.contains(&kind));
    let Some((key, ..)) = stray else { return Ok(()) };
    Err(ScenarioError::value(key, stray_key(key, kind)))
}

fn stray_key(key: &str, kind: &str) -> String {
    match (key, kind) {
        ("load.duration", _) => {
            "in a closed loop the faster phase would send more requests in that time, and nothing could be \
                                 compared; use load.requests (-n), or arrivals at a rate (-q)"
                .into()
        }
        (_, "closed") => {
            "it belongs to arrivals that do not wait for answers; remove it, or load.arrival = \"closed\""
                .into()
        }
        ("load.workers" | "load.think_ms", kind) => format!(
            "{kind} arrivals wait for no caller, so this would change nothing; remove it. How many requests are on their way \
             at once depends on the server; before.connections and after.connections bound the connections"
        ),
        ("load.rate", "steps") => {
            "steps have their rates in themselves; remove one of load.rate and load.steps".into()
        }
        ("load.rate", _) => "a trace has its own rate; change it by load.trace_scale".into(),
        _ => format!("it does not belong to {kind} arrivals; remove it, or change load.arrival"),
    }
}

fn rate(raw: &RawLoad) -> Resolved<f64> {
    let rate = raw.rate.ok_or_else(|| {
        ScenarioError::value(
            "load.rate",
            "these arrivals need a rate in requests a second, such as 50 (-q 50)",
        )
    })?;
    if rate > 0.0 && rate <= HIGHEST_RATE {
        return Ok(rate);
    }
    let problem =
        format!("{rate} is out of range; use more than 0 requests a second, up to {HIGHEST_RATE:.0}");
    Err(ScenarioError::value("load.rate", problem))
}

fn needed_shape(raw: &RawLoad) -> Resolved<f64> {
    shape(raw)?.ok_or_else(|| {
        let problem = "gamma arrivals need one: 1 is Poisson, less comes in bursts, more is more even";
        ScenarioError::value("load.shape", problem)
    })
}

fn shape(raw: &RawLoad) -> Resolved<Option<f64>> {
    raw.shape.map(|shape| within("load.shape", shape, SHAPES)).transpose()
}

fn within(key: &str, value: f64, (least, most): (f64, f64)) -> Resolved<f64> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(ScenarioError::value(key, format!("{value} is out of range; use {least} to {most}")))
}

fn steps(raw: &RawLoad) -> Resolved<Vec<RateStep>> {
    let wrong = |problem: String| ScenarioError::value("load.steps", problem);
    let written = raw.steps.as_deref().unwrap_or_default();
    if !(1..=STEPS_MOST).contains(&written.len()) {
        return Err(wrong(format!(
            "{} steps; give 1 to {STEPS_MOST}, such as [\"10s@50\", \"30s@50..200\"]",
            written.len()
        )));
    }
    let parsed = |(place, text): (usize, &String)| {
        step(text).ok_or_else(|| {
            wrong(format!(
                "step {}, `{text}`, is none; write TIME@RATE, such as \"10s@50\", or \"30s@50..200\" for a rate that rises \
                 from 50 to 200 requests a second in 30 s",
                place + 1
            ))
        })
    };
    let steps = written.iter().enumerate().map(parsed).collect::<Resolved<Vec<RateStep>>>()?;
    if steps.iter().all(|step| step.from == 0.0 && step.to == 0.0) {
        return Err(wrong("every rate is 0; give one that is more".into()));
    }
    Ok(steps)
}

fn step(text: &str) -> Option<RateStep> {
    let (length, rates) = text.split_once('@')?;
    let lasts = length::parse(length, LONGEST_HOURS).filter(|lasts| !lasts.is_zero())?;
    let (from, to) = rates.split_once("..").unwrap_or((rates, rates));
    let rate =
        |text: &str| text.trim().parse::<f64>().ok().filter(|rate| (0.0..=HIGHEST_RATE).contains(rate));
    Some(RateStep { lasts_us: lasts.as_micros() as u64, from: rate(from)?, to: rate(to)? })
}

fn trace(raw: &RawLoad) -> Resolved<ArrivalProcess> {
    let file = raw
        .trace
        .clone()
        .ok_or_else(|| ScenarioError::value("load.trace", "these arrivals need a file; give its path"))?;
    let scale = within("load.trace_scale", raw.trace_scale.unwrap_or(1.0), SCALES)?;
    let jitter = raw.trace_jitter.as_deref().map(|text| {
        length::parse(text, 1).ok_or_else(|| {
            let problem = format!(
                "`{text}` is no time; write how coarse the times of the trace are, such as \"3s\", up to 1h"
            );
            ScenarioError::value("load.trace_jitter", problem)
        })
    });
    let jitter_us = jitter.transpose()?.unwrap_or_default().as_micros() as u64;
    Ok(ArrivalProcess::Trace { file, scale, jitter_us })
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
