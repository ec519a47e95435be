//! A file of rows that is not held in memory: an index says where every few kilobytes a row begins, and a row is read when
//! its request is due. The pages of the file are the kernel's to keep, which reads ahead where rows are taken in order.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::encoding::{behind_mark, foreign};
use super::payload_error::{PayloadError, PlanLost};
use super::row_format::{FoundRow, RowFormat, RowText};
use super::stamp::Stamp;
use crate::host::regular;

/// Bytes between two entries of the index: as many are read for a row, and 4 MB of index are enough for a gigabyte.
const BLOCK: u64 = 4 << 10;
/// A body shares the memory of its block where it is at least this part of it: more would be kept for it than it needs.
const SHARED: usize = 4;

/// A file that was opened, as it was then.
#[derive(Debug)]
pub(super) struct RowFile {
    key: &'static str,
    path: PathBuf,
    format: RowFormat,
    file: File,
    stamp: Stamp,
    rows: u64,
    index: Vec<BlockStart>,
    /// The last rows that were read: those of the next requests too, where rows are taken in order.
    recent: Mutex<Arc<Block>>,
}

#[derive(Clone, Copy, Debug)]
struct BlockStart {
    row: u64,
    offset: u64,
}

/// A few rows in memory.
#[derive(Debug, Default)]
struct Block {
    first: u64,
    text: Bytes,
    /// Where each row begins.
    starts: Vec<usize>,
}

impl RowFile {
    /// Opens a file; its rows are not known yet.
    pub(super) fn open(key: &'static str, path: &Path, format: RowFormat) -> Result<Self, PayloadError> {
        let cannot = |error| {
            PayloadError::file(
                key,
                path,
                format!("cannot be read: {error}; give a file with {}", format.needs()),
            )
        };
        let file = regular::open(path).map_err(cannot)?;
        let stamp = Stamp::of(&file).map_err(cannot)?;
        let (path, recent) = (path.to_path_buf(), Mutex::default());
        Ok(RowFile { key, path, format, file, stamp, rows: 0, index: Vec::new(), recent })
    }

