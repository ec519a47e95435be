//! Measures the same load before and after a client-side optimisation and proves what it bought.
//!
//! # Layout
//! Leaves first, then the rooms in the order in which data flows:
//! `scenario → plan → engine(strategy(transport)) → record → analyze → report`.

pub mod caveat;
pub mod clock;
pub mod digest;
pub mod interrupt;
pub mod limits;
pub mod sample;

pub mod analyze;
pub mod engine;
pub mod plan;
pub mod record;
pub mod report;
pub mod scenario;
pub mod strategy;
pub mod transport;

pub mod baseline;
pub mod cli;
pub mod prove;

pub mod mock;
