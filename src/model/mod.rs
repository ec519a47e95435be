//! The nouns that all rooms share. Nothing here reads a file, a clock or a socket.

mod answer;
mod byte_budget;
mod canonical;
mod caveat;
pub mod digest;
mod error_kind;
pub mod ids;
mod jaeger;
pub mod manifest;
mod moment;
mod phase;
pub mod printable;
mod pulse;
pub mod run_files;
mod sample;
mod sla;
mod stages;
mod strategy;
mod telemetry_record;
pub mod text;

pub use answer::{AnswerBody, AnswerDigest, KeptAnswer};
pub use byte_budget::{ByteBudget, Lease};
pub use canonical::Canonical;
pub use caveat::Caveat;
pub use digest::Digest;
pub use error_kind::ErrorKind;
pub use ids::{TraceId, mix};
pub use jaeger::JaegerUrl;
pub use moment::{Micros, Moment};
pub use phase::Phase;
pub use pulse::Pulse;
pub use sample::{BatchUse, Completed, ConnectionUse, Sample, ServerTimes};
pub use sla::{Limit, METRICS, Metric, SlaLine};
pub use stages::{Stage, Stages, Timeline};
pub use strategy::{Connections, Strategy};
