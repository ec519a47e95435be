//! Writes samples as rows.

use std::io::Write;

use super::COLUMNS;
use crate::model::text::Text;
use crate::model::{AnswerDigest, HttpVersion, Peer, Sample, Stage, Stages};
use crate::model::{Micros, Moment};

/// So many bytes of rows are handed on without being asked for: a chunk of rows stays below.
const FULL: usize = 128 << 10;

/// A log that is being written: for one run and one phase, repetition after repetition.
///
/// A row is put together here: a library's way from figures to fields was a quarter of what the client did in user space
/// for a request. What may need quotes is written by the library, once.
pub struct LogWriter<W: Write> {
    sink: W,
    /// The fields with which each row begins.
    head: Vec<u8>,
    /// What the sink has not got yet. Rows are put together in here: a buffered writer would copy each once more.
    rows: Vec<u8>,
    /// The peer of the last row that had one, as text.
    peer: Option<(Peer, String)>,
}

impl<W: Write> LogWriter<W> {
    /// Starts a log with its header. `part` is the phase's name.
    pub fn new(sink: W, run_id: &str, part: &str) -> std::io::Result<Self> {
        let mut head = line(&[run_id, part])?;
        head.pop();
        Ok(LogWriter { sink, head, rows: line(&COLUMNS)?, peer: None })
    }

    /// Appends one row.
    pub fn write(&mut self, repetition: u32, sample: &Sample) -> std::io::Result<()> {
        self.write_known(repetition, sample, [Some(sample.bytes_sent), Some(sample.bytes_received)])
    }

    /// The same of a sample whose bytes somebody else has counted, or nobody.
    pub fn write_known(
        &mut self,
        repetition: u32,
        sample: &Sample,
        bytes: [Option<u64>; 2],
    ) -> std::io::Result<()> {
        self.rows.extend_from_slice(&self.head);
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
        bytes.into_iter().for_each(|bytes| self.push(bytes));
        self.push(sample.answer_digest.map(AnswerDigest::digest));
        self.push(sample.server.item);
        self.push(sample.answer_digest.map(AnswerDigest::is_copied));
        self.push_way(sample);
        self.push(sample.server.total);
        self.push(sample.bytes_decoded);
        self.push_quoted(sample.endpoint.as_deref().unwrap_or_default());
        self.rows.push(b'\n');
        if self.rows.len() >= FULL { self.hand_on() } else { Ok(()) }
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.hand_on()?;
        self.sink.flush()
    }

    /// Where the rows go.
    pub fn sink(&self) -> &W {
        &self.sink
    }

    /// The sink, flushed.
    pub fn into_inner(mut self) -> std::io::Result<W> {
        self.flush()?;
        Ok(self.sink)
    }

    fn hand_on(&mut self) -> std::io::Result<()> {
        self.sink.write_all(&self.rows)?;
        self.rows.clear();
        Ok(())
    }

    fn push_times(&mut self, sample: &Sample) {
        for stage in Stage::ALL {
            self.push(sample.stages.get(stage));
        }
        // Without a stage it was not sent, or nobody knows how long it took.
        let sent: Option<Micros> = (sample.stages != Stages::default()).then(|| sample.stages.latency());
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

    /// Where the connection goes, and how.
    fn push_way(&mut self, sample: &Sample) {
        let connection = sample.connection;
        self.rows.push(b',');
        if let Some(peer) = connection.and_then(|connection| connection.peer) {
            self.push_peer(peer);
        }
        let tls = connection.and_then(|connection| connection.tls);
        self.push(connection.and_then(|connection| connection.http).map(HttpVersion::name));
        self.push(tls.map(|tls| tls.version.name()));
        self.push(tls.map(|tls| tls.resumed));
    }

    /// Nearly always the same as in the row before.
    fn push_peer(&mut self, peer: Peer) {
        if self.peer.as_ref().is_none_or(|(last, _)| *last != peer) {
            self.peer = Some((peer, peer.to_string()));
        }
        let text = self.peer.as_ref().map_or("", |(_, text)| text);
        self.rows.extend_from_slice(text.as_bytes());
    }

    /// A text that may need quotes.
    fn push_quoted(&mut self, text: &str) {
        self.rows.push(b',');
        if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            return self.rows.extend_from_slice(text.as_bytes());
        }
        self.rows.push(b'"');
        for byte in text.bytes() {
            self.rows.extend_from_slice(if byte == b'"' { b"\"\"" } else { std::slice::from_ref(&byte) });
        }
        self.rows.push(b'"');
    }

    fn push(&mut self, value: Option<impl Text>) {
        self.rows.push(b',');
        if let Some(value) = value {
            value.put(&mut self.rows);
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
