//! A terminal that is gone ends nothing: a run whose output nobody reads any more is written all the same.

use std::process::Stdio;

use crate::common::run::{Results, fresh_folder, prove_command};
use crate::common::{kill, wait_until};

#[test]
fn a_run_goes_on_without_a_reader() {
    let out = fresh_folder("no_reader");
    let mut prove = prove_command(&out, &["-n", "120"]);
    let mut prove = prove.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    drop((prove.stdout.take(), prove.stderr.take()));
    assert_eq!(prove.wait().expect("it ends").code(), Some(0));
    assert_eq!(Results(out.join("runs/latest")).comparison()["verdict"], "met");
}

/// Or a pipeline takes an empty document for a good one.
#[test]
fn an_output_that_is_full_is_an_error() {
    let out = fresh_folder("full_output");
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = prove_command(&out, &["--format", "json"]).stdout(full).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write the result to standard output"), "{said}");
    assert_eq!(Results(out.join("runs/latest")).comparison()["verdict"], "met", "the results are there");
}

#[test]
fn ctrl_c_without_a_reader_still_writes_what_there_is() {
    let out = fresh_folder("no_reader_interrupt");
    let mut prove = prove_command(&out, &["-n", "20000", "--set", "mock.fixed_ms=20"]);
    let mut prove = prove.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    drop((prove.stdout.take(), prove.stderr.take()));
    wait_until("the before phase has rows", || {
        let runs = out.join("runs").read_dir().ok()?.filter_map(Result::ok);
        let rows = |folder: std::fs::DirEntry| std::fs::read_to_string(folder.path().join("before.csv")).ok();
        runs.filter_map(rows).any(|text| text.lines().count() > 20).then_some(())
    });
    kill(prove.id(), libc::SIGINT);
    assert_eq!(prove.wait().expect("it ends").code(), Some(130));
    let results = Results(out.join("runs/latest"));
    assert!(results.caveats().contains(&"interrupted".to_string()), "{:?}", results.caveats());
}
