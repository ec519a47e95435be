//! What needs a calm machine: figures with intervals, and the goals that they must reach. Not part of `cargo test`;
//! `.ci/measured` runs it with an optimised build, one measurement after the other:
//!
//! `cargo test --release --test measured -- --nocapture --test-threads=1`
#![allow(clippy::disallowed_methods, reason = "it measures from outside")]
#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod busy_core;
mod causes;
#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod curl;
mod ends;
#[path = "../attribution/expected.rs"]
mod expected;
mod figures;
#[cfg(target_os = "linux")]
mod lost_packets;
mod payload_files;
mod prediction;
#[cfg(target_os = "linux")]
mod release;
#[cfg(target_os = "linux")]
#[path = "../sockets/resolver.rs"]
mod resolver;
#[path = "../attribution/shares.rs"]
mod shares;
mod shift;
#[cfg(target_os = "linux")]
mod truth;
