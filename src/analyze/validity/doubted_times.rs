//! Whether what the server says of its own time can be true: it cannot have worked longer for a request than the client waited,
//! and a unit that was misread by a thousand shows at an idle server.

use crate::analyze::observed::{Observation, PhaseData};
use crate::model::{Micros, Phase, ServerTimesRecord, Stage, TimeKind, TimePlace, TimeSource};
use crate::stats::rounded;

/// What two clocks may differ by, and rounding to whole milliseconds.
const CLOCKS: Micros = Micros(2_000);
/// The same of a long time, as one part of so many.
const CLOCKS_PART: u64 = 50;
/// Of so many answers one may say what cannot be.
const ONE_IN: u64 = 20;
/// Calls to the idle server before their median is one.
const CALLS_LEAST: usize = 4;

/// Server times that cannot be true.
#[derive(Clone, Debug, PartialEq)]
pub struct DoubtedTimes {
    /// What shows it.
    pub sign: TimesSign,
    /// Where the times came from.
    pub sources: Vec<TimeSource>,
}

/// What shows that times cannot be true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimesSign {
    /// Answers of a phase say more than the client waited for them.
    TooLong {
        /// In which phase.
        phase: Phase,
        /// Share of the answers that say a time, 0 to 1.
        share: f64,
        /// Of these, told ÷ waited, the median.
        ratio: f64,
    },
    /// Calls to the idle server say next to nothing.
    TooShort {
        /// What they say, the median in milliseconds.
        told_ms: f64,
        /// What they waited beyond a round trip, likewise.
        waited_ms: f64,
    },
}

impl DoubtedTimes {
    /// Looks at both phases, then at the calls to the idle server; the first sign counts.
    pub fn of(phases: [&PhaseData; 2], idle: &[&Observation], sources: &[TimeSource]) -> Option<Self> {
        let phases = Phase::BOTH.into_iter().zip(phases);
        let too_long = phases.into_iter().find_map(|(phase, data)| too_long(phase, data.rows()));
        let (sign, kinds) = too_long.or_else(|| too_short(idle))?;
        let sources = sources.iter().filter(|source| kinds.contains(&source.kind));
        Some(DoubtedTimes { sign, sources: sources.cloned().collect() })
    }

    /// What it is and what to do.
    pub(super) fn message(&self) -> String {
        let words = match self.sources.as_slice() {
            [] => "the server".to_string(),
            sources => ServerTimesRecord::words(sources),
        };
        let what = match self.sign {
            TimesSign::TooLong { phase, share, ratio } => format!(
                "in {:.0} % of the {} phase's answers {words} says more time than the client waited for them, typically {ratio:.1} \
                 times as much, which cannot be",
                share * 100.0,
                phase.name()
            ),
            TimesSign::TooShort { told_ms, waited_ms } => format!(
                "{words} says {told_ms} ms of the {waited_ms} ms that a call to the idle server takes beyond a round trip, {:.0} \
                 times too little, as a wrong unit does",
                waited_ms / told_ms
            ),
        };
        format!(
            "{what}; these times are logged as they were told, but no part of a wait is taken for queue or compute: {}",
            self.remedy()
        )
    }

    fn remedy(&self) -> String {
        let off = "set target.server_times = \"off\"";
        let settings: Vec<String> = self.sources.iter().filter_map(|source| self.setting(source)).collect();
        if !settings.is_empty() {
            return format!("set {} if that is the unit, or {off}", settings.join(" and "));
        }
        match self.sources.first().map(|source| &source.from) {
            Some(TimePlace::ServerTiming) => {
                format!("correct the server, for Server-Timing is in milliseconds, or {off}")
            }
            place => {
                let name = match place {
                    Some(TimePlace::Header(name)) => name,
                    _ => "NAME",
                };
                format!(
                    "correct what the server says, name its unit as in target.compute_header = \"{name}:ms\", or {off}"
                )
            }
        }
    }

    /// The setting that would make it true.
    fn setting(&self, source: &TimeSource) -> Option<String> {
        let times = match self.sign {
            TimesSign::TooLong { ratio, .. } => -thousands(ratio, 0.02, 1.1)?,
            TimesSign::TooShort { told_ms, waited_ms } => thousands(waited_ms / told_ms, 0.9, 4.0)?,
        };
        source.setting_in(source.unit.thousandfold(times)?)
    }
}

