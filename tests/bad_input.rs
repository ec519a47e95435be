//! What is wrong with a flag, a file or a target is said with its name and its remedy, and leaves nothing behind.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::run::{Run, fresh_folder, prove_command};
use crate::common::wire::refusing;
use crate::common::{EXE, Mock};

const SECRET: &str = "s3cret";

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// Refused with this code and all of these words, once each cause, before anything is written.
fn assert_refused(what: &str, output: &Output, code: i32, words: &[&str]) {
    let complaint = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{what}: {complaint}");
    for word in words {
        assert!(complaint.contains(word), "{what}: no `{word}` in: {complaint}");
    }
    assert!(!complaint.contains("panicked") && !complaint.contains("RUST_BACKTRACE"), "{what}: {complaint}");
    assert!(complaint.matches("(os error").count() <= 1, "{what}: a cause twice: {complaint}");
    assert!(output.stdout.is_empty(), "{what}: {output:?}");
}

fn assert_prove_refused(name: &str, flags: &[&str], code: i32, words: &[&str]) {
    let out = fresh_folder(name);
    let output = prove_command(&out, flags).output().expect("the binary starts");
    assert_refused(&flags.join(" "), &output, code, words);
    assert!(!out.join("runs").exists(), "{flags:?} left a results folder");
}

#[test]
fn a_wrong_flag_is_named_with_its_remedy() {
    let cases: [(&[&str], &[&str]); 51] = [
        (&["--nope"], &["--nope", "--help"]),
        (&["-n", "0"], &["load.requests", "use 1 to"]),
        (&["-n", "-1"], &["-1", "--help"]),
        (&["-n", "99999999999999999999"], &["99999999999999999999", "--requests", "too large"]),
        (&["-n", "18446744073709551615"], &["-n", "18446744073709551615", "smaller"]),
        (&["-n", "many"], &["many", "--requests"]),
        (&["-c", "0"], &["load.workers", "use 1 to"]),
        (&["-c", "1000000"], &["load.workers", "1000000", "use 1 to"]),
        (&["--repetitions", "0"], &["runs.repetitions", "use 1 to"]),
        (&["--timeout", "0"], &["target.timeout_ms", "use 1 to"]),
        (&["--sla", "p95=800"], &["--sla p95=800", "800ms"]),
        (&["--sla", "p95"], &["--sla p95", "p95=800ms"]),
        (&["--sla", "p95=0ms"], &["--sla p95=0ms", "0.001ms"]),
        (&["--sla", "p42=1ms"], &["--sla p42=1ms", "p42", "p95"]),
        (&["--set", "nonsense"], &["--set: ", "key=value"]),
        (&["--set", "mock.nope=1"], &["--set mock.nope: ", "nope", "backlog"]),
        (&["--set", "nope.backlog=1"], &["--set nope.backlog: ", "nope", "mock"]),
        (&["--set", "load=1"], &["--set load: ", "load"]),
        (&["--set", "load.requests.x=1"], &["--set load.requests.x: ", "not a section"]),
        (&["--set", "load.requests=many"], &["--set load.requests: ", "expected"]),
        (&["--set", "mock.backlog=0"], &["mock.backlog", "from 1 to"]),
        (&["--set", "mock.error_rate=nan"], &["mock.error_rate", "from 0 to 1"]),
        (&["--set", "after.strategy=fast"], &["after.strategy", "fast", "pool"]),
        (&["--set", "before.connections=2"], &["before.connections", "remove the key", "pool"]),
        (&["--set", "after.batch=0"], &["after.batch", "use 1 to"]),
        (&["--set", "after.script=x.py"], &["after.script", "remove the key"]),
        (&["--set", "before.script=nopenope"], &["before.script", "no program `nopenope`", "remove the key"]),
        (&["--set", "before.script=[\"nopenope\", \"x\"]"], &["before.script", "no program `nopenope`"]),
        (&["--set", "before.script=[1]"], &["--set before.script", "list of texts"]),
        (&["--set", "before.script_timeout=0s"], &["before.script_timeout", "90s"]),
        (&["--set", "before.map=[\"latency=ms\"]"], &["before.map", "`latency=ms`", "say its unit"]),
        (&["--set", "before.latency_from=due"], &["before.latency_from", "before.map"]),
        (&["--set", "before.log=gone.csv"], &["before.log", "gone.csv", "name a log"]),
        (&["--set", "before.log=gone.csv", "--aa"], &["--aa", "before.log"]),
        (
            &["--set", "before.log=gone.csv", "--set", "before.script=sh x.sh"],
            &["before.log", "leave one of them out", "--set before.script="],
        ),
        (&["--set", "target.path=infer"], &["target.path", "slash"]),
        (
            &["--target", "http://127.0.0.1:1/a", "--set", "target.path=/b"],
            &["--set target.path: ", "the URL of the target has a path", "leave one"],
        ),
        (&["--set", "target.path=/in fer"], &["target.path", "/in fer", "/v1/infer"]),
        (&["--set", "target.queue_header=x queue"], &["target.queue_header", "x queue", "x-queue-time"]),
        (&["--set", "target.compute_header=x-took"], &["target.compute_header", "\"x-took:s\"", "unit"]),
        (&["--set", "target.server_times=triton"], &["target.server_times", "triton", "llama.cpp"]),
        (&["-H", "no-colon"], &["-H", "x-key: 123"]),
        (&["-q", "0"], &["load.rate", "more than 0"]),
        (&["-q", "-5"], &["load.rate", "-5 is out of range"]),
        (&["-q", "fast"], &["--rate", "fast"]),
        (&["-d", "10s"], &["load.duration", "closed loop", "-n", "-q"]),
        (&["-q", "5", "-c", "3"], &["load.workers", "wait for no caller", "after.connections"]),
        (&["-q", "5", "-n", "3", "-d", "1s"], &["load.duration", "load.requests"]),
        (&["-q", "1e6", "-d", "1h"], &["load.rate", "10000000 requests", "load.duration"]),
        (&["--set", "load.trace=/nowhere/a.csv"], &["load.trace", "/nowhere/a.csv", "an arrival a line"]),
        (&["-m", "GET"], &["target.method", "POST only", "--target"]),
    ];
    for (flags, words) in cases {
        assert_prove_refused("bad_flag", flags, 2, words);
    }
}

