//! Checksums of the logs of a run once they are closed. A length and a CRC-32 cost a second for gigabytes, where a SHA-256
//! would cost as much as the whole analysis.

use std::io::{self, BufRead, BufReader};

use flate2::Crc;

use super::results::Results;
use crate::model::{LogSum, run_files};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// What a log comes to now.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn log_sum(results: &Results, name: &str) -> io::Result<LogSum> {
    let mut file = BufReader::with_capacity(PIECE, results.read(name)?);
    let (mut crc, mut bytes) = (Crc::new(), 0);
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(LogSum { bytes, crc32: format!("{:08x}", crc.sum()) });
        }
        crc.update(piece);
        let length = piece.len();
        bytes += length as u64;
        file.consume(length);
    }
}

/// The logs in the folder of a run whose parts have all been sent, by their names, each with what it comes to.
pub fn log_sums(results: &Results) -> Vec<(String, io::Result<LogSum>)> {
    let entries = results.folder().read_dir().into_iter().flatten().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| run_files::is_log(name)).collect();
    names.sort_unstable();
    let sum = |name: String| {
        let sum = log_sum(results, &name);
        (name, sum)
    };
    names.into_iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_that_gzip_writes_and_one_byte_changes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let results = Results::open(folder.path());
        let write =
            |name: &str, bytes: &[u8]| std::fs::write(results.path(name), bytes).expect("the disk has room");
        // The check value of this CRC.
        write(run_files::BEFORE, b"123456789");
        let known = LogSum { bytes: 9, crc32: "cbf43926".into() };
        assert_eq!(log_sum(&results, run_files::BEFORE).expect("it is there"), known);
        write(run_files::AFTER, b"123456788");
        assert_ne!(log_sum(&results, run_files::AFTER).expect("it is there"), known);
        for other in [run_files::MANIFEST, run_files::COMPARISON_TABLE, run_files::SCRIPT_OUTPUT, "mine.csv"]
        {
            write(other, b"x");
        }
        write("truth_before-1.csv", &vec![b'x'; 2 * PIECE + 1]);
        let sums: Vec<_> =
            log_sums(&results).into_iter().map(|(name, sum)| (name, sum.expect("readable").bytes)).collect();
        let expected = [("after.csv", 9), ("before.csv", 9), ("truth_before-1.csv", 2 * PIECE as u64 + 1)];
        assert_eq!(sums, expected.map(|(name, bytes)| (name.to_string(), bytes)));
        assert!(
            log_sum(&results, run_files::WARMUP).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        );
    }
}
