//! Headers in which the server says how long it queued and computed: those that a scenario names, `Server-Timing`, and those that
//! are known by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::seam::Head;
use super::server_timing;
use super::told_by::ToldBy;
use crate::model::{ServerTimes, TimeKind, TimePlace, TimeSource, TimeSources, TimeUnit};

const SERVER_TIMING: &str = "server-timing";

/// What is read of an answer's headers, and what was found in those so far.
///
/// Most answers have none of these headers, so that a name is first told by its length.
#[derive(Clone, Debug)]
pub struct ServerHeaders {
    sources: TimeSources,
    named: Vec<NamedHeader>,
    /// The ranks of queue, compute and total in `Server-Timing`.
    timing: Option<[u8; TimeKind::ALL.len()]>,
    /// A bit for each length that a name can have.
    lengths: u64,
    /// A bit for each source that has told something.
    used: Arc<AtomicU32>,
}

#[derive(Clone, Debug)]
struct NamedHeader {
    /// In lower case.
    name: String,
    kind: TimeKind,
    unit: TimeUnit,
    rank: u8,
}

impl ServerHeaders {
    /// Reads those of the sources that are headers.
    pub fn new(sources: &TimeSources) -> Self {
        let mut headers = ServerHeaders {
            sources: sources.clone(),
            named: Vec::new(),
            timing: None,
            lengths: 0,
            used: Arc::default(),
        };
        for (rank, source) in (0..u8::MAX).zip(sources.all()) {
            headers.read(rank, source);
        }
        headers
    }

    fn read(&mut self, rank: u8, source: &TimeSource) {
        let name = match &source.from {
            TimePlace::ServerTiming => {
                self.timing.get_or_insert([rank; TimeKind::ALL.len()])[source.kind as usize] = rank;
                SERVER_TIMING
            }
            TimePlace::Header(name) => {
                self.named.push(NamedHeader {
                    name: name.clone(),
                    kind: source.kind,
                    unit: source.unit,
                    rank,
                });
                name
            }
            TimePlace::Pointers(_) => return,
        };
        self.lengths |= bit_of_length(name);
    }

    /// Whether a header may be one of them: a look that costs next to nothing.
    pub(super) fn may_be(&self, header: &str) -> bool {
        self.lengths & bit_of_length(header) != 0
    }

    /// Takes what a header or a trailer says, if it is one of them. What cannot be read is skipped, never an error: a header
    /// of the server's must not fail a request.
    pub(super) fn add(&self, header: &str, value: &[u8], head: &mut Head) {
        if !self.may_be(header) {
            return;
        }
        if let Some(ranks) = self.timing.filter(|_| header.eq_ignore_ascii_case(SERVER_TIMING)) {
            let mut told = ServerTimes::default();
            server_timing::add(value, &mut told, &mut head.items);
            for kind in TimeKind::ALL {
                if let Some(time) = told.of(kind) {
                    head.told_by.take(kind, ranks[kind as usize], time, &mut head.server);
                }
            }
        }
        for named in self.named.iter().filter(|named| named.name.eq_ignore_ascii_case(header)) {
            let time = std::str::from_utf8(value).ok().and_then(|text| named.unit.read(text));
            if let Some(time) = time {
                head.told_by.take(named.kind, named.rank, time, &mut head.server);
            }
        }
    }

    /// Notes where the times of a complete answer came from.
    pub fn note(&self, told_by: ToldBy) {
        let bits = told_by.bits();
        // Threads share this: it is written a few times in a run, not once an answer.
        if bits & !self.used.load(Ordering::Relaxed) != 0 {
            self.used.fetch_or(bits, Ordering::Relaxed);
        }
    }

    /// The sources that have told something so far, in the order in which they count.
    pub fn used(&self) -> Vec<TimeSource> {
        let used = self.used.load(Ordering::Relaxed);
        let ranked = (0..u32::BITS).zip(self.sources.all());
        ranked.filter(|(rank, _)| used & (1 << rank) != 0).map(|(_, source)| source.clone()).collect()
    }
}

