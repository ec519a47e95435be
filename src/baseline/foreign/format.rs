//! Each format in figures and words: the table of what a tool's latency contains.

use super::column::{Meaning, ToolColumn};
use crate::model::{Equivalence, LatencyEnd, LatencyStart, Merged, Micros, Stage, TimeUnit};

/// What is to be known of a format beside how it is parsed.
#[derive(Clone, Copy, Debug)]
pub struct ToolFormat {
    /// Tool and format.
    pub name: &'static str,
    /// From when the latency counts; until the last byte.
    pub from: LatencyStart,
    /// Where the latency comes from.
    pub latency: &'static str,
    /// Stages beside `wait` that have a length of their own.
    pub seen: &'static [Stage],
    /// Which failures are there.
    pub failures: &'static str,
    /// What is derived.
    pub derived: &'static [&'static str],
    /// To what the tool rounds.
    pub grain: Micros,
    /// How the file was made that it is tested with.
    pub tested: &'static str,
}

/// What the first line of a table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableHeader {
    /// There is none: columns stand in their order.
    Absent,
    /// All columns are named.
    Whole,
    /// Latency and success are; the others may be missing.
    InPart,
}

/// A format that is a table with one row a request.
#[derive(Clone, Copy, Debug)]
pub struct ToolTable {
    /// The format.
    pub format: ToolFormat,
    /// Its columns, in their order where it has no header.
    pub columns: &'static [ToolColumn],
    /// Whether it has a header.
    pub header: TableHeader,
}

const SECONDS: Option<TimeUnit> = Some(TimeUnit::Seconds);
const MILLIS: Option<TimeUnit> = Some(TimeUnit::Millis);
const NANOS: Option<TimeUnit> = Some(TimeUnit::Nanos);
const REAL: &str = "files that the tool wrote";
const NO_CLOCK: &str = "the log does not say when the run began: its import stands for that";
const ALL_THERE: &str = "all are there, by status and error";

/// The log of the load test that is compared with, which counts requests as the plan does. Any CSV with its columns
/// `latency_ms` and `success` is read like it.
pub const INPUT_PY: &str = "CSV of input.py";

const PLAIN: ToolFormat = ToolFormat {
    name: "",
    from: LatencyStart::Start,
    latency: "",
    seen: &[],
    failures: ALL_THERE,
    derived: &[],
    grain: Micros(1),
    tested: REAL,
};

/// CSV of k6, and its JSON.
pub const K6: ToolFormat = ToolFormat {
    name: "k6",
    latency: "http_req_blocked + sending + waiting + receiving; k6's own http_req_duration leaves the connection's set-up out",
    seen: &[Stage::Connect, Stage::Tls, Stage::Send, Stage::Receive],
    failures: "all are there, by status, error_code and expected_response",
    derived: &[
        "start = end − latency, for k6 stamps the end",
        "connect = blocked − tls_handshaking where a connection was opened, queue = blocked where none was",
    ],
    grain: Micros(1),
    ..PLAIN
};

/// vegeta's results.
pub const VEGETA: ToolFormat = ToolFormat {
    name: "vegeta",
    latency: "latency, from when a worker takes the request; how late it was by then is not in it",
    failures: "all are there; a status of 3xx is a failure here and a success to vegeta",
    ..PLAIN
};

/// AIPerf's records.
pub const AIPERF: ToolFormat = ToolFormat {
    name: "AIPerf",
    from: LatencyStart::Due,
    latency: "request_end_ns − credit_issued_ns; AIPerf's own request_latency starts later, at request_start_ns, and ends with the last token",
    seen: &[Stage::Queue, Stage::Receive],
    failures: "all are there, but the time of a failure is known only where AIPerf noted it",
    derived: &[
        "queue = request_start_ns − credit_issued_ns",
        "wait ends with the answer's head (request_ack_ns)",
    ],
    ..PLAIN
};

/// GuideLLM's report.
pub const GUIDELLM: ToolFormat = ToolFormat {
    name: "GuideLLM",
    from: LatencyStart::Due,
    latency: "request_end − targeted_start; GuideLLM's own request_latency starts later, at request_start",
    seen: &[Stage::Queue, Stage::Receive],
    failures: "all are there; incomplete requests, which the end of the run cut off, are interrupted",
    derived: &[
        "queue = request_start − targeted_start",
        "wait ends with the first token, not with the first byte",
    ],
    ..PLAIN
};

/// vLLM's result with `--save-detailed`.
pub const VLLM: ToolFormat = ToolFormat {
    name: "vLLM bench",
    latency: "ttft + the sum of itls, from when the request is sent: time behind --max-concurrency is not in it",
    seen: &[Stage::Receive],
    failures: "all are there where errors are; their times are not",
    derived: &["wait ends with the first token, not with the first byte"],
    tested: "the documented keys only: not checked against the tool itself",
    ..PLAIN
};