#[test]
fn a_wrong_target_is_named_with_its_remedy() {
    let cases = [
        ("https://a:99999", ["https://a:99999", "port", "--target"]),
        ("nonsense", ["nonsense", "http://", "--target"]),
        ("ftp://a", ["ftp://a", "http://", "--target"]),
        ("http://:80", ["http://:80", "host", "--target"]),
        ("http://u:p@127.0.0.1:1", ["127.0.0.1:1", "credentials", "-H"]),
    ];
    for (url, words) in cases {
        assert_prove_refused("bad_target", &["--target", url], 2, &words);
    }
}

fn prove_scenario(name: &str, text: &str) -> Output {
    let file = fresh_folder(name).join("bad.toml");
    std::fs::write(&file, text).expect("the folder is writable");
    Command::new(EXE).arg("prove").arg(&file).output().expect("the binary starts")
}

#[test]
fn a_scenario_that_cannot_be_read_is_named_with_file_line_and_key() {
    let cases = [
        ("[load]\nrequest = 5\n", ["line 2", "request", "expected one of"]),
        ("\n[laod]\n", ["line 2", "laod", "expected one of"]),
        ("[load]\nrequests = 5\n[load\n", ["line 3", "[load", "expected `]`"]),
        ("[load]\nrequests = \"5\"\n", ["line 2", "requests", "expected a whole number, 0 or more"]),
        ("[mock]\nbacklog = -1\n", ["line 2", "backlog", "expected a whole number from 0"]),
        ("[sla]\np95 = 800\n", ["line 2", "p95", "expected a string"]),
    ];
    for (text, words) in cases {
        assert_refused(
            text,
            &prove_scenario("unreadable_scenario", text),
            2,
            &[&words[..], &["bad.toml"]].concat(),
        );
    }
}

