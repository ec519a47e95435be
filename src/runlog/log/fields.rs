//! What the fields of one row mean, and what must hold between them.
//!
//! Digits are read as the bytes that they are, for that is most of the work on a long log. What does not look as the
//! recorder writes it goes the slower way of `FromStr`, which takes more and says what is wrong.

use std::str::FromStr;

use super::COLUMNS;
use super::endpoint_names::EndpointNames;
use super::record::Record;
use super::row::Row;
use crate::model::{AnswerDigest, BatchUse, ConnectionUse, Sample, ServerTimes, Stages, TlsUse};
use crate::model::{Micros, Moment};

/// The fields of one row by the contract's columns.
pub(super) struct Fields<'a> {
    record: &'a Record,
    places: &'a [usize; COLUMNS.len()],
}

/// Column numbers, so that a row is read without looking names up.
mod column {
    pub const REPETITION: usize = 2;
    pub const SEQ: usize = 3;
    pub const TRACE_ID: usize = 4;
    pub const DUE: usize = 5;
    pub const FIRST_STAGE: usize = 6;
    pub const TTFB: usize = 14;
    pub const LATENCY: usize = 15;
    pub const SERVER_QUEUE: usize = 16;
    pub const SERVER_COMPUTE: usize = 17;
    pub const CONN_ID: usize = 18;
    pub const CONN_REUSED: usize = 19;
    pub const SYN_RETRANSMITS: usize = 20;
    pub const RETRANSMITS: usize = 21;
    pub const BATCH_ID: usize = 22;
    pub const BATCH_SIZE: usize = 23;
    pub const ATTEMPTS: usize = 24;
    pub const STATUS: usize = 25;
    pub const ERROR: usize = 26;
    pub const BYTES_SENT: usize = 27;
    pub const BYTES_RECEIVED: usize = 28;
    pub const ANSWER_DIGEST: usize = 29;
    pub const SERVER_ITEM: usize = 30;
    pub const ANSWER_COPIED: usize = 31;
    pub const PEER: usize = 32;
    pub const HTTP: usize = 33;
    pub const TLS_VERSION: usize = 34;
    pub const TLS_RESUMED: usize = 35;
    pub const SERVER_TOTAL: usize = 36;
    pub const BYTES_DECODED: usize = 37;
    pub const ENDPOINT: usize = 38;
}

impl<'a> Fields<'a> {
    /// Of a record whose columns stand at these places.
    pub(super) fn new(record: &'a Record, places: &'a [usize; COLUMNS.len()]) -> Self {
        Fields { record, places }
    }

    /// The row; else what is wrong with it.
    pub(super) fn row(&self, endpoints: &mut EndpointNames) -> Result<Row, String> {
        let endpoint = self.text(column::ENDPOINT)?;
        // A quote that was lost makes one field of several rows.
        if endpoint.contains(char::is_control) {
            return Err("endpoint holds a line break or another control character".into());
        }
        let sample = Sample { endpoint: endpoints.of(endpoint), ..self.sample()? };
        if let Some(latency) = self.time(column::LATENCY)?
            && latency != sample.stages.latency()
        {
            return Err(format!(
                "the stages sum to {} ms, not to latency_ms {latency}",
                sample.stages.latency()
            ));
        }
        if let Some(ttfb) = self.time(column::TTFB)?
            && sample.stages.ttfb() != Some(ttfb)
        {
            return Err(format!("ttfb_ms is {ttfb}, which is not latency_ms less receive_ms"));
        }
        if let Some(problem) = impossible(&sample) {
            return Err(problem);
        }
        Ok(Row { repetition: self.required_number(column::REPETITION)?, sample })
    }

    fn sample(&self) -> Result<Sample, String> {
        Ok(Sample {
            seq: self.required_number(column::SEQ)?,
            trace_id: self.required(column::TRACE_ID)?,
            due: self.time(column::DUE)?.map(|due| Moment::from_micros(due.0)),
            stages: self.stages()?,
            server: ServerTimes {
                queue: self.time(column::SERVER_QUEUE)?,
                compute: self.time(column::SERVER_COMPUTE)?,
                item: self.time(column::SERVER_ITEM)?,
                total: self.time(column::SERVER_TOTAL)?,
            },
            connection: self.connection()?,
            retransmits: self.number(column::RETRANSMITS)?,
            batch: self.batch()?,
            attempts: self.required_number(column::ATTEMPTS)?,
            status: self.number(column::STATUS)?,
            error: self.optional(column::ERROR)?,
            // Empty where another tool wrote the row, which did not count them; no figure is made of them.
            bytes_sent: self.number(column::BYTES_SENT)?.unwrap_or_default(),
            bytes_received: self.number(column::BYTES_RECEIVED)?.unwrap_or_default(),
            bytes_decoded: self.number(column::BYTES_DECODED)?,
            answer_digest: self.answer()?,
            endpoint: None,
        })
    }

    fn stages(&self) -> Result<Stages, String> {
        let mut lengths = [None; 8];
        for (place, length) in lengths.iter_mut().enumerate() {
            *length = self.time(column::FIRST_STAGE + place)?;
        }
        Ok(Stages::from_lengths(lengths))
    }

