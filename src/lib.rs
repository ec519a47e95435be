//! Measures the same load before and after a client-side optimisation and proves what it bought.
//!
//! # Layout
//! Data flows one way: `scenario → plan → transport → client → engine → runlog → analyze → report`.
//!
//! - [`model`]: the nouns that all share; [`stats`]: statistics that know no load test; [`host`]: what this machine
//!   provides
//! - [`scenario`]: TOML and flags → validated settings
//! - [`plan`]: what is sent, a pure function of (seed, sequence)
//! - [`transport`]: what moves the bytes and marks the stages
//! - [`stream`]: answers that come as streams: bytes → events → tokens, with their instants
//! - [`client`]: how a client uses connections and batches
//! - [`engine`]: one loop that runs a repetition
//! - [`runlog`]: logs, answers, manifest
//! - [`telemetry`]: a bounded tap on the same samples: spans over OTLP, metrics for Prometheus
//! - [`analyze`]: from logs to a judgement, pure functions
//! - [`report`]: what people and programs read
//! - [`baseline`]: runs the given load test as it is
//! - [`mock`]: the server under load; met only over HTTP
//! - [`workflow`]: prove, load, compare, export: the room that knows every other; [`cli`]: its command line

pub mod analyze;
pub mod baseline;
pub mod cli;
pub mod client;
pub mod engine;
pub mod host;
pub mod mock;
pub mod model;
pub mod plan;
pub mod report;
pub mod runlog;
pub mod scenario;
pub mod stats;
pub mod stream;
pub mod telemetry;
pub mod transport;
pub mod workflow;