    /// The first row, which of a CSV is its header.
    pub(super) fn first<T>(
        &self,
        read: impl Fn(RowText<'_>) -> Result<T, String>,
    ) -> Result<T, PayloadError> {
        let mut first = None;
        let stopped = self.scan(false, |row| {
            first = Some(read(row.text)?);
            Err(String::new())
        });
        match first {
            Some(first) => Ok(first),
            None => stopped.and_then(|()| Err(self.empty())),
        }
    }

    /// Reads the whole file once: checks each row and notes where they begin.
    pub(super) fn index(
        mut self,
        check: impl Fn(&RowText<'_>) -> Result<(), String>,
    ) -> Result<Self, PayloadError> {
        let (mut index, mut rows) = (Vec::<BlockStart>::new(), 0);
        let mut header = self.format == RowFormat::Csv;
        self.scan(true, |FoundRow { start, text, .. }| {
            if std::mem::take(&mut header) {
                return Ok(());
            }
            check(&text)?;
            if index.last().is_none_or(|last| start - last.offset >= BLOCK) {
                index.push(BlockStart { row: rows, offset: start });
            }
            rows += 1;
            Ok(())
        })?;
        if rows == 0 {
            return Err(self.empty());
        }
        index.shrink_to_fit();
        (self.index, self.rows) = (index, rows);
        Ok(self)
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The text of one row, counted from 0, with line breaks around it.
    pub(super) fn row(&self, row: u64) -> Result<Bytes, PlanLost> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let block = Arc::clone(&recent());
        if let Some(text) = block.row(row) {
            return Ok(text);
        }
        let block = Arc::new(self.block(row)?);
        *recent() = Arc::clone(&block);
        block.row(row).ok_or_else(|| self.lost("has other rows than it had".into()))
    }

    fn block(&self, row: u64) -> Result<Block, PlanLost> {
        let place = self.index.partition_point(|entry| entry.row <= row).saturating_sub(1);
        let BlockStart { row: first, offset } = self.index[place];
        let end = self.index.get(place + 1).map_or(self.stamp.length, |next| next.offset);
        let mut text = vec![0; (end - offset) as usize];
        let read = self.file.read_exact_at(&mut text, offset);
        let now = Stamp::of(&self.file);
        // Behind the read: so that what was read is what was there before a change.
        if now.as_ref().is_ok_and(|now| *now != self.stamp) {
            return Err(self.lost("was changed".into()));
        }
        read.and(now.map(drop)).map_err(|error| self.lost(format!("could not be read: {error}")))?;
        let mut starts = Vec::new();
        let scanned = self.format.scan(&text[..], false, |found| {
            starts.push(found.start as usize);
            Ok(())
        });
        scanned.map_err(|(_, problem)| self.lost(problem))?;
        Ok(Block { first, text: text.into(), starts })
    }

    fn scan(
        &self,
        strict: bool,
        mut each: impl FnMut(FoundRow<'_>) -> Result<(), String>,
    ) -> Result<(), PayloadError> {
        let cannot = |error| PayloadError::file(self.key, &self.path, format!("cannot be read: {error}"));
        let mut head = [0; 3];
        let read = self.file.read_at(&mut head, 0).map_err(cannot)?;
        let base = behind_mark(&head[..read]) as u64;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(base)).map_err(cannot)?;
        let scanned = self.format.scan(file, strict, |row| {
            let encoding = match &row.text {
                RowText::Json(line) => foreign(line),
                RowText::Csv(record) => foreign(record.as_slice()),
            };
            match encoding {
                Some(encoding) => Err(format!("is {encoding}; save the file as UTF-8")),
                None => each(FoundRow { start: row.start + base, ..row }),
            }
        });
        scanned.map_err(|(line, problem)| PayloadError::line(self.key, &self.path, line, problem))
    }

    fn empty(&self) -> PayloadError {
        PayloadError::file(self.key, &self.path, format!("is empty; it needs {}", self.format.needs()))
    }

    pub(super) fn lost(&self, problem: String) -> PlanLost {
        PlanLost::new(self.key, &self.path, problem)
    }
}

impl Block {
    fn row(&self, row: u64) -> Option<Bytes> {
        let place = usize::try_from(row.checked_sub(self.first)?).ok()?;
        let start = *self.starts.get(place)?;
        let end = self.starts.get(place + 1).copied().unwrap_or(self.text.len());
        let row = &self.text[start..end];
        let shares = row.len() * SHARED >= self.text.len();
        Some(if shares { self.text.slice_ref(row) } else { Bytes::copy_from_slice(row) })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::plan::row_format::cells;

    fn file(text: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(text).expect("it can be written");
        file
    }

    fn indexed(path: &Path, format: RowFormat) -> RowFile {
        let opened = RowFile::open("load.payloads", path, format).expect("it is there");
        opened.index(|_| Ok(())).expect("a good file")
    }

    #[test]
    fn each_row_of_many_blocks_is_found_in_any_order() {
        let lines: Vec<String> = (0..3_000).map(|n| format!("[{n},\"{}\"]", "x".repeat(n % 97))).collect();
        let file = file(format!("\u{feff}{}\n\n", lines.join("\r\n\n ")).as_bytes());
        let rows = indexed(file.path(), RowFormat::Json);
        assert!(rows.rows() == 3_000 && rows.index.len() > 30, "{} blocks", rows.index.len());
        for row in (0..3_000).chain((0..3_000).rev()).chain((0..3_000).map(|n| n * 1_009 % 3_000)) {
            let text = rows.row(row).expect("it is there");
            assert_eq!(text.trim_ascii(), lines[row as usize].as_bytes(), "row {row}");
        }
    }

    #[test]
    fn records_of_several_lines_are_found_too() {
        let mut text = "\u{feff}n,text\n".to_string();
        (0..2_000).for_each(|n| text.push_str(&format!("{n},\"line {n}\n\"\"and\"\" another\"\n")));
        let file = file(text.as_bytes());
        let rows = indexed(file.path(), RowFormat::Csv);
        for row in (0..2_000).rev().chain(0..2_000) {
            let record = cells(&rows.row(row).expect("it is there")).expect("a record");
            assert_eq!(record.get(0), Some(row.to_string().as_bytes()));
            assert_eq!(record.get(1), Some(format!("line {row}\n\"and\" another").as_bytes()));
        }
    }

    #[test]
    fn a_small_body_keeps_no_block_alive() {
        let small = format!("{}\n", "[1]\n".repeat(2_000));
        let long = format!("\"{}\"\n", "x".repeat(20_000));
        let file = file(format!("{small}{long}").as_bytes());
        let rows = indexed(file.path(), RowFormat::Json);
        let recent = || Arc::clone(&rows.recent.lock().expect("nobody panicked")).text.as_ptr_range();
        let one = rows.row(0).expect("it is there");
        assert!(!recent().contains(&one.as_ptr()), "copied");
        let one = rows.row(2_000).expect("it is there");
        assert!(recent().contains(&one.as_ptr()), "20 kB are not copied");
    }

    #[test]
    fn a_file_that_changes_is_named() {
        let mut file = file(&b"[1]\n".repeat(3_000));
        let rows = indexed(file.path(), RowFormat::Json);
        assert!(rows.row(0).is_ok());
        file.write_all(b"[2]\n").expect("it can be written");
        let error = rows.row(2_999).expect_err("it was changed").to_string();
        let path = file.path().display().to_string();
        assert!(
            error.contains("load.payloads") && error.contains(&path) && error.contains("was changed"),
            "{error}"
        );
        file.as_file().set_len(100).expect("it can be cut");
        assert!(rows.row(1_500).expect_err("it was cut").to_string().contains("was changed"));
    }

    #[test]
    fn a_file_that_is_replaced_is_read_as_it_was() {
        let file = file(&b"[1]\n".repeat(3_000));
        let rows = indexed(file.path(), RowFormat::Json);
        let other = tempfile::NamedTempFile::new_in(file.path().parent().expect("a folder")).expect("a file");
        std::fs::rename(other.path(), file.path()).expect("renamed");
        assert_eq!(rows.row(2_000).expect("the open file is the old one"), "[1]\n");
    }
}
