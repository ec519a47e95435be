//! Runs the given load test exactly as it is, against the same server; reads what other tools logged.
//!
//! `load_test` says what is run, `placeholders` what it is told, `run` runs it; `foreign` reads logs.

pub mod foreign;
mod load_test;
mod placeholders;
mod run;

pub use load_test::{LoadTest, NoLoadTest};
pub use placeholders::Brief;
pub use run::{Ended, interpreter, run};
