//! What a run leaves behind: the logs, the answers, what failures said, the manifest.

mod answers;
mod failures;
mod files;
mod log;
mod recorder;
mod results;

pub use answers::Answers;
pub use failures::FailureLog;
pub use files::{write_atomically, write_json};
pub use log::{LogError, LogReader, LogWriter, Row};
pub use recorder::{Live, Recorder, Recording, Tap};
pub use results::Results;
