//! What a run leaves behind: the logs, the answers, what failures said, the manifest.

mod answers;
mod body_times;
mod failures;
mod files;
mod json_places;
mod log;
mod log_file;
mod manifest_check;
mod recorder;
mod results;
mod streamed_answer;
mod sums;

pub use answers::Answers;
pub use body_times::BodyTimes;
pub use failures::FailureLog;
pub use files::{write_atomically, write_json};
pub use log::{LogError, LogReader, LogWriter, Row};
pub use log_file::LogFile;
pub use recorder::{EndpointOf, Live, Recorder, Recording, Tap};
pub use results::Results;
pub use sums::{log_sum, log_sums};
