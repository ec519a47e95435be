//! What a signal leaves behind: whole logs, a comparison that calls itself partial, and no process.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::common::holes::BlackHole;
use crate::common::processes::{Process, children_of};
use crate::common::run::{Results, count, fresh_folder, has_python, prove_command, text};
use crate::common::{EXE, kill, wait_until};

const REQUESTS: u64 = 20_000;

/// A run that has more than 25 s to go, of which a test needs a moment, in a process group of its own as at a terminal.
struct Running {
    out: PathBuf,
    prove: Child,
}

impl Running {
    fn start(name: &str, flags: &[&str]) -> Self {
        let out = fresh_folder(name);
        let long = ["-n", "20000", "--set", "mock.fixed_ms=20", "--set", "mock.item_ms=0"];
        let mut command = prove_command(&out, &[&long, flags].concat());
        let prove = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Self { out, prove: prove.expect("the binary starts") }
    }

    /// The run's only folder: `latest` does not point at it before its end.
    fn folder(&self) -> Option<PathBuf> {
        let mut entries = self.out.join("runs").read_dir().ok()?.filter_map(Result::ok);
        entries.find(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path())
    }

    fn wait_for_rows(&self, file: &str) -> Results {
        wait_until(&format!("{file} has rows"), || {
            let folder = self.folder()?;
            let text = std::fs::read_to_string(folder.join(file)).ok()?;
            // Whole rows: the last one may be on its way.
            (text.matches('\n').count() > 20).then_some(Results(folder))
        })
    }

    fn child(&self, argument: &str) -> Process {
        let wanted = |child: &Process| child.arguments.iter().any(|given| given.contains(argument));
        wait_until(argument, || children_of(self.prove.id()).into_iter().find(wanted))
    }

    fn signal(&self, signal: libc::c_int) {
        kill(self.prove.id(), signal);
    }

    /// Ctrl-C reaches everything that the terminal runs in front.
    fn signal_group(&self, signal: libc::c_int) {
        let group = -libc::pid_t::try_from(self.prove.id()).expect("a process id");
        // SAFETY: a plain system call on a group that this test made
        assert_eq!(unsafe { libc::kill(group, signal) }, 0);
    }

    fn end(mut self) -> Output {
        wait_until("the run ends", || self.prove.try_wait().expect("a child"));
        self.prove.wait_with_output().expect("an output")
    }

    fn killed(mut self) -> ExitStatus {
        self.signal(libc::SIGKILL);
        self.prove.wait().expect("an end")
    }
}

fn assert_gone(mock: &Process) {
    let port: u16 = mock.flag("--port").and_then(|port| port.parse().ok()).expect("a mock on a known port");
    mock.wait_until_gone();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_until("the port is closed", || TcpStream::connect(address).is_err().then_some(()));
}

fn assert_partial(results: &Results, code: i32) {
    let (comparison, manifest) = (results.comparison(), results.manifest());
    assert_eq!(text(&comparison["verdict"]), "missed");
    assert_eq!(comparison["exit_code"], code);
    assert_eq!(manifest["interrupted"], code);
    assert!(results.caveats().contains(&"interrupted".to_string()), "{:?}", results.caveats());
}

/// The rows of a log whose last line is whole, against the counts of the comparison.
fn assert_counted(results: &Results, phase: &str) {
    let log = results.text(&format!("{phase}.csv"));
    assert!(log.ends_with('\n'), "the last row is whole");
    let table = results.table(&format!("{phase}.csv"));
    let succeeded = table.column("status").iter().filter(|status| **status == "200").count();
    let unsent = table.column("error").iter().filter(|error| **error == "unsent").count();
    let counts = &results.comparison()["phases"][phase];
    let [planned, succeeded_counted, failed, unsent_counted] =
        ["planned", "succeeded", "failed", "unsent"].map(|key| count(&counts[key]));
    assert_eq!((planned, succeeded_counted), (REQUESTS, succeeded as u64));
    assert_eq!(failed, (table.rows.len() - succeeded - unsent) as u64);
    assert_eq!(unsent_counted, planned - succeeded_counted - failed);
    let errors: Vec<_> = counts["errors"].as_object().expect("a table").keys().collect();
    assert!(
        errors.iter().all(|word| *word == "interrupted"),
        "the mock outlives the measurement: {errors:?}"
    );
}

#[test]
fn ctrl_c_in_a_phase_leaves_whole_logs_and_a_partial_comparison() {
    let run = Running::start("sigint", &[]);
    let results = run.wait_for_rows("before.csv");
    let mock = run.child("truth_before-1.csv");
    let latest = run.out.join("runs/latest");
    run.signal_group(libc::SIGINT);
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_gone(&mock);
    assert_partial(&results, 130);
    assert_counted(&results, "before");
    assert_counted(&results, "after");
    let stdout = String::from_utf8(output.stdout).expect("text");
    assert!(stdout.contains("this comparison is partial"), "{stdout}");
    assert_eq!(latest.canonicalize().expect("a link"), results.0.canonicalize().expect("a folder"));
}

