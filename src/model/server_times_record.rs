//! Where the times came from that the server said of itself, as the manifest has it.

use serde::{Deserialize, Serialize};

use super::TimeSource;

/// The sources of a run's server times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTimesRecord {
    /// Those that told something, in the order in which they were first met.
    pub sources: Vec<TimeSource>,
    /// Answers whose body was to be read for them and of which no copy was kept.
    #[serde(default)]
    pub unread: u64,
}

impl ServerTimesRecord {
    /// Adds what a repetition used; what it is new to is the answer.
    pub fn add(&mut self, used: Vec<TimeSource>, unread: u64) -> Vec<TimeSource> {
        self.unread += unread;
        let new: Vec<_> = used.into_iter().filter(|source| !self.sources.contains(source)).collect();
        self.sources.extend(new.iter().cloned());
        new
    }

    /// For people: each place once, as `x-process-time (seconds)`.
    pub fn words(sources: &[TimeSource]) -> String {
        let mut words: Vec<String> = Vec::new();
        for source in sources.iter().map(ToString::to_string) {
            if !words.contains(&source) {
                words.push(source);
            }
        }
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TimeKind, TimePlace, TimeUnit};

    #[test]
    fn each_source_is_noted_once() {
        let timing = |kind| TimeSource { kind, from: TimePlace::ServerTiming, unit: TimeUnit::Millis };
        let mut record = ServerTimesRecord::default();
        assert_eq!(record.add(vec![timing(TimeKind::Queue)], 1).len(), 1);
        let both = vec![timing(TimeKind::Queue), timing(TimeKind::Compute)];
        assert_eq!(record.add(both, 2), [timing(TimeKind::Compute)]);
        assert_eq!((record.sources.len(), record.unread), (2, 3));
        assert_eq!(ServerTimesRecord::words(&record.sources), "Server-Timing (milliseconds)");
    }
}
