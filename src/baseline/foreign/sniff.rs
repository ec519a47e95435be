//! Whose log a file is, by what stands in it; never by its name.

use super::column::ToolColumn;
use super::format::{TABLES, TableHeader, ToolTable};
use super::problem::Flaw;
use super::table::name;

/// Bytes that are looked at.
pub(super) const HEAD: usize = 64 << 10;

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Recognised {
    Table(&'static ToolTable),
    K6Csv,
    K6Json,
    VegetaJson,
    Aiperf,
    GuideLlm,
    Vllm,
}

/// The first bytes of files that are no text.
const BINARY: [(&[u8], &str, &str); 12] = [
    (b"\x1f\x8b", "a gzip file", "unpack it first: gunzip FILE"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first: zstd -d FILE"),
    (b"\xfd7zXZ", "an xz file", "unpack it first: unxz FILE"),
    (b"BZh", "a bzip2 file", "unpack it first: bunzip2 FILE"),
    (b"PK\x03\x04", "a zip file, or a spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"SQLite format 3", "an SQLite database", "of oha: take --output-format csv in place of --db-url"),
    (b"PAR1", "a Parquet file", "write it as CSV with one row a request and use --map"),
    (b"ARROW1", "an Arrow file", "write it as CSV with one row a request and use --map"),
    (b"\xff\xfe", "text as UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE"),
    (b"\xfe\xff", "text as UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE"),
    (b"%PDF", "a PDF", "give the log itself"),
    (b"\x7fELF", "a program", "give the log itself"),
];

/// Text of which single requests cannot come: words that all must stand in its head, whose it is, and what to do.
const AGGREGATED: [(&[&str], &str, &str); 9] = [
    (
        &["\"successRate\"", "\"requestsPerSec\""],
        "oha's JSON, which has no single requests",
        "run oha with --output-format csv",
    ),
    (
        &["\"latencies\"", "\"bytes_in\"", "\"status_codes\""],
        "vegeta's report, which has no single requests",
        "use vegeta encode --to csv",
    ),
    (
        &["\"http_req_duration\"", "\"http_reqs\"", "\"metrics\""],
        "k6's summary, which has no single requests",
        "run k6 with --out csv=FILE",
    ),
    (
        &["Request Count,", "Failure Count,"],
        "Locust's statistics, which have no single requests and round their times",
        "write requests by a listener: docs/import.md has it",
    ),
    (
        &["User Count,", "Requests/s,"],
        "Locust's history, which has no single requests",
        "write requests by a listener: docs/import.md has it",
    ),
    (
        &["Method,Name,Error,Occurrences"],
        "Locust's failures, which have no single requests",
        "write requests by a listener: docs/import.md has it",
    ),
    (
        &["Summary:", "Requests/sec:"],
        "what hey or oha shows on the screen",
        "run it with -o csv (hey) or --output-format csv (oha)",
    ),
    (
        &["run_id,phase,repetition,seq,"],
        "a log of spanload itself",
        "there is nothing to import: compare its run by its folder",
    ),
    (
        &["\"input_config\"", "\"request_latency\""],
        "AIPerf's summary, which has no single requests",
        "give its profile_export.jsonl",
    ),
];

/// Whose log it is; `head` is how it starts.
pub(super) fn kind(head: &[u8]) -> Result<Recognised, Flaw> {
    text(head)?;
    let head = String::from_utf8_lossy(head);
    let start = head.trim_start_matches('\u{feff}').trim_start();
    let line = start.lines().next().unwrap_or_default();
    let known = if start.starts_with('{') || start.starts_with('[') { json(start, line) } else { csv(line)? };
    known.ok_or_else(|| unknown(start, line))
}

/// What is no text is named.
pub(super) fn text(head: &[u8]) -> Result<(), Flaw> {
    if head.is_empty() {
        return Err(Flaw::new("it is empty", "let the run end before its log is imported"));
    }
    if let Some((_, what, remedy)) = BINARY.iter().find(|(start, ..)| head.starts_with(start)) {
        return Err(Flaw::new(format!("it is {what}, not a log"), *remedy));
    }
    if !head[..head.len().min(1_000)].contains(&0) {
        return Ok(());
    }
    let has = |word: &[u8]| head.windows(word.len()).any(|bytes| bytes == word);
    Err(if has(b"Result") && has(b"Latency") {
        Flaw::new("it is vegeta's own binary format (gob)", "write it as CSV: vegeta encode --to csv FILE")
    } else if has(b"gatling") || has(b"Simulation") {
        Flaw::new(
            "it is Gatling's log, which is binary since 3.12",
            "there is no reader for it; export a CSV and use --map",
        )
    } else {
        Flaw::new(
            "it is binary, and nobody's that is known here",
            "write a CSV with one row a request and use --map",
        )
    })
}

fn json(start: &str, line: &str) -> Option<Recognised> {
    let has = |words: &[&str]| words.iter().all(|word| line.contains(word));
    let in_head = |words: &[&str]| words.iter().all(|word| start.contains(word));
    if in_head(&["\"guidellm_version\""]) {
        Some(Recognised::GuideLlm)
    } else if in_head(&["\"num_prompts\"", "\"burstiness\""]) {
        Some(Recognised::Vllm)
    } else if has(&["\"metric\"", "\"type\"", "\"data\""]) {
        Some(Recognised::K6Json)
    } else if has(&["\"attack\"", "\"seq\"", "\"latency\""]) {
        Some(Recognised::VegetaJson)
    } else if has(&["\"metadata\"", "\"request_start_ns\""]) {
        Some(Recognised::Aiperf)
    } else {
        None
    }
}

fn csv(line: &str) -> Result<Option<Recognised>, Flaw> {
    let fields: Vec<String> = line.split(',').map(|field| name(field.as_bytes())).collect();
    if line.starts_with("metric_name,") {
        return Ok(Some(Recognised::K6Csv));
    }
    let there = |column: &&ToolColumn| fields.iter().any(|field| *field == column.name);
    let matching = |table: &&ToolTable| {
        let needed = |column: &&ToolColumn| table.header == TableHeader::Whole || column.is_needed();
        table.header != TableHeader::Absent
            && table.columns.iter().filter(needed).all(|column| there(&column))
    };
    if let Some(table) = TABLES.iter().find(matching) {
        return Ok(Some(Recognised::Table(table)));
    }
    if let Some(table) =
        TABLES.iter().find(|table| table.header == TableHeader::Absent && is_shaped(&fields, table))
    {
        return Ok(Some(Recognised::Table(table)));
    }
    // More than half of a tool's columns: another version of it.
    let near = |table: &&ToolTable| {
        table.header != TableHeader::Absent
            && table.columns.iter().filter(there).count() * 2 > table.columns.len()
    };
    let Some(table) = TABLES.iter().find(near) else { return Ok(None) };
    let missing: Vec<_> =
        table.columns.iter().filter(|column| !there(column)).map(|column| &*column.name).collect();
    Err(Flaw::new(
        format!("it looks like {}, but has no column {}", table.format.name, missing.join(", ")),
        "it is another version's: name the columns by --map",
    )
    .at(1))
}

/// Without a header: a stamp in nanoseconds, a status, a latency.
fn is_shaped(fields: &[String], table: &ToolTable) -> bool {
    let digits = |place: usize| {
        fields
            .get(place)
            .is_some_and(|field| !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit()))
    };
    // An error of the tool's may hold quoted commas, so that only the start of the line is looked at.
    let stamped = fields.first().is_some_and(|stamp| (18..=19).contains(&stamp.len()));
    stamped && (0..5).all(digits) && fields.len() + 2 >= table.columns.len()
}

fn unknown(start: &str, line: &str) -> Flaw {
    let aggregated = AGGREGATED.iter().find(|(words, ..)| words.iter().all(|word| start.contains(word)));
    if let Some((_, what, remedy)) = aggregated {
        return Flaw::new(format!("it is {what}"), *remedy);
    }
    let line = super::problem::shown(line);
    Flaw::new(
        format!("it is no log that is known here; it begins with `{line}`"),
        "if it is a CSV with one row a request, name its columns: --map latency=COLUMN:ms (docs/import.md has the known formats)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(head: &[u8]) -> String {
        kind(head).map(|_| ()).expect_err("refused").in_file(std::path::Path::new("x")).to_string()
    }

    #[test]
    fn what_is_no_log_is_named_with_what_to_do() {
        let cases: [(&[u8], &str); 10] = [
            (b"", "is empty"),
            (b"\x1f\x8b\x08\0", "gunzip"),
            (b"SQLite format 3\0", "--output-format csv"),
            (b"PAR1\x15", "Parquet"),
            (b"\xff\x96\x7f\x03\x01\x01\x06Result\x01\0Latency", "vegeta encode --to csv"),
            (b"\0\0\0\x063.12.0gatling", "Gatling"),
            (b"{\"summary\":{\"successRate\":1.0,\"requestsPerSec\":2}}", "--output-format csv"),
            (b"Type,Name,Request Count,Failure Count,Median\n", "listener"),
            (b"a,b\n1,2\n", "begins with `a,b`; if it is a CSV"),
            (
                b"request-start,DNS,DNS+dialup,Response-delay,duration,bytes,status\n",
                "oha CSV, but has no column request-duration",
            ),
        ];
        for (head, problem) in cases {
            let said = refused(head);
            assert!(said.contains(problem), "{said}");
        }
    }
}