/// By how many thousands a ratio is off, where what is left is between these.
fn thousands(ratio: f64, least: f64, most: f64) -> Option<i32> {
    (1..=3).find(|times| (least..=most).contains(&(ratio / 1e3_f64.powi(*times))))
}

/// What a request may at most have taken the server: from its first byte to the answer's last.
fn waited(row: &Observation) -> Micros {
    [Stage::Send, Stage::Wait, Stage::Receive].into_iter().filter_map(|stage| row.stage(stage)).sum()
}

/// What the server says that these together took it.
fn told(row: &Observation, kinds: &[TimeKind]) -> Option<Micros> {
    let times = kinds.iter().filter_map(|kind| row.server_time(*kind));
    times.fold(None, |sum: Option<Micros>, time| Some(sum.unwrap_or_default() + time))
}

/// One time that alone is too long, else queue and compute together.
const SUSPECTS: [&[TimeKind]; 4] =
    [&[TimeKind::Compute], &[TimeKind::Queue], &[TimeKind::Total], &[TimeKind::Queue, TimeKind::Compute]];

fn too_long(phase: Phase, rows: &[Observation]) -> Option<(TimesSign, &'static [TimeKind])> {
    SUSPECTS.into_iter().find_map(|kinds| {
        let successes = rows.iter().filter(|row| row.succeeded());
        let pairs = successes.filter_map(|row| Some((told(row, kinds)?, waited(row))));
        let (mut answers, mut ratios) = (0_u64, Vec::new());
        for (told, waited) in pairs {
            answers += 1;
            if told.0 > waited.0 + CLOCKS.0 + waited.0 / CLOCKS_PART {
                ratios.push(told.0 as f64 / waited.0.max(1) as f64);
            }
        }
        let share = ratios.len() as f64 / answers.max(1) as f64;
        (ratios.len() as u64 * ONE_IN > answers).then(|| {
            let sign = TimesSign::TooLong { phase, share, ratio: rounded(median(ratios), 1) };
            (sign, kinds)
        })
    })
}

/// Only where a wrong unit explains it: a server may be fast, and what stands before it slow.
fn too_short(idle: &[&Observation]) -> Option<(TimesSign, &'static [TimeKind])> {
    let successes = || idle.iter().filter(|row| row.succeeded());
    let handshakes = successes().filter_map(|row| row.stage(Stage::Connect));
    let round_trip = handshakes.min().unwrap_or_default();
    [[TimeKind::Compute].as_slice(), &[TimeKind::Total]].into_iter().find_map(|kinds| {
        let rows = || successes().filter(|row| told(row, kinds).is_some());
        if rows().count() < CALLS_LEAST {
            return None;
        }
        let millis = |time: Micros| time.0 as f64 / 1e3;
        let told_ms = median(rows().filter_map(|row| told(row, kinds)).map(millis).collect());
        let beyond =
            |row: &&Observation| Some(Micros(row.stage(Stage::Wait)?.0.saturating_sub(round_trip.0)));
        let waited_ms = median(rows().filter_map(beyond).map(millis).collect());
        thousands(waited_ms / told_ms, 0.9, 4.0)?;
        let sign = TimesSign::TooShort { told_ms: rounded(told_ms, 3), waited_ms: rounded(waited_ms, 3) };
        Some((sign, kinds))
    })
}

