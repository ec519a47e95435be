//! What a terminal shows: a bar while a run is on, colour where it is wanted, and nothing left behind at any end.

use std::path::Path;
use std::process::Command;

use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::pty::{OnTerminal, screen};
use crate::common::run::{fresh_folder, prove_command};
use crate::common::{EXE, kill, wait_until};
use spanload::host::console;
use spanload::report::{ExpectedLoad, Progress};
use spanload::runlog::Live;

/// Shows the cursor: the last thing that is written to a terminal on a way out that unwinds nothing.
const SHOW_CURSOR: &str = "\x1b[?25h";

fn has_bar(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("before 1/") && line.contains('['))
}

#[test]
#[ignore = "the process that panics in the test below"]
fn a_process_that_panics() {
    console::restore_on_panic();
    // The test harness has begun a line.
    console::say("");
    let step = Progress::new(false, ExpectedLoad::default()).part("before 1/3", 600);
    let live = Live { ended: 30, stages: [1, 0, 0, 2, 0, 0, 7, 0], ..Live::default() };
    // A bar is drawn at most so often; what is asserted is only that one was.
    for _ in 0..5 {
        step.show(&live);
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    panic!("as it would in the middle of a run");
}

#[test]
fn a_panic_takes_the_bar_away_and_is_readable() {
    let mut command = Command::new(std::env::current_exe().expect("this test's own binary"));
    command.args([
        "--exact",
        "terminal::a_process_that_panics",
        "--ignored",
        "--nocapture",
        "--test-threads",
        "1",
    ]);
    let (code, written) = OnTerminal::start(command.env("RUST_BACKTRACE", "0"), 100).finish();
    assert_eq!(code, Some(101), "{written}");
    assert!(written.contains("before 1/3 [") && written.contains("30/600"), "there was a bar: {written}");
    let lines = screen(&written, 100);
    assert!(!has_bar(&lines), "{lines:#?}");
    assert!(lines.iter().any(|line| line == "as it would in the middle of a run"), "{lines:#?}");
    assert!(written.find(SHOW_CURSOR) < written.find("as it would"), "restored before it is said");
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_leaves_no_bar() {
    let out = fresh_folder("terminal_signals");
    let mut command = prove_command(&out, &["-n", "20000", "--set", "mock.fixed_ms=50"]);
    let prove = OnTerminal::start(&mut command, 100);
    wait_until("a bar is drawn", || prove.so_far().contains("before 1/1 [").then_some(()));
    kill(prove.child.id(), libc::SIGINT);
    kill(prove.child.id(), libc::SIGINT);
    let (code, written) = prove.finish();
    assert_eq!(code, Some(130));
    assert!(!has_bar(&screen(&written, 100)), "{:#?}", screen(&written, 100));
}

#[test]
fn the_bar_shows_where_the_run_stands_and_goes() {
    let out = fresh_folder("terminal_bar");
    let mut command = prove_command(&out, &["-n", "400", "--set", "mock.fixed_ms=60", "--sla", "p95=10s"]);
    let (code, written) = OnTerminal::start(&mut command, 80).finish();
    assert_eq!(code, Some(0), "{written}");
    for shown in ["before 1/1 [", "/400", "requests/s, no errors", "P95 ", "≤ 10000 ms", "left", "wait "] {
        assert!(written.contains(shown), "no `{shown}` in {written}");
    }
    let lines = screen(&written, 80);
    assert!(!has_bar(&lines), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("SLA MET")), "{lines:#?}");
}

/// What `analyze` writes of a run made by hand, with these flags and variables; on a terminal or not.
fn analyzed(folder: &Path, terminal: bool, flags: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(EXE);
    command.arg("analyze").arg(folder).args(flags);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").envs(variables.iter().copied());
    if terminal {
        return OnTerminal::start(&mut command, 100).finish().1;
    }
    String::from_utf8(command.output().expect("the binary starts").stdout).expect("text")
}

#[test]
fn colour_is_where_it_is_wanted() {
    let folder = fresh_folder("terminal_colour").join("run");
    HandmadeRun::of(vec![rising(40, 900); 2], vec![rising(40, 400); 2]).write(&folder);
    let coloured = |terminal, flags: &[&str], variables: &[(&str, &str)]| {
        let text = analyzed(&folder, terminal, flags, variables);
        assert!(text.contains("SLA ") && text.contains("MET"), "{text}");
        text.contains("\x1b[")
    };
    assert!(coloured(true, &[], &[]), "on a terminal");
    assert!(!coloured(false, &[], &[]), "in a file");
    assert!(!coloured(true, &["--no-color"], &[]));
    assert!(!coloured(true, &[], &[("NO_COLOR", "1")]));
    assert!(coloured(true, &[], &[("NO_COLOR", "")]), "set to nothing is not set");
    assert!(coloured(false, &[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(true, &[], &[("TERM", "dumb")]));
}
