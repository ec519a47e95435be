//! Where the times of one target's server are looked for: what the scenario names, and what is known by name.

use super::{TimeKind, TimePlace, TimeSource, TimeUnit};

/// Headers that are known by name, each with the time that it says and its unit; docs/server_times.md has where each comes from.
const HEADERS: [(&str, TimeKind, TimeUnit); 5] = [
    ("x-queue-time", TimeKind::Queue, TimeUnit::Millis),
    ("x-inference-time", TimeKind::Compute, TimeUnit::Millis),
    ("openai-processing-ms", TimeKind::Compute, TimeUnit::Millis),
    ("x-process-time", TimeKind::Total, TimeUnit::Seconds),
    ("x-envoy-upstream-service-time", TimeKind::Total, TimeUnit::Millis),
];

/// Servers that say their times in the body: read where a scenario names the server.
const SERVERS: [(&str, TimeKind, &[&str], TimeUnit); 3] = [
    ("llama.cpp", TimeKind::Compute, &["/timings/prompt_ms", "/timings/predicted_ms"], TimeUnit::Millis),
    ("vllm", TimeKind::Queue, &["/metrics/queue_time_ms"], TimeUnit::Millis),
    (
        "vllm",
        TimeKind::Compute,
        &["/metrics/time_to_first_token_ms", "/metrics/generation_time_ms"],
        TimeUnit::Millis,
    ),
];

/// The sources in the order in which they count: the place of one is its rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSources(Vec<TimeSource>);

impl TimeSources {
    /// No source at all: nothing that the server says of itself is looked at.
    pub fn none() -> Self {
        TimeSources(Vec::new())
    }

    /// What a scenario names, which counts first; then `Server-Timing`; then the headers that are known by name.
    pub fn with(named: Vec<TimeSource>) -> Self {
        let timing = |kind| TimeSource { kind, from: TimePlace::ServerTiming, unit: TimeUnit::Millis };
        let known = HEADERS.into_iter().map(|(name, kind, unit)| {
            let from = TimePlace::Header(name.into());
            TimeSource { kind, from, unit }
        });
        let mut sources = named;
        for source in TimeKind::ALL.map(timing).into_iter().chain(known) {
            // A header that a scenario names in another unit, or as another time, must not count a second time as usual.
            let header = matches!(source.from, TimePlace::Header(_));
            let again =
                |named: &TimeSource| named.from == source.from && (header || named.kind == source.kind);
            if !sources.iter().any(again) {
                sources.push(source);
            }
        }
        TimeSources(sources)
    }

    /// All, the one that counts first at the start.
    pub fn all(&self) -> &[TimeSource] {
        &self.0
    }

    /// The unit of a header that is known by name.
    pub fn unit_of_header(name: &str) -> Option<TimeUnit> {
        HEADERS.into_iter().find(|(known, ..)| *known == name).map(|(_, _, unit)| unit)
    }

    /// Where a server that is known by name says its times; empty for any other.
    pub fn of_server(name: &str) -> Vec<TimeSource> {
        let of_it = SERVERS.iter().filter(|(server, ..)| *server == name);
        let source = |(_, kind, places, unit): &(&str, TimeKind, &[&str], TimeUnit)| {
            let places = places.iter().map(|place| place.to_string()).collect();
            TimeSource { kind: *kind, from: TimePlace::Pointers(places), unit: *unit }
        };
        of_it.map(source).collect()
    }
}

impl Default for TimeSources {
    fn default() -> Self {
        TimeSources::with(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_counts_first_and_once() {
        let from = TimePlace::Header("x-process-time".into());
        let named = TimeSource { kind: TimeKind::Compute, from: from.clone(), unit: TimeUnit::Millis };
        let sources = TimeSources::with(vec![named.clone()]);
        assert_eq!(sources.all()[0], named);
        assert_eq!(sources.all().iter().filter(|source| source.from == from).count(), 1);
        assert_eq!(sources.all().len(), TimeSources::default().all().len());
        assert_eq!(TimeSources::default().all()[0].from, TimePlace::ServerTiming);
    }

    /// The table of the page is the one of the code.
    #[test]
    fn the_page_has_every_source_with_its_unit() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/server_times.md");
        let page = std::fs::read_to_string(path).expect("the page");
        let rows: Vec<Vec<&str>> =
            page.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        let has = |place: &str, kind: TimeKind, unit: TimeUnit| {
            let place = format!("`{place}`");
            rows.iter().any(|row| row.len() > 3 && row[1..4] == [place.as_str(), kind.name(), unit.symbol()])
        };
        for (name, kind, unit) in HEADERS {
            assert!(has(name, kind, unit), "{name}");
        }
        for (server, kind, places, unit) in SERVERS {
            assert!(has(&places.join(" + "), kind, unit), "{server}: {places:?}");
        }
        let known = rows.iter().filter(|row| row.len() > 3 && row[1].starts_with('`')).count();
        assert_eq!(known, HEADERS.len() + SERVERS.len());
    }
}