#[test]
fn a_polite_kill_and_a_terminal_that_is_gone_do_the_same_with_their_own_codes() {
    for (name, signal, code) in [("sigterm", libc::SIGTERM, 143), ("sighup", libc::SIGHUP, 129)] {
        let run = Running::start(name, &["--set", "after.batch=1"]);
        let results = run.wait_for_rows("before.csv");
        let mock = run.child("truth_before-1.csv");
        run.signal(signal);
        let output = run.end();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_gone(&mock);
        assert_partial(&results, code);
        assert_counted(&results, "before");
        let again = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts");
        assert_eq!(again.status.code(), Some(code), "analyze ends as the run did");
    }
}

#[test]
fn under_nohup_a_terminal_that_is_gone_ends_nothing() {
    let out = fresh_folder("nohup");
    let prove = prove_command(&out, &["-n", "120"]);
    let mut nohup = Command::new("nohup");
    nohup.arg(prove.get_program()).args(prove.get_args()).stdin(Stdio::null());
    let mut run = nohup.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("there is nohup");
    wait_until("it has a log", || {
        let mut runs = out.join("runs").read_dir().ok()?.filter_map(Result::ok);
        runs.any(|run| run.path().join("before.csv").exists()).then_some(())
    });
    kill(run.id(), libc::SIGHUP);
    wait_until("the run ends", || run.try_wait().expect("a child"));
    let output = run.wait_with_output().expect("an output");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!Results(out.join("runs/latest")).caveats().contains(&"interrupted".to_string()));
}

#[test]
fn ctrl_c_does_not_wait_for_slow_answers() {
    let run = Running::start("sigint_slow", &["--set", "mock.fixed_ms=60000"]);
    let folder = wait_until("calibration begins", || {
        run.folder().filter(|folder| folder.join("calibration.csv").exists())
    });
    let mock = run.child("mock");
    run.signal_group(libc::SIGINT);
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    mock.wait_until_gone();
    assert_partial(&Results(folder), 130);
}

#[test]
fn ctrl_c_stops_the_script() {
    if !has_python() {
        return;
    }
    let script = fresh_folder("sigint_script_file").join("sleeper.py");
    std::fs::write(&script, "import time\ntime.sleep(60)\n").expect("the folder is writable");
    let run = Running::start("sigint_script", &["--set", &format!("before.script={}", script.display())]);
    let sleeper = run.child("sleeper.py");
    let folder = wait_until("the run has begun", || run.folder());
    run.signal_group(libc::SIGINT);
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    sleeper.wait_until_gone();
    assert_partial(&Results(folder), 130);
}

/// A collector that takes spans and never says so keeps a run from its end for some seconds, in which somebody loses patience.
#[test]
fn who_signals_twice_leaves_a_run_that_was_interrupted_and_has_not_failed() {
    let hole = BlackHole::open();
    let run = Running::start("sigint_twice", &["--otlp-endpoint", &hole.url, "--otlp-protocol", "grpc"]);
    let results = run.wait_for_rows("before.csv");
    run.signal(libc::SIGINT);
    wait_until("the manifest says it", || (results.manifest()["interrupted"] == 130).then_some(()));
    run.signal(libc::SIGINT);
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let again = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts");
    assert_eq!(again.status.code(), Some(130), "{again:?}");
    assert_partial(&results, 130);
}

#[test]
fn ctrl_c_stops_whatever_a_line_has_started() {
    let run = Running::start("sigint_line", &["--set", "before.script=sleep 598 & sleep 599; true"]);
    let shell = run.child("sleep 599");
    let started = wait_until("both sleep", || Some(children_of(shell.pid)).filter(|found| found.len() == 2));
    let folder = wait_until("the run has begun", || run.folder());
    run.signal_group(libc::SIGINT);
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    shell.wait_until_gone();
    started.iter().for_each(Process::wait_until_gone);
    assert_partial(&Results(folder), 130);
}

#[test]
fn a_hard_kill_leaves_no_mock_and_logs_that_analyze_reads() {
    let run = Running::start("sigkill", &[]);
    let results = run.wait_for_rows("before.csv");
    let mock = run.child("truth_before-1.csv");
    assert!(!run.killed().success());
    assert_gone(&mock);
    let [whole, code] = analyze(&results);
    assert_eq!(code, 1, "no request of the after phase succeeded");
    assert!((20..REQUESTS).contains(&whole));
    let log = results.text("before.csv");
    let last_break = log.rfind('\n').expect("whole rows");
    std::fs::write(results.path("before.csv"), &log[..last_break - 10]).expect("the folder is writable");
    assert_eq!(analyze(&results), [whole - 1, 1]);
    assert!(results.caveats().contains(&"truncated_log".to_string()), "{:?}", results.caveats());
}

/// The successes of the before phase and the exit code; everything else counts as unsent.
fn analyze(results: &Results) -> [u64; 2] {
    // absent after a kill; the one of the analysis before must not pass for this one's
    let _ = std::fs::remove_file(results.path("comparison.json"));
    let output = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts");
    let counts = &results.comparison()["phases"]["before"];
    let [succeeded, failed, unsent] = ["succeeded", "failed", "unsent"].map(|key| count(&counts[key]));
    assert_eq!((succeeded + unsent, failed), (REQUESTS, 0));
    assert!(counts["latency_ms"]["p95"].is_null(), "unsent requests rank slowest");
    assert_eq!(text(&results.comparison()["verdict"]), "missed");
    let code = output.status.code().unwrap_or_else(|| panic!("{output:?}"));
    [succeeded, u64::try_from(code).expect("not negative")]
}
