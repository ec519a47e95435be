//! The answers that `answers.jsonl` has kept, by their digests.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::Digest;
use crate::model::run_files::ANSWERS;
use crate::runlog::Results;

/// A line of the file.
#[derive(Deserialize)]
struct KeptLine {
    digest: String,
    answer: Box<RawValue>,
}

/// Those that are wanted, as JSON. A file that is not there or not whole has none.
pub(in crate::workflow) fn kept(
    results: &Results,
    wanted: &HashSet<Digest>,
) -> HashMap<Digest, Box<RawValue>> {
    let Ok(file) = results.read(ANSWERS) else { return HashMap::new() };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let answer = |line: Vec<u8>| {
        let kept: KeptLine = serde_json::from_str(&String::from_utf8_lossy(&line)).ok()?;
        let digest = kept.digest.parse().ok()?;
        wanted.contains(&digest).then_some((digest, kept.answer))
    };
    lines.filter_map(answer).collect()
}
