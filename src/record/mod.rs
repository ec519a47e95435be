//! What a run leaves behind: the logs, the answers, the manifest.

mod answers;
mod files;
mod log;
mod manifest;
mod recorder;
mod results;

pub use answers::Answers;
pub use files::{write_atomically, write_json};
pub use log::{LogError, LogReader, LogWriter, Row};
pub use manifest::{
    HealthRecord, LadderRecord, Machine, Manifest, PayloadSets, PlanRecord, RepetitionRecord, RungRecord,
    ScriptRecord, SingleCallsRecord, Strategies,
};
pub use recorder::{Live, Recorder, Recording};
pub use results::Results;