#[test]
fn a_scenario_that_cannot_be_run_is_named_with_its_key() {
    let cases = [
        ("[sla]\np95 = \"800\"\n", ["sla.p95", "`800`", "800ms"]),
        ("[sla]\np42 = \"800ms\"\n", ["sla.p42", "p42", "p95"]),
        ("[load]\nrequests = 5\n", ["sla", "no line to judge", "800ms"]),
        ("[sla]\np95 = \"1s\"\n[mock]\nreplicas = 0\n", ["mock.replicas", "0", "from 1 to"]),
    ];
    for (text, words) in cases {
        assert_refused(text, &prove_scenario("unusable_scenario", text), 2, &words);
    }
}

#[test]
fn a_load_that_nobody_judges_needs_no_sla() {
    let folder = fresh_folder("unjudged");
    let file = folder.join("scenario.toml");
    std::fs::write(&file, "[load]\nrequests = 8\nworkers = 2\n").expect("the folder is writable");
    let mut command = Command::new(EXE);
    command.arg("load").arg(&file).args(["--no-metrics", "--set", "mock.fixed_ms=1", "--log"]);
    let output = command.arg(folder.join("load.csv")).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_method_without_bodies_puts_the_batches_of_the_file_aside() {
    let server = crate::common::wire::Server::echo(0);
    let flags = ["-m", "get", "-n", "8", "-c", "2", "--target", &server.url()];
    let run = Run::prove("method_aside", &flags);
    assert!(!run.stderr().contains("after.batch"), "{}", run.stderr());
    assert_eq!(run.results().table("after.csv").rows.len(), 8, "{}", run.stderr());
    assert_prove_refused(
        "method_batch",
        &[&flags[..], &["--set", "after.batch=4"]].concat(),
        2,
        &["after.batch"],
    );
}

#[test]
fn a_missing_file_is_named_with_its_key() {
    let folder = fresh_folder("missing_files");
    let missing = folder.join("missing").display().to_string();
    let payloads = format!("load.payloads={missing}");
    let script = format!("before.script={missing}");
    assert_prove_refused("missing", &["--scenario", &missing], 2, &[&missing, "scenarios/default.toml"]);
    assert_prove_refused("missing", &["--set", &payloads], 2, &["load.payloads", &missing, "JSON document"]);
    assert_prove_refused("missing", &["--set", &script], 2, &["before.script", &missing, "remove the key"]);
    let analyze = Command::new(EXE).args(["analyze", &missing]).output().expect("the binary starts");
    assert_refused("analyze", &analyze, 1, &["missing_files/missing", "results/latest"]);
    let ablate = Command::new(EXE).args(["ablate", &missing]).output().expect("the binary starts");
    assert_refused("ablate", &ablate, 2, &[&missing]);
}

#[test]
fn a_payload_file_must_hold_json_lines() {
    let file = fresh_folder("payloads").join("bodies.jsonl");
    let flag = format!("load.payloads={}", file.display());
    for (text, problem) in [("", "empty"), ("\n \n", "empty"), ("{\"a\": 1}\n{oops}\n", "line 2")] {
        std::fs::write(&file, text).expect("the folder is writable");
        let words = ["load.payloads", "bodies.jsonl", problem, "JSON document a line"];
        assert_prove_refused("bad_payloads", &["--set", &flag], 2, &words);
    }
}

#[test]
fn an_out_that_is_no_folder_is_named() {
    let folder = fresh_folder("bad_out");
    let file = folder.join("file");
    std::fs::write(&file, "").expect("the folder is writable");
    let (file, log) = (file.display().to_string(), format!("{}/log.csv", file.display()));
    for (arguments, words) in [
        (["prove", "--out", &file], ["--out", &file, "folder"]),
        (["load", "--log", &log], ["--log", &log, "cannot write"]),
    ] {
        let output = Command::new(EXE).args(arguments).output().expect("the binary starts");
        assert_refused(&arguments.join(" "), &output, 1, &words);
    }
}

#[test]
fn a_target_that_is_down_is_named() {
    let (_held, address) = refusing();
    let url = format!("http://{address}");
    assert_prove_refused("down", &["--target", &url], 1, &[&url, "is down", "start the server", "--target"]);
    // What a resolver says of an unknown name, and how soon, is its own business.
    let unknown = ["--target", "http://no-such-host.invalid:80"];
    assert_prove_refused("down", &unknown, 1, &["the target http://no-such-host.invalid:80", "--target"]);
}

#[test]
fn more_connections_than_files_are_refused_with_the_remedy() {
    let out = fresh_folder("files");
    // Each thread waits with files of its own.
    let prove = prove_command(&out, &["-c", "200", "--set", "load.threads=10"]);
    let output = limited("-n 100", &prove).output().expect("the shell starts");
    assert_refused("ulimit -n 100", &output, 1, &["200 connections", "344", "100", "ulimit -Hn", "-c"]);
    assert!(!out.join("runs").exists());
}

#[test]
fn a_soft_limit_of_files_is_raised() {
    let out = fresh_folder("soft_files");
    let prove = prove_command(&out, &["-c", "40", "-n", "40"]);
    let output = limited("-Sn 50", &prove).output().expect("the shell starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// The same command with a limit of open files, which a shell sets for itself and its child.
fn limited(limit: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit {limit} && exec \"$@\"")).arg("sh");
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = Command::new(EXE).args(["mock", "--port", &port]).output().expect("the binary starts");
    assert_refused("mock --port", &output, 1, &["--port", &port, "already in use", "0 for a free one"]);
}

#[test]
fn a_secret_is_sent_and_written_nowhere() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let (url, header) = (mock.hello.infer.as_str(), format!("authorization: Bearer {SECRET}"));
    let set = format!("target.headers.x-token={SECRET}");
    let run = Run::prove("secret", &["--target", url, "-H", &header, "--set", &set, "-n", "8"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.stdout().contains(SECRET) && !run.stderr().contains(SECRET));
    assert!(run.results().text("manifest.json").contains("authorization"), "the name alone is no secret");
    assert_no_secret(&run.out.join("runs"));
}

/// Of the URL too, which the given load test prints.
#[test]
fn a_key_in_the_query_of_the_target_is_written_nowhere() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let url = format!("{}/v1/infer?key={SECRET}", mock.hello.infer);
    let script = concat!("before.script=", env!("CARGO_MANIFEST_DIR"), "/input.py");
    let flags = ["--target", &url, "--set", "after.batch=1", "--set", script, "-n", "8"];
    let run = Run::prove("secret_query", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().text("input_py.log").contains("***"), "it prints where it posts to");
    assert_no_secret(&run.out.join("runs"));
}

