//! Measures the same load before and after a client-side optimisation and proves what it bought.
//!
//! # Layout
//! In the order in which data flows.
pub mod mock;
