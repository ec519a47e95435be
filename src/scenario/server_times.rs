//! The keys that say where the server tells its own times, resolved to sources.

use super::error::ScenarioError;
use super::raw::RawTarget;
use crate::model::{JsonPointer, TimeKind, TimePlace, TimeSource, TimeSources, TimeUnit};

/// The key that says which sources are known by name.
const KEY: &str = "target.server_times";

/// A key with its value, as far as it has one.
type GivenKey<'a> = (String, TimeKind, &'a str);

/// Where the server's times are looked for.
pub(super) fn sources(raw: &RawTarget) -> Result<TimeSources, ScenarioError> {
    let headers = given("header", [&raw.queue_header, &raw.compute_header]);
    let pointers = given("pointer", [&raw.queue_pointer, &raw.compute_pointer]);
    let of_server = TimeSources::of_server(&raw.server_times);
    match raw.server_times.as_str() {
        "off" => match headers.first().or(pointers.first()) {
            None => return Ok(TimeSources::none()),
            Some((key, ..)) => {
                let problem = format!("\"off\" leaves nothing for {key} to say; remove one of the two");
                return Err(ScenarioError::value(KEY, problem));
            }
        },
        "auto" => {}
        other if of_server.is_empty() => {
            let problem = format!("unknown `{other}`; use \"auto\", \"llama.cpp\", \"vllm\" or \"off\"");
            return Err(ScenarioError::value(KEY, problem));
        }
        _ => {}
    }
    once(&headers, &pointers)?;
    let headers = headers.into_iter().map(header);
    let pointers = pointers.into_iter().map(pointer);
    let mut named = headers.chain(pointers).collect::<Result<Vec<_>, _>>()?;
    for source in of_server {
        // What is named takes the place of what the server is known for.
        if !named.iter().any(|named| named.kind == source.kind) {
            named.push(source);
        }
    }
    Ok(TimeSources::with(named))
}

/// A time stands in a header or in the body.
fn once(headers: &[GivenKey<'_>], pointers: &[GivenKey<'_>]) -> Result<(), ScenarioError> {
    for (key, kind, _) in headers {
        if let Some((other, ..)) = pointers.iter().find(|(_, other, _)| other == kind) {
            let problem = format!("{key} says where this time stands, too; remove one of the two");
            return Err(ScenarioError::value(other.as_str(), problem));
        }
    }
    Ok(())
}

fn given<'a>(place: &str, values: [&'a Option<String>; 2]) -> Vec<GivenKey<'a>> {
    let kinds = [TimeKind::Queue, TimeKind::Compute].into_iter().zip(values);
    let one = |(kind, value): (TimeKind, &'a Option<String>)| {
        Some((format!("target.{}_{place}", kind.name()), kind, value.as_deref()?))
    };
    kinds.filter_map(one).collect()
}

fn header((key, kind, text): GivenKey<'_>) -> Result<TimeSource, ScenarioError> {
    let (name, unit) = with_unit(&key, text)?;
    if !is_header_name(name) {
        let problem = format!("`{name}` is no name of a header; write one such as x-queue-time:ms");
        return Err(ScenarioError::value(key, problem));
    }
    let name = name.to_ascii_lowercase();
    let unit =
        unit.or_else(|| TimeSources::unit_of_header(&name)).ok_or_else(|| without_unit(&key, &name))?;
    Ok(TimeSource { kind, from: TimePlace::Header(name), unit })
}

fn pointer((key, kind, text): GivenKey<'_>) -> Result<TimeSource, ScenarioError> {
    let (places, unit) = with_unit(&key, text)?;
    let unit = unit.ok_or_else(|| without_unit(&key, places))?;
    let places: Vec<String> = places.split(" + ").map(|place| place.trim().to_string()).collect();
    let is_place = |place: &str| place.starts_with('/') && place.parse::<JsonPointer>().is_ok();
    match places.iter().find(|place| !is_place(place)) {
        None => Ok(TimeSource { kind, from: TimePlace::Pointers(places), unit }),
        Some(other) => {
            let problem = format!(
                "`{other}` is no JSON pointer; write one such as /timings/prompt_ms:ms, or several with ` + ` between \
                 them and one unit at the end"
            );
            Err(ScenarioError::value(key, problem))
        }
    }
}

