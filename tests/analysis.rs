//! The analysis as a document: its form, and that it says the same numbers as the comparison and the closing summary.

use crate::common::handmade::compared;
use serde_json::{Value, json};
use spanload::analyze::{
    Analysis, Calibration, Cause, ClientHealth, Comparison, PhaseCollector, PhaseData, ReuseBuys,
    attribute_both, prediction,
};
use spanload::model::Strategy;
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{BatchUse, ConnectionUse, ErrorKind, Sample, ServerTimes, Stage, Stages, TraceId};
use spanload::model::{Micros, Moment};
use spanload::report::{Format, Json, Markdown, Summary, Terminal, predicted, why_slow};

const REQUESTS: u64 = 60;
const CALLERS: u64 = 4;
/// Characters; a test beside the remedies holds them to it.
const LONGEST_REMEDY: usize = 222;

/// Four callers in a closed loop, two repetitions; one connection in ten loses its SYN, one request in thirty its answer.
fn before() -> PhaseData {
    requests(|seq| {
        let lost = seq % 10 == 3;
        let connect = if lost { 1_000_300 } else { 300 };
        let connection = ConnectionUse {
            id: seq,
            reused: false,
            syn_retransmits: Some(u32::from(lost)),
            ..ConnectionUse::default()
        };
        (Some(connect), 40_000 + seq * 100, 100_000 + seq % 7 * 9_000, connection, None)
    })
}

/// The same over two kept connections, in pairs.
fn after() -> PhaseData {
    requests(|seq| {
        let connection = ConnectionUse {
            id: seq / 2 % 2,
            reused: seq >= 4,
            syn_retransmits: Some(0),
            ..ConnectionUse::default()
        };
        let batch = Some(BatchUse { id: seq / 2, size: 2 });
        ((seq < 4).then_some(300), 2_000, 130_000 + seq / 2 % 7 * 9_000, connection, batch)
    })
}

type Shape = (Option<u64>, u64, u64, ConnectionUse, Option<BatchUse>);

/// Connect, server queue and compute in microseconds, the connection and the batch of each request.
fn requests(shape: impl Fn(u64) -> Shape) -> PhaseData {
    let mut phase = PhaseCollector::new(REQUESTS, 2);
    for repetition in 1..=2 {
        let mut free = [0; CALLERS as usize];
        for seq in 0..REQUESTS {
            let caller = &mut free[(seq % CALLERS) as usize];
            let sample = sample(seq, *caller, shape(seq));
            *caller += sample.stages.latency().0;
            phase.take(repetition, &sample).expect("a planned request");
        }
    }
    phase.finish()
}

fn sample(seq: u64, due: u64, (connect, queue, compute, connection, batch): Shape) -> Sample {
    let mut lengths = [None; Stage::ALL.len()];
    let stages =
        [(Stage::Queue, 200), (Stage::Send, 40), (Stage::Wait, queue + compute + 350), (Stage::Receive, 25)];
    stages.into_iter().for_each(|(stage, length)| lengths[stage as usize] = Some(Micros(length)));
    lengths[Stage::Connect as usize] = connect.map(Micros);
    let failed = seq % 30 == 17;
    Sample {
        stages: Stages::from_lengths(lengths),
        server: ServerTimes {
            queue: Some(Micros(queue)),
            compute: Some(Micros(compute)),
            ..ServerTimes::default()
        },
        connection: Some(connection),
        retransmits: Some(0),
        batch,
        attempts: 1,
        status: Some(if failed { 500 } else { 200 }),
        error: failed.then_some(ErrorKind::Http5xx),
        answer_digest: (!failed).then(|| AnswerDigest::OfValue(Digest::of(&seq.to_le_bytes()))),
        ..Sample::unsent(seq, TraceId(seq.into()), Some(Moment::from_micros(due)))
    }
}

