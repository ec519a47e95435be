//! What failures of a finished run said. Nothing depends on it, so that a line that cannot be read is passed over.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use crate::analyze::Doubt;
use crate::model::FailureNote;
use crate::model::run_files::FAILURES;
use crate::runlog::Results;

/// The file is a few hundred kilobytes at most; a longer one is somebody else's.
const LONGEST: u64 = 1 << 20;

/// All notes of a run; none of a run of an earlier version. A file that is there and cannot be read is a doubt.
pub(super) fn read(results: &Results, doubts: &mut Vec<Doubt>) -> Vec<FailureNote> {
    let file = match results.read(FAILURES) {
        Ok(file) => file,
        Err(error) => {
            let problem = format!("{FAILURES} cannot be read: {error}");
            doubts.extend((error.kind() != ErrorKind::NotFound).then_some(Doubt::UnreadLog { problem }));
            return Vec::new();
        }
    };
    let lines = BufReader::new(file.take(LONGEST)).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// Those of one part.
pub(super) fn of_part(notes: &[FailureNote], part: &str) -> Vec<FailureNote> {
    notes.iter().filter(|note| note.part == part).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let results = Results::open(folder.path());
        let mut doubts = Vec::new();
        let mut read = |results| read(results, &mut doubts);
        assert!(read(&results).is_empty(), "an earlier version had no such file");
        let note = FailureNote { part: "after".into(), status: Some(401), ..FailureNote::default() };
        let line = serde_json::to_string(&note).expect("plain data");
        std::fs::write(results.path(FAILURES), format!("{line}\nnot json\n{line}\n{{\"part\":"))
            .expect("room");
        assert_eq!(read(&results), [note.clone(), note]);
        assert_eq!(
            [of_part(&read(&results), "after").len(), of_part(&read(&results), "before").len()],
            [2, 0]
        );
        assert!(doubts.is_empty(), "{doubts:?}");
    }
}
