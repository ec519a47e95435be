//! What this machine lacks is not the server's doing: descriptors and threads that cannot be had are named, with the remedy, and
//! end what they spoil.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::EXE;
use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::run::{Results, Table, fresh_folder, prove_command};
use crate::common::wire::Server;

/// Callers of a load; a run makes sure of a descriptor for each and of 72 for itself.
const CALLERS: u64 = 50;
/// Of these descriptors so many are somebody else's: what is left does for the run and for about half of the callers.
const TAKEN: u64 = 80;

/// The command as a program would start it that holds descriptors open and leaves no more than the run asks for.
fn crowded(command: &mut Command) -> Output {
    let most = libc::rlimit { rlim_cur: CALLERS + 72, rlim_max: CALLERS + 72 };
    let crowd = move || {
        // The highest ones that are allowed: others may be taken here by what is closed as soon as the program starts.
        for taken in most.rlim_cur - TAKEN..most.rlim_cur {
            // SAFETY: a plain system call.
            if unsafe { libc::dup2(0, taken as libc::c_int) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // SAFETY: `most` is a valid rlimit to read from.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &most) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: between fork and exec it makes plain system calls alone.
    unsafe { command.stdin(Stdio::null()).pre_exec(crowd) }.output().expect("the binary starts")
}

/// Answers while fewer than ten connections are open, and then no more: however slow the machine is, those of all callers are
/// open at the same time.
fn hoarding() -> Server {
    let open = Arc::new(AtomicUsize::new(0));
    Server::start(move |_, mut peer| {
        open.fetch_add(1, Ordering::SeqCst);
        while let Some(request) = peer.request() {
            if open.load(Ordering::SeqCst) < 10 {
                peer.answer(&request.body);
            }
        }
        open.fetch_sub(1, Ordering::SeqCst);
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_load_ends_early_where_this_machine_has_no_descriptors_left() {
    let log = fresh_folder("local_load").join("load.csv");
    let server = hoarding();
    let (callers, url) = (CALLERS.to_string(), server.url());
    let mut command = Command::new(EXE);
    command.args(["load", "scenarios/default.toml", "--quiet", "--no-metrics", "--no-probe", "-n", "100000"]);
    command.args(["-c", &callers, "--target", &url, "-o"]).arg(&log);
    let output = crowded(&mut command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for words in ["ended early", "this machine, not the server", "ulimit -n", "load.abort_after=off"] {
        assert!(said(&output).contains(words), "no {words} in {}", said(&output));
    }
    let table = Table::read(&std::fs::read_to_string(log).expect("a log"));
    let errors = table.column("error");
    let count = |word: &str| errors.iter().filter(|error| **error == word).count();
    assert_eq!(errors.len(), 100_000);
    assert!(count("local_limit") >= 16 && count("unsent") > 50_000, "{}", count("local_limit"));
}

#[test]
fn a_run_says_whose_fault_it_was_and_judges_no_server_by_it() {
    let out = fresh_folder("local_prove");
    let server = hoarding();
    let (callers, url) = (CALLERS.to_string(), server.url());
    let flags =
        ["-c", &callers, "-n", "100000", "--target", &url, "--no-metrics", "--no-probe", "--warmup", "none"];
    let output = crowded(prove_command(&out, &flags).args(["--set", "after.batch=1"]));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stdout}{}", said(&output));
    let results = Results(out.join("runs/latest"));
    let kinds = results.all_caveats();
    for kind in ["ended_early", "local_limit"] {
        assert!(kinds.contains(&kind.to_string()), "{kinds:?}");
    }
    for shown in [&stdout, &results.text("report.html")] {
        assert!(!shown.contains("keep sending as before"), "{shown}");
    }
    assert!(stdout.contains("ulimit -n"), "{stdout}");
}

/// No machine has room for the stack that each thread is to have.
fn without_threads(command: &mut Command) -> Output {
    command.env("RUST_MIN_STACK", (1_u64 << 50).to_string()).output().expect("the binary starts")
}

#[test]
fn a_thread_that_cannot_be_had_is_an_error_and_no_panic() {
    let folder = fresh_folder("local_threads");
    let server = Server::echo(0);
    let url = server.url();
    let load = ["load", "-n", "8", "--no-metrics", "--target", &url, "-o", "load.csv"];
    let prove = ["prove", "-n", "8", "--no-metrics", "--target", &url];
    let mock = ["prove", "-n", "8", "--no-metrics"];
    let metrics = ["prove", "-n", "8", "--metrics-port", "0", "--target", &url];
    for args in [&load[..], &prove, &mock, &metrics] {
        let output = without_threads(Command::new(EXE).current_dir(&folder).args(args));
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
        assert!(said(&output).contains("cannot start the thread"), "{args:?}: {}", said(&output));
        assert!(
            said(&output).contains("ulimit -u") && !said(&output).contains("panicked"),
            "{}",
            said(&output)
        );
    }
    // What is only faster with another thread does without.
    let run = folder.join("run");
    HandmadeRun::of(vec![rising(40, 900); 2], vec![rising(40, 400); 2]).write(&run);
    let output = without_threads(Command::new(EXE).arg("analyze").arg(&run));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
