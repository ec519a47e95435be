//! Writes samples as rows.

use std::fmt::Display;
use std::io::Write;

use csv::ByteRecord;

use super::COLUMNS;
use crate::clock::{Micros, Moment};
use crate::sample::{ErrorWord, Sample, Stage};

/// A log that is being written: for one run and one phase, repetition after repetition.
pub struct LogWriter<W: Write> {
    csv: csv::Writer<W>,
    run_id: String,
    part: String,
    row: ByteRecord,
    text: Vec<u8>,
}

impl<W: Write> LogWriter<W> {
    /// Starts a log with its header. `part` is the phase's name.
    pub fn new(sink: W, run_id: &str, part: &str) -> Result<Self, csv::Error> {
        let mut csv = csv::Writer::from_writer(sink);
        csv.write_record(COLUMNS)?;
        Ok(LogWriter {
            csv,
            run_id: run_id.into(),
            part: part.into(),
            row: ByteRecord::new(),
            text: Vec::new(),
        })
    }

    /// Appends one row.
    pub fn write(&mut self, repetition: u32, sample: &Sample) -> Result<(), csv::Error> {
        self.row.clear();
        self.row.push_field(self.run_id.as_bytes());
        self.row.push_field(self.part.as_bytes());
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
        self.push(sample.error.map(ErrorWord::name));
        self.push(Some(sample.bytes_sent));
        self.push(Some(sample.bytes_received));
        self.push(sample.answer_digest);
        self.push(sample.server.item);
        debug_assert_eq!(self.row.len(), COLUMNS.len());
        self.csv.write_byte_record(&self.row)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.csv.flush()
    }

    /// The sink, flushed.
    pub fn into_inner(self) -> anyhow::Result<W> {
        self.csv.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))
    }

    fn push_times(&mut self, sample: &Sample) {
        for stage in Stage::ALL {
            self.push(sample.stages.get(stage));
        }
        let sent: Option<Micros> = (sample.error != Some(ErrorWord::Unsent)).then(|| sample.stages.latency());
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

    fn push(&mut self, value: Option<impl Display>) {
        self.text.clear();
        if let Some(value) = value {
            write!(self.text, "{value}").expect("memory takes it");
        }
        self.row.push_field(&self.text);
    }
}
