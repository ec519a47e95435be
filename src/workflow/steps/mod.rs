//! The steps that a run consists of; `prove` has their order.

pub(super) mod before_log;
mod calibration;
pub(super) mod expected;
mod judge;
mod ladder;
mod progressed;
mod repetition;
pub(super) mod script;
mod single_calls;
pub(super) mod telemetry;
pub(super) mod warmup;

pub(super) use calibration::calibrate;
pub(super) use judge::judge;
pub(super) use ladder::climb;
pub(super) use progressed::Progressed;
pub(super) use repetition::repetition;
pub(super) use single_calls::{End, single_calls};

/// Bodies that the calls to the idle server need in all.
pub(super) fn idle_bodies(settings: &crate::scenario::Settings) -> u64 {
    calibration::bodies(settings.after.batch) + single_calls::bodies(settings.repetitions)
}
