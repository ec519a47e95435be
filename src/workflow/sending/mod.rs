//! What sends: a run on its way, and how one repetition of a part of it goes.

pub(super) mod conditions;
mod connecting;
mod destination;
mod environment;
mod health;
mod idle_bodies;
mod measurement;
mod mix;
mod part_load;
pub(super) mod plans;
mod probing;
mod recordings;
mod run;
mod runner;
mod server;
pub(super) mod telemetry;
mod transports;

pub(super) use idle_bodies::IdleBodies;
pub(super) use part_load::{PartLoad, Shown, patience};
pub(super) use recordings::Recordings;
pub(super) use run::Run;
pub(super) use runner::{Ready, Runner};
pub(super) use server::Session;
