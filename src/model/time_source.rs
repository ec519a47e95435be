//! Where a server says a time of its own, and in which unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TimeUnit;

/// Which time of its own a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeKind {
    /// Waiting for a replica.
    Queue,
    /// Computing.
    Compute,
    /// All that it took, which does not say how much of it was queue and how much compute.
    Total,
}

impl TimeKind {
    /// All of them.
    pub const ALL: [TimeKind; 3] = [TimeKind::Queue, TimeKind::Compute, TimeKind::Total];

    /// The word in files and keys.
    pub const fn name(self) -> &'static str {
        match self {
            TimeKind::Queue => "queue",
            TimeKind::Compute => "compute",
            TimeKind::Total => "total",
        }
    }
}

/// In which part of an answer a time stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimePlace {
    /// `Server-Timing`, in the head or in a trailer.
    ServerTiming,
    /// A header, by its name in lower case.
    Header(String),
    /// One place in the JSON of the body, or several whose sum it is (RFC 6901).
    Pointers(Vec<String>),
}

/// Where a server says one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSource {
    /// Which time.
    #[serde(rename = "time")]
    pub kind: TimeKind,
    /// Where.
    pub from: TimePlace,
    /// In which unit, where the value itself has none.
    pub unit: TimeUnit,
}

impl TimeSource {
    /// The setting that reads it in another unit; `None` where the unit is no matter of settings.
    pub fn setting_in(&self, unit: TimeUnit) -> Option<String> {
        let kind = self.kind.name();
        let symbol = unit.symbol();
        match (&self.from, self.kind) {
            (TimePlace::ServerTiming, _) | (_, TimeKind::Total) => None,
            (TimePlace::Header(name), _) => Some(format!("target.{kind}_header = \"{name}:{symbol}\"")),
            (TimePlace::Pointers(places), _) => {
                Some(format!("target.{kind}_pointer = \"{}:{symbol}\"", places.join(" + ")))
            }
        }
    }
}

/// `x-process-time (seconds)`.
impl fmt::Display for TimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            TimePlace::ServerTiming => write!(f, "Server-Timing ({})", self.unit),
            TimePlace::Header(name) => write!(f, "{name} ({})", self.unit),
            TimePlace::Pointers(places) => write!(f, "{} ({})", places.join(" + "), self.unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_said_in_words_and_as_a_setting() {
        let header = |kind| TimeSource {
            kind,
            from: TimePlace::Header("x-process-time".into()),
            unit: TimeUnit::Millis,
        };
        let compute = header(TimeKind::Compute);
        assert_eq!(compute.to_string(), "x-process-time (milliseconds)");
        let setting = compute.setting_in(TimeUnit::Seconds);
        assert_eq!(setting.as_deref(), Some("target.compute_header = \"x-process-time:s\""));
        assert_eq!(header(TimeKind::Total).setting_in(TimeUnit::Seconds), None, "there is no such key");
        let sum = TimePlace::Pointers(vec!["/a/b".into(), "/c".into()]);
        let sum = TimeSource { kind: TimeKind::Queue, from: sum, unit: TimeUnit::Millis };
        assert_eq!(
            sum.setting_in(TimeUnit::Micros).as_deref(),
            Some("target.queue_pointer = \"/a/b + /c:us\"")
        );
        let json = serde_json::to_string(&sum).expect("plain data");
        assert_eq!(json, r#"{"time":"queue","from":{"pointers":["/a/b","/c"]},"unit":"ms"}"#);
        assert_eq!(serde_json::from_str::<TimeSource>(&json).expect("as written"), sum);
    }
}
