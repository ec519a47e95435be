//! The rows of a log that were written since it was last read: a search reads each row once, however many measurements it makes.

use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};

use anyhow::Context;

use crate::runlog::LogReader;

/// How far a log was read.
#[derive(Debug, Default)]
pub(super) struct NewRows {
    /// Its first line, once that was read.
    header: Vec<u8>,
    read_to: u64,
}

impl NewRows {
    /// What came since the last call, of a log to which nothing is written meanwhile; `name` stands in errors, whose lines count
    /// from there.
    pub(super) fn of<F: Read + Seek>(
        &mut self,
        mut log: F,
        name: &str,
    ) -> anyhow::Result<LogReader<impl Read + use<F>>> {
        let problem = || format!("cannot read {name}");
        if self.header.is_empty() {
            BufReader::new(&mut log).read_until(b'\n', &mut self.header).with_context(problem)?;
            self.read_to = self.header.len() as u64;
        }
        let end = log.seek(SeekFrom::End(0)).with_context(problem)?;
        log.seek(SeekFrom::Start(self.read_to)).with_context(problem)?;
        let new = log.take(end.saturating_sub(self.read_to));
        self.read_to = end;
        Ok(LogReader::new(Cursor::new(self.header.clone()).chain(new), name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sample, TraceId};
    use crate::runlog::LogWriter;

    #[test]
    fn each_row_is_read_once() {
        let mut writer = LogWriter::new(Vec::new(), "run", "capacity_before").expect("memory takes it");
        for (repetition, seq) in [(1, 0), (1, 1), (2, 0), (3, 0)] {
            writer.write(repetition, &Sample::unsent(seq, TraceId(1), None)).expect("memory takes it");
        }
        let log = writer.into_inner().expect("memory takes it");
        let lines: Vec<&[u8]> = log.split_inclusive(|byte| *byte == b'\n').collect();
        let mut rows = NewRows::default();
        let mut new_of = |lines_so_far: usize| -> Vec<(u32, u64)> {
            let log = Cursor::new(lines[..lines_so_far].concat());
            let reader = rows.of(log, "capacity_before.csv").expect("a log");
            reader.map(|row| row.expect("a good row")).map(|row| (row.repetition, row.sample.seq)).collect()
        };
        assert_eq!([new_of(3), new_of(4), new_of(4)], [vec![(1, 0), (1, 1)], vec![(2, 0)], vec![]]);
        assert_eq!(new_of(5), [(3, 0)]);
    }
}