/// What stands before the last colon, and the unit behind it.
fn with_unit<'a>(key: &str, text: &'a str) -> Result<(&'a str, Option<TimeUnit>), ScenarioError> {
    let Some((name, symbol)) = text.rsplit_once(':') else { return Ok((text.trim(), None)) };
    let symbol = symbol.trim();
    let unit = TimeUnit::of_symbol(symbol).ok_or_else(|| {
        ScenarioError::value(key, format!("`{symbol}` is no unit; write s, ms, us or ns behind the colon"))
    })?;
    Ok((name.trim(), Some(unit)))
}

fn without_unit(key: &str, name: &str) -> ScenarioError {
    let problem = format!(
        "in which unit `{name}` is cannot be told from its name; write it behind a colon, as in \"{name}:ms\" or \"{name}:s\" \
         (s, ms, us, ns)"
    );
    ScenarioError::value(key, problem)
}

/// A token (RFC 9110, §5.6.2).
fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(change: impl FnOnce(&mut RawTarget)) -> Result<TimeSources, String> {
        let mut raw = RawTarget::default();
        change(&mut raw);
        sources(&raw).map_err(|error| error.to_string())
    }

    fn compute_header(value: &str) -> Result<String, String> {
        let sources = target(|raw| raw.compute_header = Some(value.into()))?;
        Ok(sources.all()[0].to_string())
    }

    #[test]
    fn a_unit_is_written_or_known() {
        assert_eq!(compute_header("X-Took:s").as_deref(), Ok("x-took (seconds)"));
        assert_eq!(compute_header(" x-took : us ").as_deref(), Ok("x-took (microseconds)"));
        assert_eq!(compute_header("X-Process-Time").as_deref(), Ok("x-process-time (seconds)"));
        assert_eq!(compute_header("x-process-time:ms").as_deref(), Ok("x-process-time (milliseconds)"));
        let refused = compute_header("x-took").expect_err("in which unit?");
        assert!(refused.contains("target.compute_header") && refused.contains("\"x-took:ms\""), "{refused}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_remedy() {
        for (value, told) in
            [("x took:s", "no name of a header"), (":s", "no name"), ("x-took:min", "s, ms, us or ns")]
        {
            let refused = compute_header(value).expect_err(value);
            assert!(refused.contains(told), "{refused}");
        }
        for (value, told) in [
            ("/a/b", "\"/a/b:ms\""),
            ("a/b:ms", "no JSON pointer"),
            ("/a + b:ms", "no JSON pointer"),
            ("/a~b:ms", "no JSON pointer"),
        ] {
            let refused = target(|raw| raw.queue_pointer = Some(value.into())).expect_err(value);
            assert!(refused.contains(told) && refused.contains("target.queue_pointer"), "{refused}");
        }
        let refused = target(|raw| raw.server_times = "triton".into()).expect_err("not known");
        assert!(refused.contains("llama.cpp") && refused.contains("triton"), "{refused}");
    }

    #[test]
    fn off_is_nothing_and_contradicts_what_is_named() {
        let off = target(|raw| raw.server_times = "off".into()).expect("a setting");
        assert_eq!(off, TimeSources::none());
        let both = |raw: &mut RawTarget| {
            (raw.server_times, raw.queue_pointer) = ("off".into(), Some("/q:ms".into()));
        };
        let refused = target(both).expect_err("a contradiction");
        assert!(refused.contains("target.queue_pointer"), "{refused}");
    }

    #[test]
    fn a_time_has_one_place() {
        let refused = target(|raw| {
            raw.compute_header = Some("x-process-time".into());
            raw.compute_pointer = Some("/a:ms".into());
        });
        let refused = refused.expect_err("which of the two?");
        assert!(
            refused.contains("target.compute_header") && refused.contains("target.compute_pointer"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_named_takes_the_place_of_what_its_server_is_known_for() {
        let sources = target(|raw| {
            raw.server_times = "vllm".into();
            raw.compute_pointer = Some("/a + /b:us".into());
        });
        let said: Vec<String> = sources.expect("settings").all().iter().map(ToString::to_string).collect();
        assert_eq!(said[..2], ["/a + /b (microseconds)", "/metrics/queue_time_ms (milliseconds)"]);
        assert_eq!(said[2], "Server-Timing (milliseconds)");
    }
}
