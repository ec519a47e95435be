//! Whether an open file is still what it was.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// Length and time of the last change of an open file. Whoever replaces the file by another one changes nothing for who has it
/// open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Stamp { length: metadata.len(), changed: metadata.modified().ok() })
    }
}
