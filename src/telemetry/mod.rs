//! Telemetry: a bounded tap on the samples that can lose, counts what it loses, and can neither block nor slow
//! the measurement.
//!
//! # The room, in the order in which a sample passes it
//! - [`names`]: every metric in one table; `buckets`: the bounds of the histograms
//! - `settings`, `otlp`, `otlp_limits`, `otlp_probe`, `headers`, `compression`, `tls`, `unheeded`: what can be set, by scenario, flag and
//!   standard variable
//! - `tap`: takes chunks from the recorder's thread; `collector`: the thread behind it
//! - `leaders`, `sampler`: whose context an exchange carried, and which requests become spans
//! - `registry`, `histogram`, `metrics`, `series`: what `/metrics` shows; `verdict`: what is set at the end
//! - `exposition_format`: in which text format, by what the reader asks for
//! - `server`, `reader`, `scrapes`: who may read it, how long one may take, and who came
//! - `origin`, `ids`, `spans`, `journal`, `logs`: what spans are called, and how they are made
//! - `queue`, `exporter`, `otlp_answer`: bounded, on a thread of its own; created = exported + failed + dropped
//! - `run`: all of it for one run; `replay`: a finished run once more; `serving`: the spans of the embedded
//!   server

mod buckets;
mod collector;
mod compression;
mod env;
mod error;
mod exporter;
mod exposition_format;
mod headers;
mod histogram;
mod ids;
mod journal;
mod leaders;
pub mod logs;
mod metrics;
pub mod names;
mod origin;
mod otlp;
mod otlp_answer;
mod otlp_limits;
mod otlp_probe;
mod queue;
mod reader;
mod registry;
mod replay;
mod run;
mod sampler;
mod scrapes;
mod series;
mod server;
mod serving;
mod settings;
mod spans;
mod tap;
mod tls;
mod unheeded;
mod verdict;

pub use error::TelemetryError;
pub use exporter::{Exporter, SpanTotals};
pub use exposition_format::ExpositionFormat;
pub use logs::LogFormat;
pub use origin::Origin;
pub use queue::{Counts, Queue};
pub use replay::{Replay, Times};
pub use run::{Prepared, Telemetry, Watched};
pub use serving::{Caller, Served, ServerTracer};
pub use settings::TelemetrySettings;
pub use verdict::{LineFigures, VerdictFigures};