/// What is known by name.
impl Default for ServerHeaders {
    fn default() -> Self {
        ServerHeaders::new(&TimeSources::default())
    }
}

/// Names of 63 bytes and more share one bit.
fn bit_of_length(name: &str) -> u64 {
    1 << name.len().min(63)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Micros;

    fn read(headers: &ServerHeaders, answer: &[(&str, &str)]) -> Head {
        let mut head = Head::default();
        answer.iter().for_each(|(name, value)| headers.add(name, value.as_bytes(), &mut head));
        headers.note(head.told_by);
        head
    }

    fn known(answer: &[(&str, &str)]) -> [Option<u64>; 3] {
        let head = read(&ServerHeaders::default(), answer);
        TimeKind::ALL.map(|kind| head.server.of(kind).map(|time| time.0))
    }

    fn named(kind: TimeKind, name: &str, unit: TimeUnit) -> ServerHeaders {
        let from = TimePlace::Header(name.into());
        ServerHeaders::new(&TimeSources::with(vec![TimeSource { kind, from, unit }]))
    }

    #[test]
    fn well_known_headers_need_no_setting() {
        assert_eq!(known(&[("X-Process-Time", "0.1503212")]), [None, None, Some(150_321)]);
        assert_eq!(known(&[("openai-processing-ms", "87")]), [None, Some(87_000), None]);
        let tgi = [("x-queue-time", "12"), ("x-inference-time", "345"), ("x-other", "7")];
        assert_eq!(known(&tgi), [Some(12_000), Some(345_000), None]);
        assert_eq!(known(&[("X-Envoy-Upstream-Service-Time", "61")]), [None, None, Some(61_000)]);
        assert_eq!(known(&[("x-process-timf", "1"), ("x-process-time", "fast")]), [None; 3]);
    }

    #[test]
    fn what_a_scenario_names_counts_first_then_server_timing_wherever_they_stand() {
        let timing = ("server-timing", "queue;dur=1, compute;dur=2, total;dur=4");
        let process = ("x-process-time", "3");
        for answer in [[timing, process], [process, timing]] {
            assert_eq!(known(&answer), [Some(1_000), Some(2_000), Some(4_000)]);
            let millis = named(TimeKind::Compute, "x-process-time", TimeUnit::Millis);
            let told = read(&millis, &answer).server;
            assert_eq!((told.compute, told.total), (Some(Micros(3_000)), Some(Micros(4_000))));
            let used: Vec<String> = millis.used().iter().map(ToString::to_string).collect();
            assert_eq!(
                used,
                [
                    "x-process-time (milliseconds)",
                    "Server-Timing (milliseconds)",
                    "Server-Timing (milliseconds)"
                ]
            );
        }
        let again = known(&[("x-process-time", "1"), ("x-process-time", "2")]);
        assert_eq!(again, [None, None, Some(1_000_000)], "of two the first counts");
        let absent = named(TimeKind::Compute, "x-mine", TimeUnit::Millis);
        assert_eq!(read(&absent, &[process]).server.total, Some(Micros(3_000_000)), "it was not sent");
    }

    #[test]
    fn where_nothing_is_to_be_read_nothing_is() {
        let off = ServerHeaders::new(&TimeSources::none());
        let head = read(&off, &[("server-timing", "compute;dur=2, item;dur=1"), ("x-process-time", "1")]);
        assert_eq!((head.server, head.items.len(), off.used().len()), (ServerTimes::default(), 0, 0));
    }

    proptest! {
        #[test]
        fn nothing_a_server_sends_can_panic(
            name in prop_oneof!["[a-zA-Z-]{0,80}", Just("X-Process-Time".to_string()), Just("Server-Timing".into())],
            value in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let (headers, mut head) = (ServerHeaders::default(), Head::default());
            headers.add(&name, &value, &mut head);
        }
    }
}
