//! A run that fails on its way: what it leaves behind is as true as it can be.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::processes::children_of;
use crate::common::run::{Results, fresh_folder, prove_command};
use crate::common::wire::Server;
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

/// Does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server has nothing to say after a while, so that nobody learns of the disk by another row.
#[test]
fn a_load_that_cannot_be_written_down_ends_at_once_and_names_the_file() {
    let log = fresh_folder("failed_log").join("before.csv");
    let answered = AtomicUsize::new(0);
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            if answered.fetch_add(1, Ordering::SeqCst) >= 1_000 {
                return peer.until_closed();
            }
            peer.answer("{}");
        }
    });
    // A file can become so long and no longer, which is an error as that of a full disk where the signal is ignored.
    let limited = "trap '' XFSZ; ulimit -f 40; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh", EXE, "load", "scenarios/default.toml", "--quiet", "--no-metrics"]);
    command.args(["--target", &server.url(), "-n", "100000", "--set", "target.timeout_ms=3600000"]);
    command.arg("-o").arg(&log).stdout(Stdio::null());
    let errors = log.with_file_name("errors");
    command.stderr(File::create(&errors).expect("the disk has room"));
    let mut load = Killed(command.spawn().expect("there is a shell"));
    let status = wait_until("it ends", || load.0.try_wait().expect("our child"));
    let said = std::fs::read_to_string(&errors).expect("what it said");
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot write {}; check that the disk", log.display())), "{said}");
}
