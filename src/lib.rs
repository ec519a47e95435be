//! Measures the same load before and after a client-side optimisation and proves what it bought.
//!
//! # Layout
//! Data flows one way: `scenario → plan → engine(strategy(transport)) → record → analyze → report`.
//!
//! - leaves, used by all: [`clock`], [`sample`], [`digest`], [`both`], [`caveat`], [`console`], [`cpu`],
//!   [`interrupt`], [`invocation`], [`jaeger`], [`limits`], [`paths`], [`printable`], [`pulse`], [`random`],
//!   [`text`]
//! - [`scenario`]: TOML and flags → validated settings
//! - [`plan`]: what is sent, a pure function of (seed, sequence)
//! - [`transport`]: what moves the bytes and marks the stages
//! - [`strategy`]: how a client uses connections and batches
//! - [`engine`]: one loop that runs a repetition
//! - [`record`]: logs, answers, manifest
//! - [`telemetry`]: a bounded tap on the same samples: spans over OTLP, metrics for Prometheus
//! - [`analyze`]: from logs to a judgement, pure functions
//! - [`report`]: what people and programs read
//! - [`baseline`]: runs the given load test as it is
//! - [`mock`]: the server under load; met only over HTTP
//! - [`prove`]: the whole workflow, the only room that knows every other; [`cli`]: its command line

pub mod analyze;
pub mod baseline;
pub mod both;
pub mod caveat;
pub mod cli;
pub mod clock;
pub mod console;
pub mod cpu;
pub mod digest;
pub mod engine;
pub mod interrupt;
pub mod invocation;
pub mod jaeger;
pub mod limits;
pub mod mock;
pub mod paths;
pub mod plan;
pub mod printable;
pub mod prove;
pub mod pulse;
pub mod random;
pub mod record;
pub mod report;
pub mod sample;
pub mod scenario;
pub mod strategy;
pub mod telemetry;
pub mod text;
pub mod transport;
