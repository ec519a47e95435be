//! Writes samples as rows.

use std::io::{BufWriter, Write};

use super::COLUMNS;
use crate::model::text::Text;
use crate::model::{AnswerDigest, ErrorKind, Sample, Stage};
use crate::model::{Micros, Moment};

/// A log that is being written: for one run and one phase, repetition after repetition.
///
/// A row is put together here: a library's way from figures to fields was a quarter of what the client did in user space
/// for a request. What may need quotes is written by the library, once.
pub struct LogWriter<W: Write> {
    sink: BufWriter<W>,
    /// The fields with which each row begins.
    head: Vec<u8>,
    row: Vec<u8>,
}

impl<W: Write> LogWriter<W> {
    /// Starts a log with its header. `part` is the phase's name.
    pub fn new(sink: W, run_id: &str, part: &str) -> std::io::Result<Self> {
        let mut sink = BufWriter::new(sink);
        sink.write_all(&line(&COLUMNS)?)?;
        let mut head = line(&[run_id, part])?;
        head.pop();
        Ok(LogWriter { sink, head, row: Vec::new() })
    }

    /// Appends one row.
    pub fn write(&mut self, repetition: u32, sample: &Sample) -> std::io::Result<()> {
        self.row.clear();
        self.row.extend_from_slice(&self.head);
        self.push(Some(repetition));
        self.push(Some(sample.seq));
        self.push(Some(sample.trace_id));
        self.push(sample.due.map(|due| due.since(Moment::START)));
        self.push_times(sample);
        self.push_connection(sample);
        self.push(sample.batch.map(|batch| batch.id));
        self.push(sample.batch.map(|batch| batch.size));
        self.push(Some(sample.attempts));
        self.push(sample.status);
        self.push(sample.error);
        self.push(Some(sample.bytes_sent));
        self.push(Some(sample.bytes_received));
        self.push(sample.answer_digest.map(AnswerDigest::digest));
        self.push(sample.server.item);
        self.push(sample.answer_digest.map(AnswerDigest::is_copied));
        self.row.push(b'\n');
        self.sink.write_all(&self.row)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }

    /// The sink, flushed.
    pub fn into_inner(self) -> std::io::Result<W> {
        self.sink.into_inner().map_err(std::io::IntoInnerError::into_error)
    }

    fn push_times(&mut self, sample: &Sample) {
        for stage in Stage::ALL {
            self.push(sample.stages.get(stage));
        }
        let sent: Option<Micros> = (sample.error != Some(ErrorKind::Unsent)).then(|| sample.stages.latency());
        self.push(sample.stages.ttfb());
        self.push(sent);
        self.push(sample.server.queue);
        self.push(sample.server.compute);
    }

    fn push_connection(&mut self, sample: &Sample) {
        self.push(sample.connection.map(|connection| connection.id));
        self.push(sample.connection.map(|connection| connection.reused));
        self.push(sample.connection.and_then(|connection| connection.syn_retransmits));
        self.push(sample.retransmits);
    }

    fn push(&mut self, value: Option<impl Text>) {
        self.row.push(b',');
        if let Some(value) = value {
            value.put(&mut self.row);
        }
    }
}

/// A line of CSV with its end.
fn line(fields: &[&str]) -> std::io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(fields)?;
    csv.into_inner().map_err(csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TraceId;

    #[test]
    fn what_needs_quotes_has_them_in_every_row() {
        let mut log = LogWriter::new(Vec::new(), "a,\"b", "before").expect("memory takes it");
        (0..2).for_each(|seq| log.write(1, &Sample::unsent(seq, TraceId(7), None)).expect("memory takes it"));
        let text = String::from_utf8(log.into_inner().expect("memory takes it")).expect("text");
        let begins = |(seq, row): (usize, &str)| row.starts_with(&format!("\"a,\"\"b\",before,1,{seq},0000"));
        assert!(text.lines().skip(1).enumerate().all(begins), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