fn calibration() -> Calibration {
    serde_json::from_value(json!({
        "fixed_ms": 70.0, "item_ms": 55.0, "n": 13, "fixed_ci95_ms": [68.0, 72.0], "item_ci95_ms": [51.0, 59.0],
        "item_deviation_ms": 20.0, "noise_ms": 0.5, "call_ms": 125.0, "round_trip_ms": 0.4,
        "service": "server_compute", "sizes": {"1": 8, "2": 5}, "notes": [],
    }))
    .expect("a calibration")
}

fn documents() -> (Comparison, Analysis) {
    let (before, after, health) = (before(), after(), ClientHealth::default());
    let comparison = compared(&before, &after, &["p95=800ms"], false);
    let caveats = comparison.caveats.clone();
    let strategy = Strategy { batch: 2, ..Strategy::pool(2) };
    let predicted = prediction::predict(&before, Some(&calibration()), Some(strategy));
    let predicted = prediction::beside(predicted, &after);
    let phases = [(&before, &health), (&after, &health)];
    let mut analysis = attribute_both(&comparison.run_id, phases[0], phases[1], Some(predicted), caveats);
    analysis.calibration = Some(calibration());
    (comparison, analysis)
}

#[test]
fn the_analysis() {
    let (_, analysis) = documents();
    insta::assert_snapshot!(serde_json::to_string_pretty(&analysis).expect("JSON"));
}

#[test]
fn analysis_comparison_and_summary_say_the_same_numbers() {
    let (comparison, analysis) = documents();
    let [one, other] = [
        serde_json::to_value(&analysis).expect("JSON"),
        serde_json::from_slice::<Value>(&Json.render(&comparison).expect("a document")).expect("JSON"),
    ];
    assert_eq!((&one["run_id"], &one["caveats"]), (&other["run_id"], &other["caveats"]));
    for phase in ["before", "after"] {
        let (analysed, compared) = (&one["phases"][phase], &other["phases"][phase]);
        for count in ["planned", "succeeded"] {
            assert_eq!(analysed[count], compared[count], "{phase} {count}");
        }
        assert_eq!(analysed["mean_ms"], compared["success_latency_ms"]["mean"], "{phase}");
        assert_eq!(analysed["tail"]["threshold_ms"], compared["success_latency_ms"]["p95"], "{phase}");
        let failed =
            compared["failed"].as_u64().expect("a count") + compared["unsent"].as_u64().expect("a count");
        assert_eq!(analysed["tail"]["failed_above"].as_u64(), Some(failed), "{phase}");
        for (word, count) in compared["errors"].as_object().expect("by word") {
            assert_eq!(analysed["failures"][word]["n"], *count, "{phase} {word}");
        }
    }
    assert_eq!(one["prediction"]["measured_p95_ms"], other["phases"]["after"]["latency_ms"]["p95"]);
}

#[test]
fn the_summary_says_what_the_analysis_says() {
    let (comparison, analysis) = documents();
    let summary = Summary {
        why: why_slow(&comparison, &analysis, "no way that was predicted"),
        predicted: analysis.prediction.as_ref().and_then(predicted),
        ..Summary::default()
    };
    let terminal = Terminal { summary, ..Terminal::default() };
    let screen = String::from_utf8(terminal.render(&comparison).expect("a screen")).expect("text");
    // Texts are wrapped between words; what they say is one line.
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let analysis = serde_json::to_value(&analysis).expect("JSON");
    let first = &analysis["phases"]["before"]["causes"][0];
    let share = first["share_of_tail_excess"].as_f64().expect("a share") * 100.0;
    assert!(screen.contains(&format!("{share:.0} % ")), "{first} {screen}");
    assert!(screen.contains(first["remedy"].as_str().expect("a text")), "{first} {screen}");
    let prediction = &analysis["prediction"];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {prediction}"));
    let range = prediction["range"]["p95_ms"].as_array().expect("two ends");
    let line = format!(
        "predicted P95 {:.1} ms [{:.1}, {:.1}], measured {:.1} ms (error {:+.1} %)",
        number(&prediction["p95_ms"]),
        number(&range[0]),
        number(&range[1]),
        number(&prediction["measured_p95_ms"]),
        number(&prediction["error"]) * 100.0
    );
    assert!(screen.contains(&line), "{line} is not in {screen}");
}

