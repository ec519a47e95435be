//! The request log: one CSV row a planned request and repetition. The format is a contract; new
//! columns go to the end.

mod endpoint_names;
mod fields;
mod lines;
mod reader;
mod record;
mod records;
mod row;
mod writer;

pub use reader::{LogError, LogReader};
pub use row::Row;
pub use writer::LogWriter;

/// The columns in their order.
const COLUMNS: [&str; 39] = [
    "run_id",
    "phase",
    "repetition",
    "seq",
    "trace_id",
    "due_ms",
    "queue_ms",
    "retry_ms",
    "dns_ms",
    "connect_ms",
    "tls_ms",
    "send_ms",
    "wait_ms",
    "receive_ms",
    "ttfb_ms",
    "latency_ms",
    "server_queue_ms",
    "server_compute_ms",
    "conn_id",
    "conn_reused",
    "syn_retransmits",
    "retransmits",
    "batch_id",
    "batch_size",
    "attempts",
    "status",
    "error",
    "bytes_sent",
    "bytes_received",
    "answer_digest",
    "server_item_ms",
    "answer_copied",
    "peer",
    "http",
    "tls_version",
    "tls_resumed",
    "server_total_ms",
    "bytes_decoded",
    "endpoint",
];

/// Columns from here on came later: a log of an earlier version does without them.
const LATER: usize = 30;

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        AnswerDigest, BatchUse, ConnectionUse, Digest, ErrorKind, HttpVersion, Sample, ServerTimes, Stages,
        TlsUse, TlsVersion, TraceId,
    };
    use crate::model::{Micros, Moment};

    prop_compose! {
        fn any_sample()(
            (seq, trace, due) in (any::<u64>(), any::<u128>(), 0..u64::MAX / 4),
            lengths in prop::array::uniform8(of(0..1_u64 << 40)),
            [queue, compute, item, total] in prop::array::uniform4(of(0..1_u64 << 40)),
            connection in of((any::<u64>(), any::<bool>(), of(any::<u32>()), any_way())),
            (retransmits, batch) in (of(any::<u32>()), of((any::<u64>(), 1..=u32::MAX))),
            (status, failed, answer, copied) in (of(100..=999_u16), any::<bool>(), any::<[u8; 4]>(), any::<bool>()),
            (attempts, sent, received, decoded) in (1..=u32::MAX, any::<u64>(), any::<u64>(), of(any::<u64>())),
            endpoint in of("/[ -~]{0,6}"),
        ) -> Sample {
            Sample {
                seq,
                trace_id: TraceId(trace),
                due: Some(Moment::from_micros(due)),
                stages: Stages::from_lengths(with_wait(lengths).map(|length| length.map(Micros))),
                server: ServerTimes {
                    queue: queue.map(Micros),
                    compute: compute.map(Micros),
                    item: item.map(Micros),
                    total: total.map(Micros),
                },
                connection: connection.map(|(id, reused, syn_retransmits, way)| ConnectionUse { id, reused, syn_retransmits, ..way }),
                retransmits,
                batch: batch.map(|(id, size)| BatchUse { id, size }),
                attempts,
                // Only 2xx is a success.
                status: status.map(|status| if failed { status } else { 200 + status % 100 }),
                error: failed.then_some(ErrorKind::Reset),
                bytes_sent: sent,
                bytes_received: received,
                bytes_decoded: decoded,
                answer_digest: (!failed).then(|| Digest::of(&answer)).map(|digest| {
                    if copied { AnswerDigest::OfValue(digest) } else { AnswerDigest::OfBytes(digest) }
                }),
                endpoint: endpoint.map(Into::into),
            }
        }
    }

    prop_compose! {
        /// Where a connection goes, and how.
        fn any_way()(
            peer in of(prop::sample::select(vec!["127.0.0.1:80", "10.0.0.1:65535", "[::1]:1", "[fe80::1%3]:443", "unix"])),
            http in of(prop::sample::select(vec![HttpVersion::Http1, HttpVersion::Http2])),
            tls in of((prop::sample::select(vec![TlsVersion::Tls12, TlsVersion::Tls13]), any::<bool>())),
        ) -> ConnectionUse {
            ConnectionUse {
                peer: peer.map(|peer| peer.parse().expect("an address")),
                http,
                tls: tls.map(|(version, resumed)| TlsUse { version, resumed }),
                ..ConnectionUse::default()
            }
        }
    }

    /// A request that was sent has waited.
    fn with_wait(mut lengths: [Option<u64>; 8]) -> [Option<u64>; 8] {
        lengths[6] = lengths[6].or(Some(0));
        lengths
    }

    fn written(samples: &[Sample]) -> Vec<u8> {
        let mut writer = LogWriter::new(Vec::new(), "run", "before").expect("memory takes it");
        for sample in samples {
            writer.write(2, sample).expect("memory takes it");
        }
        writer.into_inner().expect("memory takes it")
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(samples in prop::collection::vec(any_sample(), 1..20)) {
            let bytes = written(&samples);
            let mut reader = LogReader::new(bytes.as_slice(), "before.csv").expect("a header");
            let rows: Result<Vec<_>, _> = reader.by_ref().collect();
            let rows = rows.expect("good rows");
            prop_assert!(rows.iter().all(|row| row.repetition == 2));
            prop_assert_eq!(rows.into_iter().map(|row| row.sample).collect::<Vec<_>>(), samples);
            prop_assert!(!reader.truncated());
        }

        #[test]
        fn a_log_cut_anywhere_is_read_up_to_the_cut(samples in prop::collection::vec(any_sample(), 1..5), cut in 0.0..1.0_f64) {
            let bytes = written(&samples);
            let header = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let cut = header + ((bytes.len() - header) as f64 * cut) as usize;
            let whole = bytes[header..cut].iter().filter(|byte| **byte == b'\n').count();
            let reader = LogReader::new(&bytes[..cut], "before.csv").expect("a header");
            let rows: Result<Vec<_>, _> = reader.collect();
            prop_assert_eq!(rows.expect("good rows").len(), whole);
        }

        #[test]
        fn a_damaged_log_is_an_error_or_whole_never_silently_less(
            samples in prop::collection::vec(any_sample(), 1..6),
            damage in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..5),
        ) {
            let mut bytes = written(&samples);
            let body = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            for (place, byte) in damage {
                let at = body + ((bytes.len() - body) as f64 * place) as usize;
                bytes[at] = byte;
            }
            let reader = LogReader::new(bytes.as_slice(), "before.csv").expect("a header");
            let mut reader = reader.of("run", "before");
            let rows: Result<Vec<_>, _> = reader.by_ref().collect();
            if let Ok(rows) = rows && !reader.truncated() {
                prop_assert_eq!(rows.len(), samples.len());
            }
        }

        #[test]
        fn no_bytes_can_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), whole in any::<bool>()) {
            let header = if whole { format!("{}\n", COLUMNS.join(",")) } else { String::new() };
            let log = [header.as_bytes(), &bytes].concat();
            if let Ok(reader) = LogReader::new(log.as_slice(), "before.csv") {
                reader.for_each(drop);
            }
        }

        #[test]
        fn no_text_can_make_the_reader_panic(text in "[ -~\n\"]{0,300}") {
            let log = format!("{}\n{text}", COLUMNS.join(","));
            if let Ok(reader) = LogReader::new(log.as_bytes(), "before.csv") {
                reader.for_each(drop);
            }
        }
    }

    /// The log with only these of its columns, in this order.
    fn with_columns(log: &[u8], columns: &[usize]) -> String {
        let text = String::from_utf8(log.to_vec()).expect("text");
        let chosen = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            columns.iter().map(|column| fields[*column]).collect::<Vec<_>>().join(",") + "\n"
        };
        text.lines().map(chosen).collect()
    }

    fn read(log: &str) -> Sample {
        let mut reader = LogReader::new(log.as_bytes(), "before.csv").expect("a header");
        let sample = reader.next().expect("a row").expect("a good one").sample;
        assert_eq!(reader.unknown_columns().len(), 0);
        sample
    }

    #[test]
    fn a_log_of_an_earlier_version_lacks_only_what_came_later() {
        let mut sample = with_all_columns();
        let earlier = with_columns(&written(std::slice::from_ref(&sample)), &(0..LATER).collect::<Vec<_>>());
        (sample.server.item, sample.server.total) = (None, None);
        sample.answer_digest = sample.answer_digest.map(|digest| AnswerDigest::OfValue(digest.digest()));
        assert_eq!(read(&earlier), sample, "an earlier version digested nothing but values");
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let sample = with_all_columns();
        let backwards: Vec<usize> = (0..COLUMNS.len()).rev().collect();
        assert_eq!(read(&with_columns(&written(std::slice::from_ref(&sample)), &backwards)), sample);
    }

    fn with_all_columns() -> Sample {
        Sample {
            due: Some(Moment::from_micros(1)),
            stages: Stages::from_lengths(std::array::from_fn(|at| Some(Micros(at as u64 + 1)))),
            server: ServerTimes {
                queue: Some(Micros(20)),
                compute: Some(Micros(21)),
                item: Some(Micros(22)),
                total: Some(Micros(31)),
            },
            connection: Some(ConnectionUse {
                id: 23,
                reused: true,
                syn_retransmits: Some(24),
                ..ConnectionUse::default()
            }),
            retransmits: Some(25),
            batch: Some(BatchUse { id: 26, size: 27 }),
            attempts: 28,
            status: Some(200),
            error: None,
            bytes_sent: 29,
            bytes_received: 30,
            answer_digest: Some(AnswerDigest::OfBytes(Digest::of(b"{}"))),
            ..Sample::unsent(3, TraceId(1), None)
        }
    }

    #[test]
    fn absent_is_empty_and_times_have_three_decimals() {
        let mut lengths = [None; 8];
        lengths[0] = Some(Micros(7));
        lengths[6] = Some(Micros(1_234_567));
        lengths[7] = Some(Micros(0));
        let unsent = Sample::unsent(3, TraceId(1), Some(Moment::START));
        let sample = Sample { stages: Stages::from_lengths(lengths), error: None, attempts: 1, ..unsent };
        let text = String::from_utf8(written(&[sample])).expect("ASCII");
        let row = text.lines().nth(1).expect("a row");
        assert_eq!(
            row,
            "run,before,2,3,00000000000000000000000000000001,0.000,0.007,,,,,,1234.567,0.000,1234.574,1234.574,\
             ,,,,,,,,1,,,0,0,,,,,,,,,,"
        );
    }

    #[test]
    fn a_row_that_breaks_an_invariant_is_named() {
        let sample = Sample::unsent(3, TraceId(1), Some(Moment::START));
        let sample = Sample { stages: Stages::from_lengths([Some(Micros(5)); 8]), error: None, ..sample };
        let text = String::from_utf8(written(&[sample])).expect("ASCII").replace(",0.040,", ",0.041,");
        let mut reader = LogReader::new(text.as_bytes(), "before.csv").expect("a header");
        let message = reader.next().expect("a row").expect_err("5 × 8 is not 41").to_string();
        assert!(
            message.contains("before.csv") && message.contains("line 2") && message.contains("sum"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_column_is_named_and_an_unknown_one_ignored() {
        let header = COLUMNS.join(",");
        let message =
            |text: String| LogReader::new(text.as_bytes(), "x.csv").err().map(|error| error.to_string());
        let missing = message(header.replace(",wait_ms", "") + "\n").expect("an error");
        assert!(missing.contains("wait_ms"), "{missing}");
        assert_eq!(message(format!("{header},later\n")), None);
        assert!(message(header).is_some_and(|text| text.contains("empty")), "a header that was cut off");
        assert!(message(String::new()).is_some_and(|text| text.contains("empty")));
    }
}