    fn connection(&self) -> Result<Option<ConnectionUse>, String> {
        let Some(id) = self.number(column::CONN_ID)? else { return Ok(None) };
        Ok(Some(ConnectionUse {
            id,
            reused: self.required(column::CONN_REUSED)?,
            syn_retransmits: self.number(column::SYN_RETRANSMITS)?,
            peer: self.optional(column::PEER)?,
            http: self.optional(column::HTTP)?,
            tls: self.tls()?,
        }))
    }

    fn tls(&self) -> Result<Option<TlsUse>, String> {
        let Some(version) = self.optional(column::TLS_VERSION)? else { return Ok(None) };
        Ok(Some(TlsUse { version, resumed: self.required(column::TLS_RESUMED)? }))
    }

    fn batch(&self) -> Result<Option<BatchUse>, String> {
        let Some(id) = self.number(column::BATCH_ID)? else { return Ok(None) };
        Ok(Some(BatchUse { id, size: self.required_number(column::BATCH_SIZE)? }))
    }

    /// Of a value, unless the row says that no copy was kept.
    fn answer(&self) -> Result<Option<AnswerDigest>, String> {
        let Some(digest) = self.optional(column::ANSWER_DIGEST)? else { return Ok(None) };
        let copied = self.optional(column::ANSWER_COPIED)?.unwrap_or(true);
        Ok(Some(if copied { AnswerDigest::OfValue(digest) } else { AnswerDigest::OfBytes(digest) }))
    }

    fn bytes(&self, column: usize) -> &'a [u8] {
        self.record.field(self.places[column])
    }

    fn text(&self, column: usize) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes(column)).map_err(|_| format!("{} is no text", COLUMNS[column]))
    }

    fn optional<T: FromStr>(&self, column: usize) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| format!("{} is `{text}`, which it cannot be", COLUMNS[column]))
    }

    fn required<T: FromStr>(&self, column: usize) -> Result<T, String> {
        self.optional(column)?.ok_or_else(|| self.is_empty(column))
    }

    fn number<T: FromStr + TryFrom<u64>>(&self, column: usize) -> Result<Option<T>, String> {
        let number = digits(0, self.bytes(column)).and_then(|number| T::try_from(number).ok());
        number.map_or_else(|| self.optional(column), |number| Ok(Some(number)))
    }

    fn required_number<T: FromStr + TryFrom<u64>>(&self, column: usize) -> Result<T, String> {
        self.number(column)?.ok_or_else(|| self.is_empty(column))
    }

    fn is_empty(&self, column: usize) -> String {
        format!("{} is empty", COLUMNS[column])
    }

    fn time(&self, column: usize) -> Result<Option<Micros>, String> {
        let bytes = self.bytes(column);
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Some(micros) = millis_to_micros(bytes) {
            return Ok(Some(micros));
        }
        let text = self.text(column)?;
        Err(format!("{} is `{text}`, no time in milliseconds", COLUMNS[column]))
    }
}

/// What no request can have been, however it was sent.
fn impossible(sample: &Sample) -> Option<String> {
    // Whoever answers may make statuses up, but not with more digits, and only 2xx is a success.
    match sample.status {
        Some(status) if status > 999 => return Some(format!("status is {status}, no status of HTTP")),
        Some(status) if sample.succeeded() && !(200..=299).contains(&status) => {
            return Some(format!("a success with status {status}"));
        }
        _ => {}
    }
    let of_none = (sample.status.is_some() || sample.succeeded()) && sample.attempts == 0;
    let known = [
        (sample.succeeded() && sample.stages == Stages::default(), "a success without a single stage"),
        (of_none, "attempts is 0 in a request that was answered"),
        (sample.batch.is_some_and(|batch| batch.size == 0), "batch_size is 0 in a request of a batch"),
    ];
    known.into_iter().find(|(is, _)| *is).map(|(_, problem)| problem.into())
}

/// `1234.567` → 1,234,567, without a detour through floating point.
fn millis_to_micros(text: &[u8]) -> Option<Micros> {
    let (whole, fraction) = text.split_last_chunk::<4>()?;
    let [b'.', thousandths @ ..] = fraction else { return None };
    digits(digits(0, whole)?, thousandths).map(Micros)
}

/// A number with more digits behind it; `None` if there are none, if they are something else, or too many.
fn digits(number: u64, more: &[u8]) -> Option<u64> {
    let next = |number: u64, byte: &u8| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then_some(())?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    };
    (!more.is_empty()).then_some(())?;
    more.iter().try_fold(number, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals_and_nothing_else() {
        let micros = |text: &str| millis_to_micros(text.as_bytes()).map(|micros| micros.0);
        assert_eq!([micros("0.000"), micros("0012.345")], [Some(0), Some(12_345)]);
        assert_eq!(micros("18446744073709551.615"), Some(u64::MAX));
        for text in
            ["18446744073709551.616", "99999999999999999999.000", ".123", "1.23", "1.2345", "1,234", "1"]
        {
            assert_eq!(micros(text), None, "{text}");
        }
        for text in ["-1.000", "+1.000", " 1.000", "1.0 0", "1.0.00", "1e3.000", "", "1.00\u{661}"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_has_digits_up_to_its_end() {
        let number = |text: &str| digits(0, text.as_bytes());
        assert_eq!([number("0"), number("18446744073709551615")], [Some(0), Some(u64::MAX)]);
        for text in ["", "18446744073709551616", "-1", "1x", "/", ":"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