/// Kept connections alone are not advised where they miss, and batches have the credit where they met the SLA.
#[test]
fn every_summary_says_which_part_met_the_sla() {
    let (_, mut analysis) = documents();
    let comparison = compared(&before(), &after(), &["p95=250ms"], false);
    let after = "pool of 2, batches of up to 2";
    let candidates = &mut analysis.prediction.as_mut().expect("a prediction").candidates;
    let alone = candidates.iter_mut().find(|one| one.strategy == "pool of 2").expect("the pool alone");
    alone.p95_ms = Some(301.25);
    let said = |analysis: &Analysis| {
        let summary = Summary { why: why_slow(&comparison, analysis, after), ..Summary::default() };
        let terminal = Terminal { summary: summary.clone(), ..Terminal::default() };
        let screen = String::from_utf8(terminal.render(&comparison).expect("a screen")).expect("text");
        let markdown = Markdown { summary }.render(&comparison).expect("a document");
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        [screen, String::from_utf8(markdown).expect("text")]
    };
    let batching = "batching; kept connections alone (pool of 2) are predicted to miss it, at P95 301.2 ms";
    for text in said(&analysis) {
        assert!(
            text.contains(&format!("what met the SLA {batching}"))
                || text.contains(&format!("what met the SLA: {batching}")),
            "{text}"
        );
    }
    let candidates = &mut analysis.prediction.as_mut().expect("a prediction").candidates;
    let alone = candidates.iter_mut().find(|one| one.strategy == "pool of 2").expect("the pool alone");
    alone.p95_ms = Some(250.0);
    for text in said(&analysis) {
        assert!(text.contains("kept connections; without batches (pool of 2) they are predicted to meet it too, at P95 250.0 ms"), "{text}");
    }
    analysis.prediction = None;
    assert!(said(&analysis).iter().all(|text| !text.contains("what met the SLA")), "nothing is known of it");
}

/// However long the causes, the remedy and the figures are. Caveats, errors and more lines of the SLA come on top.
#[test]
fn the_summary_fits_a_screen() {
    let (mut comparison, mut analysis) = documents();
    comparison.caveats.clear();
    comparison.phases.before.errors.0.clear();
    comparison.phases.after.errors.0.clear();
    let phase = &mut analysis.phases.before;
    for (finding, cause) in phase.causes.iter_mut().zip([Cause::NotYetAccepted, Cause::ClientQueue]) {
        finding.cause = cause;
        finding.share_of_tail_excess = Some(0.99);
        finding.remedy = "batch ".repeat(LONGEST_REMEDY / 6);
    }
    phase.reuse.as_mut().expect("new connections were opened").buys = ReuseBuys::Latency;
    let saturation = phase.saturation.as_mut().expect("a closed loop");
    saturation.saturated = Some(true);
    saturation.callers = 4_096;
    saturation.throughput_rps = 12_345.6;
    saturation.callers_over_throughput_ms = 1_234.5;
    let ways = &mut analysis.prediction.as_mut().expect("a prediction").candidates;
    let alone = ways.iter_mut().find(|one| one.strategy == "pool of 2").expect("the pool alone");
    alone.p95_ms = Some(12_345.6);
    for (after, last) in [("pool of 2, batches of up to 2", "what met the SLA"), ("per_request", "remedy")] {
        let summary = Summary {
            why: why_slow(&comparison, &analysis, after),
            predicted: analysis.prediction.as_ref().and_then(predicted),
            folder: Some("results/20260102T030405Z-abcd".into()),
            ..Summary::default()
        };
        let terminal = Terminal { summary, ..Terminal::default() };
        let screen = String::from_utf8(terminal.render(&comparison).expect("a screen")).expect("text");
        for part in ["SLA P95", "(others are negative)", "4096 callers", last] {
            assert!(screen.contains(part), "{part} is not in {screen}");
        }
        assert!(screen.lines().count() <= 24, "{} lines: {screen}", screen.lines().count());
        assert!(screen.lines().all(|line| line.chars().count() <= 100), "{screen}");
    }
}
