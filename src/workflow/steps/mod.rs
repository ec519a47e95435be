//! The steps that a run consists of; `prove` has their order.

mod calibration;
pub(super) mod expected;
mod ladder;
mod repetition;
pub(super) mod script;
mod single_calls;
pub(super) mod telemetry;

pub(super) use calibration::calibrate;
pub(super) use ladder::climb;
pub(super) use repetition::{Progressed, repetition};
pub(super) use single_calls::{End, single_calls};
