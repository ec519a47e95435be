//! What goes where: results to standard output, all else to standard error, files where they were asked for; and
//! nothing that a server, a log or a path holds is obeyed by a terminal.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::run::{Results, Run, fresh_folder, prove_command};
use quick_junit::Report;
use serde_json::Value;

const VARIABLES: [&str; 4] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY"];

fn spanload() -> Command {
    let mut command = Command::new(EXE);
    VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

fn handmade(folder: &Path) {
    HandmadeRun::of(vec![rising(40, 900); 2], vec![rising(40, 400); 2]).write(folder);
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn assert_no_control(what: &str, bytes: &[u8]) {
    let text = text(bytes);
    let obeyed = text.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'));
    assert_eq!(obeyed, None, "{what}: {text:?}");
}

#[test]
fn json_is_one_document_and_the_rest_is_on_standard_error() {
    let run = Run::prove("output_json", &["--format", "json"]);
    assert_eq!(run.stdout(), run.results().text("comparison.json"));
    let document: Value = serde_json::from_str(run.stdout()).expect("exactly one document");
    assert_eq!(document["exit_code"], run.code());
    for said in ["run ", "before 1/1: 40/40", "after 1/1: 40/40"] {
        assert!(run.stderr().contains(said), "no `{said}` in {}", run.stderr());
    }
    let folder = run.out.join("runs/latest");
    let again =
        spanload().args(["analyze", "--format", "json"]).arg(&folder).output().expect("the binary starts");
    assert_eq!(text(&again.stdout), run.stdout());
    assert!(again.stderr.is_empty(), "{again:?}");
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let run = Run::prove("output_quiet", &["--quiet", "--no-metrics"]);
    assert_eq!(run.stderr(), "");
    assert!(run.stdout().contains("SLA MET"), "{}", run.stdout());
}

#[test]
fn a_failure_leaves_standard_output_empty() {
    for format in ["text", "json", "markdown"] {
        let output =
            spanload().args(["analyze", "nowhere", "--format", format]).output().expect("the binary starts");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
    }
    let output = spanload().args(["analyze", "--format", "xml"]).output().expect("the binary starts");
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint.contains("--format") && complaint.contains("markdown"), "{complaint}");
}

#[test]
fn the_summary_of_a_step_is_added_in_any_format() {
    let folder = fresh_folder("output_step");
    handmade(&folder.join("run"));
    let summary = folder.join("summary.md");
    let analyze = |format: &str| {
        let mut command = spanload();
        command.args(["analyze", "--format", format]).arg(folder.join("run"));
        command.env("GITHUB_STEP_SUMMARY", &summary).output().expect("the binary starts")
    };
    let markdown = analyze("markdown");
    assert!(
        text(&markdown.stdout).starts_with("<!-- spanload -->\n### spanload: ✅ SLA met"),
        "{markdown:?}"
    );
    analyze("json");
    analyze("text");
    let expected = format!("{}\n", text(&markdown.stdout)).repeat(3);
    assert_eq!(std::fs::read_to_string(&summary).expect("it was made"), expected);
}

#[test]
fn a_summary_that_cannot_be_written_changes_no_verdict() {
    let folder = fresh_folder("output_step_bad");
    handmade(&folder.join("run"));
    let mut command = spanload();
    command.arg("analyze").arg(folder.join("run")).env("GITHUB_STEP_SUMMARY", folder.join("no/such/folder"));
    let output = command.output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("warning: GITHUB_STEP_SUMMARY"), "{output:?}");
    assert!(text(&output.stdout).contains("SLA MET"));
}

#[test]
fn junit_goes_to_its_file_and_a_bad_place_is_said_first() {
    let folder = fresh_folder("output_junit");
    handmade(&folder.join("run"));
    let file = folder.join("new folder/junit.xml");
    let analyze = |file: &Path| {
        spanload()
            .arg("analyze")
            .arg(folder.join("run"))
            .arg("--junit")
            .arg(file)
            .output()
            .expect("the binary starts")
    };
    assert_eq!(analyze(&file).status.code(), Some(0));
    let report =
        Report::deserialize_from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JUnit XML");
    let names: Vec<_> =
        report.test_suites.iter().map(|suite| (suite.name.as_str(), suite.test_cases.len())).collect();
    assert_eq!(names, [("sla", 1), ("run", 4)]);
    std::fs::write(folder.join("file"), "").expect("the folder is writable");
    for (bad, code) in [(folder.clone(), 2), (folder.join("file/junit.xml"), 1)] {
        let output = analyze(&bad);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{output:?}");
        assert!(text(&output.stderr).contains("--junit"), "{output:?}");
    }
    let out = fresh_folder("output_junit_early");
    let output =
        prove_command(&out, &["--junit", &folder.display().to_string()]).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(!out.join("runs").exists(), "before any load is sent");
}

