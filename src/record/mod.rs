//! What a run leaves behind: the logs, the answers, the manifest.

mod answers;
mod files;
mod log;
mod manifest;
mod recorder;
mod results;
mod telemetry;

pub use answers::Answers;
pub use files::{write_atomically, write_json};
pub use log::{LogError, LogReader, LogWriter, Row};
pub use manifest::{
    HealthRecord, LadderRecord, Machine, Manifest, PayloadSets, PlanRecord, RepetitionRecord, RungRecord,
    ScriptRecord, Strategies,
};
pub use recorder::{Live, Recorder, Recording, Tap};
pub use results::Results;
pub use telemetry::{DestinationRecord, SpanRecord, TelemetryRecord};