/// Of the paths too, and of what a later flag replaces.
#[test]
fn a_key_in_a_path_or_in_what_is_replaced_is_written_nowhere() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let path = |key: &str, path: &str| format!("target.{key}=/v1/{path}?key={SECRET}");
    let set = [path("path", "infer"), path("batch_path", "infer/batch")];
    let replaced =
        ["target.headers.x-key=old-", "target.path=/old?key=old-"].map(|set| format!("{set}{SECRET}"));
    let sets = replaced.into_iter().chain(set).chain(["target.headers.x-key=new".to_string()]);
    let mut flags = vec!["--target".to_string(), mock.hello.infer.clone(), "-n".into(), "8".into()];
    flags.extend(sets.flat_map(|set| ["--set".to_string(), set]));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let run = Run::prove("secret_path", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.stdout().contains(SECRET) && !run.stderr().contains(SECRET));
    assert!(run.results().text("manifest.json").contains("/v1/infer/batch?***"));
    assert_no_secret(&run.out.join("runs"));
}

fn assert_no_secret(folder: &Path) {
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            assert_no_secret(&path);
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{}", path.display());
        }
    }
}

#[test]
fn a_secret_is_in_no_complaint() {
    let no_http = format!("x y: {SECRET}");
    let (url, set) = (format!("http://user:{SECRET}@127.0.0.1:1"), format!("target.headers.x y={SECRET}"));
    let of_wrong_type = ["target.endpoints", "target.redirects"].map(|key| format!("{key}={url}"));
    for (flags, named) in [
        (["-H", no_http.as_str()], "x y"),
        (["--set", set.as_str()], "x y"),
        (["--target", url.as_str()], "--target"),
        (["-H", SECRET], "-H"),
        (["--set", &of_wrong_type[0]], "--set target.endpoints"),
        (["--set", &of_wrong_type[1]], "--set target.redirects"),
    ] {
        assert_prove_refused("secret_complaint", &flags, 2, &[named]);
        let output =
            prove_command(&fresh_folder("secret_complaint"), &flags).output().expect("the binary starts");
        assert!(!stderr(&output).contains(SECRET), "{}", stderr(&output));
    }
}