/// Of at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::{phase_of, sample};
    use crate::model::{ConnectionUse, Sample, ServerTimes, TimeUnit};

    fn source(kind: TimeKind, name: &str, unit: TimeUnit) -> TimeSource {
        TimeSource { kind, from: TimePlace::Header(name.into()), unit }
    }

    /// A hundred requests that waited 150 ms each; what the server says of each, queue, compute and total.
    fn phase(says: impl Fn(u64) -> [Option<u64>; 3]) -> PhaseData {
        phase_of(
            100,
            (0..100).map(|seq| {
                let [queue, compute, total] = says(seq).map(|time| time.map(Micros));
                Sample { server: ServerTimes { queue, compute, total, item: None }, ..sample(seq, 150_000) }
            }),
        )
    }

    fn idle(compute: u64, connect: Option<u64>) -> Vec<Observation> {
        let lengths = |wait| [None, None, None, connect, None, None, Some(wait), None];
        let stages = |wait| crate::model::Stages::from_lengths(lengths(wait).map(|one| one.map(Micros)));
        let call = |seq| Sample {
            stages: stages(150_000 + seq),
            connection: Some(ConnectionUse::default()),
            server: ServerTimes { compute: Some(Micros(compute)), ..ServerTimes::default() },
            ..sample(seq, 0)
        };
        (0..8).map(|seq| Observation::new(1, &call(seq))).collect()
    }

    fn found(before: &PhaseData, after: &PhaseData, idle: &[Observation]) -> Option<DoubtedTimes> {
        let sources = [
            source(TimeKind::Compute, "x-process-time", TimeUnit::Millis),
            source(TimeKind::Queue, "x-queue-time", TimeUnit::Seconds),
        ];
        DoubtedTimes::of([before, after], &idle.iter().collect::<Vec<_>>(), &sources)
    }

    #[test]
    fn times_that_fit_into_the_wait_are_believed() {
        let fits = phase(|_| [Some(50_000), Some(100_000), Some(150_000)]);
        let by_the_clocks = phase(|_| [Some(52_000), Some(103_000), Some(155_000)]);
        let now_and_then = phase(|seq| [None, Some(if seq < 5 { 900_000 } else { 1 }), None]);
        for phase in [&fits, &by_the_clocks, &now_and_then] {
            assert_eq!(found(&fits, phase, &idle(149_000, None)), None);
        }
        assert_eq!(found(&fits, &fits, &[]), None);
    }

    #[test]
    fn more_than_the_wait_is_doubted_with_its_unit() {
        let fits = phase(|_| [None, Some(100_000), None]);
        let too_long = phase(|seq| [Some(1), Some(if seq < 6 { 75_000_000 } else { 75 }), None]);
        let doubt = found(&fits, &too_long, &[]).expect("six of a hundred");
        let sign = TimesSign::TooLong { phase: Phase::After, share: 0.06, ratio: 500.0 };
        assert_eq!((doubt.sign, doubt.sources.len()), (sign, 1));
        let message = doubt.message();
        for words in [
            "6 % of the after phase",
            "x-process-time",
            "500.0 times",
            "target.compute_header = \"x-process-time:us\"",
        ] {
            assert!(message.contains(words), "{message}");
        }
        let queue = phase(|_| [Some(150_000_000), Some(1_000), None]);
        let message = found(&queue, &fits, &[]).expect("the queue").message();
        assert!(message.contains("target.queue_header = \"x-queue-time:ms\""), "{message}");
        let sum = phase(|_| [Some(100_000), Some(100_000), None]);
        let doubt = found(&sum, &fits, &[]).expect("the sum");
        assert_eq!(doubt.sources.len(), 2);
        assert!(doubt.message().contains("target.server_times = \"off\""), "{}", doubt.message());
        let total = phase(|_| [None, Some(1), Some(160_000)]);
        assert!(found(&total, &fits, &[]).is_some_and(|doubt| doubt.message().contains("the server says")));
    }

    #[test]
    fn a_thousandth_of_an_idle_servers_time_is_doubted_and_a_fast_server_is_not() {
        let little = phase(|_| [None, Some(150), None]);
        let doubt = found(&little, &little, &idle(150, None)).expect("a thousandth");
        let message = doubt.message();
        for words in ["x-process-time (milliseconds) says 0.15 ms of the 150.004 ms", "\"x-process-time:s\""]
        {
            assert!(message.contains(words), "{message}");
        }
        for told in [7_500, 2_000, 10, 1] {
            assert_eq!(found(&little, &little, &idle(told, None)), None, "no unit is off by that: {told}");
        }
        assert_eq!(found(&little, &little, &idle(150, Some(149_990))), None, "it is the way that takes long");
        assert_eq!(found(&little, &little, &idle(0, None)), None);
    }
}
