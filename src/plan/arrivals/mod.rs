//! When the requests of an open load are due: a pure function of seed and sequence number, walked through in order, so that
//! a plan of any length takes no more memory than a short one.

mod due_times;
mod error;
mod gaps;
mod rates;
mod trace;
mod trace_lines;

pub use due_times::DueTimes;
pub use error::ArrivalError;

use std::time::Duration;

use due_times::Source;
use trace_lines::TraceFile;

use super::payload_error::PlanLost;
use crate::model::digest::RollingDigest;
use crate::model::{ArrivalProcess, ArrivalRecord, Micros, Moment, TraceRead};

/// Requests of one repetition at most.
const MOST: u64 = 10_000_000;
/// The last of them is due by then.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The due times of a plan.
#[derive(Clone, Debug)]
pub struct PlannedArrivals {
    source: Source,
    record: ArrivalRecord,
    requests: u64,
}

/// What ends them; whichever comes first, or the end of the steps or of the trace.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArrivalsEnd {
    /// After so many.
    pub requests: Option<u64>,
    /// Before this time.
    pub duration: Option<Duration>,
}

impl PlannedArrivals {
    /// Walks through all of them once, so that what cannot be planned is known before anything is sent.
    ///
    /// # Errors
    /// A trace that cannot be used, no arrival at all, or more or later ones than a load may have.
    pub fn new(process: ArrivalProcess, seed: u64, end: ArrivalsEnd) -> Result<Self, ArrivalError> {
        let source = Source::new(&process, seed)?;
        let mut times = source.walk()?;
        let ends_at = Micros::from(end.duration.unwrap_or(Duration::MAX)).0;
        let wanted = end.requests.unwrap_or(u64::MAX);
        let (mut requests, mut first, mut last) = (0, None, Moment::START);
        while requests < wanted
            && let Some(due) = times.try_next()?
            && due.as_micros() < ends_at
        {
            (requests, last) = (requests + 1, due);
            first.get_or_insert(due);
            check(&process, requests, last)?;
        }
        if requests == 0 {
            let (key, problem) = match &process {
                ArrivalProcess::Trace { .. } => ("load.trace", "no arrival in it; it needs one a line"),
                _ => ("load.duration", "no request is due in that time; use a longer one, or a higher rate"),
            };
            return Err(ArrivalError::key(key, problem));
        }
        let read = source.trace().map(|file| {
            let mut digest = RollingDigest::default();
            file.read_all(|piece| digest.add(piece))?;
            let (stamps, largest_group) = times.groups();
            Ok(TraceRead { format: file.format, digest: digest.finish().to_string(), stamps, largest_group })
        });
        let time = last.since(first.unwrap_or_default());
        let offered_rps = ArrivalRecord::rate(requests - 1, time);
        let record =
            ArrivalRecord { process, last_due_us: last.as_micros(), offered_rps, read: read.transpose()? };
        Ok(PlannedArrivals { source, record, requests })
    }

    /// How many they are.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The first so many of them, for a part of a run that is shorter than its phases.
    pub fn first(&self, requests: u64) -> Self {
        PlannedArrivals { requests: self.requests.min(requests), ..self.clone() }
    }

    /// For the manifest.
    pub fn record(&self) -> &ArrivalRecord {
        &self.record
    }

    /// Whether the trace is as it was when it was planned; of other arrivals always.
    ///
    /// # Errors
    /// It was changed: the times since are not those of the plan.
    pub(super) fn whole(&self) -> Result<(), PlanLost> {
        self.source.trace().map_or(Ok(()), TraceFile::whole)
    }

    /// All of them, in order; none where the trace is not what it was.
    pub fn times(&self) -> DueTimes {
        // A trace that could be opened stays open.
        self.source.walk().map(|times| times.take_first(self.requests)).unwrap_or_default()
    }
}

fn check(process: &ArrivalProcess, requests: u64, last: Moment) -> Result<(), ArrivalError> {
    let key = match process {
        ArrivalProcess::Steps { .. } => "load.steps",
        ArrivalProcess::Trace { .. } => "load.trace",
        _ => "load.rate",
    };
    if requests > MOST {
        let problem = format!(
            "more than {MOST} requests in a repetition; give load.requests, or a shorter load.duration"
        );
        return Err(ArrivalError::key(key, problem));
    }
    if last > Moment::START + LONGEST {
        let problem = format!(
            "request {requests} would be due after more than {} days; use a higher rate, or fewer requests",
            LONGEST.as_secs() / 86_400
        );
        return Err(ArrivalError::key(key, problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
