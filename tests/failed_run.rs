//! A run that fails on its way: what it leaves behind is as true as it can be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::processes::children_of;
use crate::common::run::{Results, fresh_folder, prove_command};
use crate::common::{EXE, kill, wait_until};

/// The folder of a run that has sent requests, but for the older one.
fn measuring(out: &Path, older: &Path) -> Option<PathBuf> {
    let runs = out.join("runs").read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let new = runs.filter(|path| path.is_dir() && path.file_name() != older.file_name());
    let rows = |path: &PathBuf| {
        std::fs::read_to_string(path.join("before.csv")).is_ok_and(|text| text.lines().count() > 20)
    };
    new.into_iter().filter(|path| !path.is_symlink()).find(rows)
}

/// A folder with one run that went well, and where `runs/latest` leads to now.
fn after_one_that_went_well(name: &str) -> (PathBuf, PathBuf) {
    let out = fresh_folder(name);
    let went_well = prove_command(&out, &["-n", "16", "-c", "4"]).output().expect("the binary starts");
    assert_eq!(went_well.status.code(), Some(0), "{went_well:?}");
    let older = out.join("runs/latest").read_link().expect("a link");
    (out, older)
}

/// One that is long enough to be ended on its way.
fn long_run(out: &Path) -> Command {
    prove_command(out, &["-n", "20000", "--set", "mock.fixed_ms=20", "--set", "mock.item_ms=0"])
}

#[test]
fn the_newest_run_is_the_failed_one_and_its_manifest_knows_what_was_measured() {
    let (out, older) = after_one_that_went_well("failed_run");
    let latest = out.join("runs/latest");
    let mut command = long_run(&out);
    let prove = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let folder = wait_until("before.csv has rows", || measuring(&out, &older));
    let mock =
        children_of(prove.id()).into_iter().find(|child| child.arguments.iter().any(|one| one == "mock"));
    kill(mock.expect("the mock").pid, libc::SIGKILL);
    let output = prove.wait_with_output().expect("an output");

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        latest.read_link().expect("a link").file_name(),
        folder.file_name(),
        "not an older one that went well"
    );
    let results = Results(folder);
    let noted = results.manifest()["repetitions"].as_array().expect("a list").clone();
    assert!(noted.iter().any(|one| one["phase"] == "calibration"), "{noted:?}");
    assert!(noted.iter().any(|one| one["phase"] == "before"), "{noted:?}");
    assert!(results.text("report.html").contains("the mock"), "the page says why");
}

#[test]
fn a_run_that_was_killed_is_the_newest_too() {
    let (out, older) = after_one_that_went_well("killed_run");
    let latest = out.join("runs/latest");
    let mut command = long_run(&out);
    let mut prove = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let folder = wait_until("before.csv has rows", || measuring(&out, &older));
    prove.kill().expect("SIGKILL");
    prove.wait().expect("a child");
    assert_eq!(latest.read_link().expect("a link").file_name(), folder.file_name());
    let report = Command::new(EXE).arg("report").arg(&latest).output().expect("the binary starts");
    assert_eq!(report.status.code(), Some(0), "{report:?}");
    assert!(Results(folder).text("report.html").contains("rows"), "what is missing is said");
}