#[test]
fn a_token_of_digits_is_text() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let flags =
        ["--target", &mock.hello.infer, "--set", "target.headers.x-token=4711471147114711", "-n", "4"];
    let run = Run::prove("digits", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.results().text("manifest.json").contains("4711471147114711"));
}

/// Whoever calls from another folder has no scenario file there, and needs none.
#[test]
fn without_the_default_scenario_the_built_in_one_is_taken() {
    let folder = fresh_folder("no_scenario");
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let output = Command::new(EXE)
        .current_dir(&folder)
        .args([
            "prove",
            "--target",
            &mock.hello.infer,
            "-n",
            "8",
            "-c",
            "2",
            "--repetitions",
            "1",
            "--no-metrics",
        ])
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(folder.join("results/latest/report.html").exists());
}

/// Few callers may never make a batch: the calibration is what notices that the server has no endpoint for one.
#[test]
fn a_batch_endpoint_that_is_not_there_is_a_caveat() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let flags = ["--target", &mock.hello.infer, "--set", "target.batch_path=/nowhere", "-n", "8", "-c", "2"];
    let run = Run::prove("no_batch_endpoint", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().all_caveats().contains(&"no_batch_endpoint".to_string()));
    let without = Run::prove("no_batches_wanted", &[&flags[..], &["--set", "after.batch=1"]].concat());
    assert!(!without.results().all_caveats().contains(&"no_batch_endpoint".to_string()));
}

/// The file names a load test; a run may do without it.
#[test]
fn the_given_load_test_can_be_left_out() {
    let script = concat!("before.script=", env!("CARGO_MANIFEST_DIR"), "/input.py");
    let flags = ["-n", "8", "-c", "2", "--set", script, "--set", "before.script="];
    let run = Run::prove("no_script", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.results().comparison()["baseline_script"].is_null());
}

#[test]
fn a_header_that_a_later_flag_overrules_is_written_nowhere_either() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let header = format!("x-key: {SECRET}");
    let flags =
        ["--target", &mock.hello.infer, "-H", &header, "--set", "target.headers.X-Key=other", "-n", "8"];
    let run = Run::prove("secret_overruled", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_no_secret(&run.out.join("runs"));
}

/// Of a variable and of a file too, whichever way they came.
#[test]
fn what_a_variable_or_a_file_holds_is_written_nowhere() {
    let mock = Mock::start(&["--fixed-ms=1", "--item-ms=1"]);
    let out = fresh_folder("secret_sources");
    let key = out.join("key");
    std::fs::write(&key, SECRET).expect("the folder is writable");
    let header = format!("x-key: file:{}", key.display());
    let flags =
        ["--target", &mock.hello.infer, "--bearer", "env:SPANLOAD_TEST_TOKEN", "-H", &header, "-n", "8"];
    let output =
        prove_command(&out, &flags).env("SPANLOAD_TEST_TOKEN", SECRET).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains(SECRET) && !String::from_utf8_lossy(&output.stdout).contains(SECRET));
    assert_no_secret(&out.join("runs"));
}
