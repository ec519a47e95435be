//! One walk through the due times of a plan.

use std::sync::Arc;

use super::error::ArrivalError;
use super::gaps;
use super::rates::Rates;
use super::trace::TraceWalk;
use super::trace_lines::TraceFile;
use crate::model::{ArrivalProcess, Moment};

/// Where due times come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Gaps of this shape, even ones without one, stretched by the rate.
    Rates {
        rates: Arc<Rates>,
        shape: Option<f64>,
        seed: u64,
    },
    Trace {
        file: Arc<TraceFile>,
        scale: f64,
        jitter_us: u64,
        seed: u64,
    },
}

impl Source {
    pub(super) fn new(process: &ArrivalProcess, seed: u64) -> Result<Self, ArrivalError> {
        let constant =
            |rate: f64, shape| Source::Rates { rates: Arc::new(Rates::constant(rate)), shape, seed };
        Ok(match process {
            ArrivalProcess::Constant { rate } => constant(*rate, None),
            ArrivalProcess::Poisson { rate } => constant(*rate, Some(1.0)),
            ArrivalProcess::Gamma { rate, shape } => constant(*rate, Some(*shape)),
            ArrivalProcess::Steps { steps, shape } => {
                Source::Rates { rates: Arc::new(Rates::steps(steps)), shape: *shape, seed }
            }
            ArrivalProcess::Trace { file, scale, jitter_us } => {
                let file = Arc::new(TraceFile::open(file)?);
                Source::Trace { file, scale: *scale, jitter_us: *jitter_us, seed }
            }
        })
    }

    /// From the first one on.
    pub(super) fn walk(&self) -> Result<DueTimes, ArrivalError> {
        let walk = match self {
            Source::Rates { rates, shape, seed } => {
                Walk::Rates { rates: Arc::clone(rates), shape: *shape, seed: *seed, passed: 0.0 }
            }
            Source::Trace { file, scale, jitter_us, seed } => {
                Walk::Trace(Box::new(TraceWalk::start(file, *seed, *scale, *jitter_us)?))
            }
        };
        Ok(DueTimes { walk, seq: 0, left: u64::MAX })
    }

    pub(super) fn trace(&self) -> Option<&TraceFile> {
        match self {
            Source::Rates { .. } => None,
            Source::Trace { file, .. } => Some(file),
        }
    }
}

/// Due times, one after the other, from the first one of the plan.
#[derive(Debug, Default)]
pub struct DueTimes {
    walk: Walk,
    seq: u64,
    left: u64,
}

#[derive(Debug, Default)]
enum Walk {
    #[default]
    Nothing,
    Rates {
        rates: Arc<Rates>,
        shape: Option<f64>,
        seed: u64,
        /// Arrivals that are expected to have come.
        passed: f64,
    },
    Trace(Box<TraceWalk>),
}

impl DueTimes {
    pub(super) fn take_first(self, left: u64) -> Self {
        DueTimes { left, ..self }
    }

    /// The next one, or what is wrong with the trace.
    pub(super) fn try_next(&mut self) -> Result<Option<Moment>, ArrivalError> {
        let seq = self.seq;
        self.seq += 1;
        let micros = match &mut self.walk {
            Walk::Nothing => None,
            Walk::Rates { rates, shape: None, .. } => rates.time(seq as f64).map(|seconds| seconds * 1e6),
            Walk::Rates { rates, shape: Some(shape), seed, passed } => {
                *passed += gaps::gap(*seed, seq, *shape);
                rates.time(*passed).map(|seconds| seconds * 1e6)
            }
            Walk::Trace(walk) => walk.due(seq)?,
        };
        // Rounded once; what is beyond all bounds stays there.
        Ok(micros.map(|micros| Moment::from_micros(micros.round() as u64)))
    }

    /// Of a trace so far: how many different times it had, and how many arrivals the most frequent of them.
    pub(super) fn groups(&self) -> (u64, u64) {
        match &self.walk {
            Walk::Trace(walk) => (walk.stamps, walk.largest_group),
            _ => (0, 0),
        }
    }
}

impl Iterator for DueTimes {
    type Item = Moment;

    fn next(&mut self) -> Option<Moment> {
        self.left = self.left.checked_sub(1)?;
        self.try_next().ok().flatten()
    }
}