#[test]
fn nothing_that_a_log_or_a_manifest_holds_is_obeyed() {
    const EVIL: &str = "\u{1b}[2J\u{9b}31m\r\u{202e}<img src=x>|*b*`\n@team";
    let folder = fresh_folder("output_evil").join("run");
    handmade(&folder);
    let path = folder.join("manifest.json");
    let mut manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
    for place in ["/plan/before", "/plan/after", "/plan/digest"] {
        *manifest.pointer_mut(place).expect(place) = EVIL.into();
    }
    manifest["caveats"] = serde_json::json!([{"kind": EVIL, "message": EVIL}]);
    std::fs::write(&path, manifest.to_string()).expect("the folder is writable");
    let log = folder.join("before.csv");
    let rows = std::fs::read(&log).expect("a file");
    let widened: Vec<u8> =
        rows.split(|byte| *byte == b'\n').enumerate().fold(Vec::new(), |mut all, (line, row)| {
            if !row.is_empty() {
                all.extend_from_slice(row);
                all.extend_from_slice(if line == 0 { b",evil\x1b[31m\xff\xfe\n" } else { b",1\n" });
            }
            all
        });
    std::fs::write(&log, widened).expect("the folder is writable");
    let junit = folder.join("junit.xml");
    for format in ["text", "markdown"] {
        let mut command = spanload();
        command.arg("analyze").arg(&folder).args(["--format", format]).arg("--junit").arg(&junit);
        let output = command.output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_no_control(format, &output.stdout);
        assert_no_control(format, &output.stderr);
        assert!(text(&output.stdout).contains("evil"), "what is unknown is named: {output:?}");
    }
    assert_no_control("junit", &std::fs::read(&junit).expect("a file"));
    let markdown =
        spanload().arg("analyze").arg(&folder).args(["--format", "markdown"]).output().expect("it starts");
    let outside_code = outside_code(text(&markdown.stdout));
    assert!(!outside_code.contains("<img") && !outside_code.contains("@team"), "{outside_code}");
    let explain =
        spanload().args(["explain", "1", "--run"]).arg(&folder).output().expect("the binary starts");
    assert_no_control("explain", &explain.stdout);
    let compare = spanload().arg("compare").arg(&folder).arg(&folder).output().expect("the binary starts");
    assert_no_control("compare", &compare.stdout);
}

/// What is left of Markdown without its code spans: each ends with as many backticks as it began with.
fn outside_code(markdown: &str) -> String {
    let (mut outside, mut rest) = (String::new(), markdown);
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let fence = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let inside = &rest[start + fence..];
        let mut runs = inside.match_indices('`').filter(|(at, _)| !inside[..*at].ends_with('`'));
        let length = |at: usize| inside[at..].len() - inside[at..].trim_start_matches('`').len();
        let (end, _) = runs.find(|(at, _)| length(*at) == fence).expect("a fence ends");
        rest = &inside[end + fence..];
    }
    outside + rest
}

/// A server that answers everything with what a terminal would obey.
fn evil_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            std::thread::spawn(move || answer(stream));
        }
    });
    url
}

fn answer(mut stream: std::net::TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer) {
        let head =
            "HTTP/1.1 500 \x1b[31mgone\x1b[2J\r\nServer-Timing: \x1b[2J;dur=\x1b\r\nx-\u{9b}: \u{9b}2J\r\n";
        let body = b"\x1b[2J\xff\xfe<script>alert(1)</script>";
        let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len());
        if stream.write_all(body).is_err() {
            return;
        }
    }
}

#[test]
fn nothing_that_a_server_answers_is_obeyed() {
    let run = Run::prove(
        "output_server",
        &["--target", &evil_server(), "-n", "20", "--no-probe", "--format", "markdown"],
    );
    assert_eq!(run.code(), 1, "no request succeeds: {}", run.stderr());
    assert_no_control("standard output", &run.output.stdout);
    assert_no_control("standard error", &run.output.stderr);
    let explain = spanload().args(["explain", "3", "--run"]).arg(run.out.join("runs/latest")).output();
    let explain = explain.expect("the binary starts");
    assert_no_control("explain", &explain.stdout);
    assert!(text(&explain.stdout).contains("request 3, before"), "{explain:?}");
}

#[test]
fn a_path_need_not_be_utf_8() {
    let out = fresh_folder("output_path").join(OsStr::from_bytes(b"na\xffme\x1b[31m"));
    std::fs::create_dir_all(&out).expect("a file system that takes any byte");
    let junit = out.join(OsStr::from_bytes(b"j\xfe.xml"));
    let output = prove_command(&out, &["--junit"]).arg(&junit).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(junit.is_file());
    assert_no_control("standard output", &output.stdout);
    assert_no_control("standard error", &output.stderr);
    assert_eq!(Results(out.join("runs/latest")).comparison()["verdict"], "met");
    let missing = spanload().arg("analyze").arg(out.join("nowhere")).output().expect("the binary starts");
    assert_eq!(missing.status.code(), Some(1));
    assert_no_control("a complaint", &missing.stderr);
}

fn complaint(output: &Output) -> &str {
    text(&output.stderr)
}

#[test]
fn times_have_units_and_settings_an_effect() {
    for (flag, milliseconds) in [("30s", 30_000), ("1500ms", 1_500), ("2500", 2_500)] {
        let run = Run::prove("output_timeout", &["--timeout", flag, "-n", "8"]);
        assert_eq!(
            run.results().manifest()["scenario"]["target"]["timeout_ms"],
            milliseconds,
            "{}",
            run.stderr()
        );
    }
    let out = fresh_folder("output_flags");
    let wrong = prove_command(&out, &["--timeout", "soon"]).output().expect("the binary starts");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(complaint(&wrong).contains("--timeout") && complaint(&wrong).contains("30s"), "{wrong:?}");
    let beside = ["--target", "http://127.0.0.1:9", "--set", "mock.backlog=64"];
    let wrong = prove_command(&out, &beside).output().expect("the binary starts");
    assert_eq!(wrong.status.code(), Some(2));
    for word in ["--set mock.backlog: ", "beside a target", "remove"] {
        assert!(complaint(&wrong).contains(word), "no `{word}` in {wrong:?}");
    }
    assert!(!out.join("runs").exists());
}
