//! One request before a long run: what will not work is said in one line, with its remedy, before anything is measured.

mod attempt;
mod diagnosis;
mod probed;

pub(super) use attempt::{ProbeRequest, attempt};
pub(super) use diagnosis::{Asked, Diagnosis, diagnose};
pub(super) use probed::Probed;
