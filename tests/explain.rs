//! `spanload explain` on a run made by hand: what is shown of a request, of the slowest ones, and what is refused.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, failed, sample, waited};
use crate::common::run::fresh_folder;
use spanload::model::Micros;
use spanload::model::{BatchUse, ConnectionUse, ErrorKind, Sample, ServerTimes, Stage, TraceId};

/// Request 1 lost its SYN, request 2 was not accepted, request 3 timed out, request 4 was never sent.
fn before() -> Vec<Sample> {
    let syn = ConnectionUse { id: 2, reused: false, syn_retransmits: Some(1), ..ConnectionUse::default() };
    let stages = [
        (Stage::Queue, 20),
        (Stage::Connect, 1_010_300),
        (Stage::Send, 12),
        (Stage::Wait, 250_200),
        (Stage::Receive, 68),
    ];
    let not_accepted = [(Stage::Queue, 20), (Stage::Connect, 300), (Stage::Wait, 1_850_400)];
    vec![
        waited(0, 255),
        Sample { connection: Some(syn), ..sample(1, &stages) },
        Sample { retransmits: Some(3), ..sample(2, &not_accepted) },
        failed(
            sample(3, &[(Stage::Queue, 20), (Stage::Connect, 300), (Stage::Wait, 59_999_680)]),
            ErrorKind::Timeout,
        ),
        Sample::unsent(4, TraceId(0xabc4), None),
    ]
}

/// All five in one batch on a kept connection.
fn after() -> Vec<Sample> {
    let kept = ConnectionUse { id: 1, reused: true, syn_retransmits: Some(0), ..ConnectionUse::default() };
    let batched = |seq| Sample {
        connection: Some(kept),
        batch: Some(BatchUse { id: 1, size: 5 }),
        server: ServerTimes {
            queue: Some(Micros(0)),
            compute: Some(Micros(310_000)),
            ..ServerTimes::default()
        },
        ..sample(
            seq,
            &[(Stage::Queue, 40_000), (Stage::Send, 15), (Stage::Wait, 310_400), (Stage::Receive, 85)],
        )
    };
    (0..5).map(batched).collect()
}

fn run(name: &str) -> std::path::PathBuf {
    let folder = fresh_folder(name).join("run");
    HandmadeRun::of(vec![before()], vec![after()]).write(&folder);
    folder
}

fn explain(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(EXE);
    command.arg("explain").args(arguments).arg("--run").arg(folder).output().expect("the binary starts")
}

fn shown(folder: &Path, arguments: &[&str]) -> String {
    let output = explain(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn one_request_beside_itself_in_the_other_phase() {
    let text = shown(&run("explain_one"), &["1"]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_slowest_are_those_without_an_answer_then_the_longest() {
    let text = shown(&run("explain_slowest"), &["--slowest", "3"]);
    insta::assert_snapshot!(text);
    let unsent = shown(&run("explain_unsent"), &["4"]);
    assert!(unsent.contains("request 4, before, repetition 1: never sent"), "{unsent}");
    let all = shown(&run("explain_all"), &["--slowest", "9", "--phase", "after"]);
    assert_eq!(all.matches(", after, repetition 1: answered").count(), 5, "{all}");
}

#[test]
fn stages_and_causes_of_a_request_sum_to_its_latency() {
    let text = shown(&run("explain_sums"), &["1"]);
    let one = text.split("request 1, after").next().expect("the first of the pair");
    let milliseconds = |lines: &[&str]| {
        let figure = |line: &&str| {
            let share = line.find(" %").expect("a share");
            let before: Vec<_> = line[..share].split_whitespace().collect();
            before[before.len() - 2].replace('.', "").parse::<u64>().expect("microseconds")
        };
        lines.iter().map(figure).sum::<u64>()
    };
    let lines: Vec<_> = one.lines().collect();
    let at = |head: &str| lines.iter().position(|line| line.trim_start().starts_with(head)).expect(head);
    let (stages, causes) = (at("stage"), at("cause"));
    assert_eq!(milliseconds(&lines[stages + 1..causes]), 1_260_600);
    assert_eq!(milliseconds(&lines[causes + 1..]), 1_260_600);
}

#[test]
fn what_is_not_there_is_named_with_its_remedy() {
    let folder = run("explain_refused");
    let cases: [(&[&str], i32, &[&str]); 6] = [
        (&["5"], 2, &["request 5", "use 0 to 4"]),
        (&["0", "--repetition", "2"], 2, &["--repetition 2", "this run has 1"]),
        (&["--slowest", "2", "--repetition", "0"], 2, &["--repetition 0", "use 1 to 1"]),
        (&["--slowest", "0"], 2, &["--slowest", "1..=1000"]),
        (&[], 2, &["SEQ", "--help"]),
        (&["1", "--slowest", "2"], 2, &["--slowest", "cannot be used with"]),
    ];
    for (arguments, code, words) in cases {
        let output = explain(&folder, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {complaint}");
        words
            .iter()
            .for_each(|word| assert!(complaint.contains(word), "{arguments:?}: no `{word}` in {complaint}"));
        assert!(output.stdout.is_empty());
    }
    let nowhere = explain(&folder.join("nowhere"), &["1"]);
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("results/latest"), "{nowhere:?}");
}

#[test]
fn without_the_other_log_the_request_is_shown_alone() {
    let folder = run("explain_alone");
    std::fs::remove_file(folder.join("after.csv")).expect("it was there");
    let text = shown(&folder, &["1"]);
    assert!(
        text.contains("answered after 1260.600 ms") && text.contains("The other phase has no row"),
        "{text}"
    );
}