/// Tables that are known by their header, or their shape.
pub const TABLES: [ToolTable; 5] = [
    ToolTable {
        format: ToolFormat {
            name: "oha CSV",
            latency: "request-duration",
            seen: &[Stage::Dns, Stage::Connect, Stage::Receive],
            failures: "requests without an answer are lost, for oha writes none; answers with a status other than 2xx are there",
            derived: &[
                "connect = DNS+dialup − DNS, receive = request-duration − Response-delay, wait is the rest",
                "with --latency-correction how late a request was is in receive",
                NO_CLOCK,
            ],
            ..PLAIN
        },
        columns: &[
            ToolColumn::new("request-start", Meaning::Start, SECONDS),
            ToolColumn::new("DNS", Meaning::SetUpStage(Stage::Dns), SECONDS),
            ToolColumn::new("DNS+dialup", Meaning::SetUp, SECONDS),
            ToolColumn::new("Response-delay", Meaning::FirstByte, SECONDS),
            ToolColumn::new("request-duration", Meaning::Latency, SECONDS),
            ToolColumn::new("bytes", Meaning::Received, None),
            ToolColumn::new("status", Meaning::Status, None),
        ],
        header: TableHeader::Whole,
    },
    ToolTable {
        format: ToolFormat {
            name: "hey CSV",
            latency: "response-time, rounded to 0.1 ms",
            seen: &[Stage::Dns, Stage::Connect, Stage::Send, Stage::Receive],
            failures: "requests without an answer are lost, and all after the first 1,000,000; answers with a status other than 2xx are there",
            derived: &[
                "connect = DNS+dialup − DNS, wait is what the other stages leave of response-time",
                NO_CLOCK,
            ],
            grain: Micros(100),
            ..PLAIN
        },
        columns: &[
            ToolColumn::new("response-time", Meaning::Latency, SECONDS),
            ToolColumn::new("DNS+dialup", Meaning::SetUp, SECONDS),
            ToolColumn::new("DNS", Meaning::SetUpStage(Stage::Dns), SECONDS),
            ToolColumn::new("Request-write", Meaning::Stage(Stage::Send), SECONDS),
            ToolColumn::new("Response-delay", Meaning::Other, SECONDS),
            ToolColumn::new("Response-read", Meaning::Stage(Stage::Receive), SECONDS),
            ToolColumn::new("status-code", Meaning::Status, None),
            ToolColumn::new("offset", Meaning::Start, SECONDS),
        ],
        header: TableHeader::Whole,
    },
    ToolTable {
        format: ToolFormat { name: "vegeta CSV", ..VEGETA },
        columns: &[
            ToolColumn::new("timestamp", Meaning::Start, NANOS),
            ToolColumn::new("code", Meaning::Status, None),
            ToolColumn::new("latency", Meaning::Latency, NANOS),
            ToolColumn::new("bytes out", Meaning::Sent, None),
            ToolColumn::new("bytes in", Meaning::Received, None),
            ToolColumn::new("error", Meaning::Error, None),
            ToolColumn::new("body", Meaning::Other, None),
            ToolColumn::new("attack", Meaning::Other, None),
            ToolColumn::new("seq", Meaning::Number, None),
            ToolColumn::new("method", Meaning::Other, None),
            ToolColumn::new("url", Meaning::Other, None),
            ToolColumn::new("headers", Meaning::Other, None),
        ],
        header: TableHeader::Absent,
    },
    ToolTable {
        format: ToolFormat {
            name: "Locust CSV by a listener",
            latency: "response_time",
            failures: "all are there, by status and exception",
            ..PLAIN
        },
        columns: &[
            ToolColumn::new("start_time", Meaning::Start, SECONDS),
            ToolColumn::new("response_time", Meaning::Latency, MILLIS),
            ToolColumn::new("response_length", Meaning::Received, None),
            ToolColumn::new("status_code", Meaning::Status, None),
            ToolColumn::new("exception", Meaning::Error, None),
        ],
        header: TableHeader::Whole,
    },
    ToolTable {
        format: ToolFormat { name: INPUT_PY, latency: "latency_ms", ..PLAIN },
        columns: &[
            ToolColumn::new("request_id", Meaning::Number, None),
            ToolColumn::new("started_at", Meaning::Start, SECONDS),
            ToolColumn::new("latency_ms", Meaning::Latency, MILLIS),
            ToolColumn::new("status", Meaning::Status, None),
            ToolColumn::new("success", Meaning::Success, None),
            ToolColumn::new("error", Meaning::Error, None),
        ],
        header: TableHeader::InPart,
    },
];

/// All formats that are known without being told.
pub fn known() -> impl Iterator<Item = ToolFormat> {
    // vegeta's CSV says what its JSON does.
    let tables =
        TABLES.into_iter().map(|table| table.format).filter(|format| format.latency != VEGETA.latency);
    [K6, VEGETA, AIPERF, GUIDELLM, VLLM].into_iter().chain(tables)
}

impl ToolFormat {
    /// As the manifest has it.
    pub fn equivalence(&self) -> Equivalence {
        Equivalence {
            from: self.from,
            to: LatencyEnd::LastByte,
            latency: self.latency.into(),
            merged: merged(self.seen),
            failures: self.failures.into(),
            derived: self.derived.iter().map(|text| text.to_string()).collect(),
        }
    }
}

/// What has no length of its own is in the next stage that has one, at the latest in `wait`: so is what comes after it. What a tool
/// sees of connecting is all of it.
pub(super) fn merged(seen: &[Stage]) -> Vec<Merged> {
    let of_connection = [Stage::Dns, Stage::Connect, Stage::Tls, Stage::Send, Stage::Receive];
    let next = |stage: Stage| {
        if stage == Stage::Tls && seen.contains(&Stage::Connect) {
            return Stage::Connect;
        }
        let later = Stage::ALL.into_iter().find(|other| *other > stage && seen.contains(other));
        later.filter(|later| *later < Stage::Wait).unwrap_or(Stage::Wait)
    };
    let unseen = of_connection.into_iter().filter(|stage| !seen.contains(stage));
    unseen.map(|stage| Merged { stage, into: next(stage) }).collect()
}
