//! The script `run_tests`, with a `cargo` that builds nothing: what it passes on, and what it says when it cannot.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::EXE;
use crate::common::run::{Results, fresh_folder, write_program};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A folder that holds a `PATH` of its own, a build and the working directory.
struct Stage(PathBuf);

impl Stage {
    /// Without a `cargo`.
    fn new(name: &str) -> Self {
        let stage = Self(fresh_folder(name));
        for folder in ["path", "elsewhere", "target/dist"] {
            std::fs::create_dir_all(stage.0.join(folder)).expect("a folder");
        }
        for program in ["bash", "dirname"] {
            symlink(found(program), stage.0.join("path").join(program)).expect("a link");
        }
        stage
    }

    fn with_cargo(self, script: &str) -> Self {
        self.program("path/cargo", script);
        self
    }

    fn program(&self, name: &str, script: &str) {
        write_program(&self.0.join(name), &format!("#!{}\n{script}\n", found("bash").display()));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the script starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(Path::new(ROOT).join("run_tests"));
        command.args(arguments).current_dir(self.0.join("elsewhere"));
        command.env("PATH", self.0.join("path")).env("CARGO_TARGET_DIR", self.0.join("target"));
        command
    }
}

fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file()).unwrap_or_else(|| panic!("no {program} on the PATH"))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn it_passes_arguments_on_as_they_are_and_keeps_the_exit_code() {
    let stage = Stage::new("run_tests_arguments").with_cargo("exit 0");
    stage.program("target/dist/spanload", "printf '%s\\n' \"$@\"; exit 99");
    let output = stage.run(&["-n", "5", "--sla", "p95=1 ms", "*"]);
    assert_eq!(output.status.code(), Some(99), "{output:?}");
    let expected =
        format!("prove\n{ROOT}/scenarios/default.toml\n--out\n{ROOT}/results\n-n\n5\n--sla\np95=1 ms\n*\n");
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn a_signal_for_it_reaches_the_proof() {
    let stage = Stage::new("run_tests_signal").with_cargo("exit 0");
    stage.program("target/dist/spanload", "echo $$");
    let child = stage.command(&[]).stdout(Stdio::piped()).spawn().expect("the script starts");
    let id = child.id();
    let output = child.wait_with_output().expect("an output");
    assert_eq!(text(&output.stdout).trim(), id.to_string(), "one process, whoever is asked to stop it");
}

#[test]
fn it_builds_what_the_lock_file_says() {
    let stage = Stage::new("run_tests_build").with_cargo("printf '%s ' \"$@\"");
    stage.program("target/dist/spanload", "exit 0");
    let output = stage.run(&[]);
    let arguments = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    for argument in ["build ", "--profile dist ", "--locked ", &format!("--manifest-path {ROOT}/Cargo.toml ")]
    {
        assert!(arguments.contains(argument), "{arguments}");
    }
}

#[test]
fn it_runs_a_real_proof_from_another_directory() {
    let stage = Stage::new("run_tests_real").with_cargo("exit 0");
    symlink(EXE, stage.0.join("target/dist/spanload")).expect("a link");
    let small =
        ["-n", "16", "-c", "8", "--repetitions", "1", "--set", "mock.fixed_ms=5", "--set", "mock.item_ms=1"];
    let output = stage.run(&[&small[..], &["--out", "runs", "--sla", "p95=1ms"]].concat());
    assert_eq!(output.status.code(), Some(99), "{output:?}");
    let results = Results(stage.0.join("elsewhere/runs/latest"));
    assert_eq!(results.comparison()["exit_code"], 99);
}

#[test]
fn without_cargo_it_names_the_remedy() {
    let output = Stage::new("run_tests_no_cargo").run(&[]);
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint.contains("cargo is not on the PATH") && complaint.contains("rustup"), "{complaint}");
}

#[test]
fn the_rust_that_it_asks_for_is_the_one_of_the_manifest() {
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("the manifest");
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
    let output = Stage::new("run_tests_version").run(&[]);
    let complaint = text(&output.stderr);
    assert!(
        complaint.contains(&format!("install Rust {} or newer", wanted.trim_matches('"'))),
        "{complaint}"
    );
}

#[test]
fn a_build_that_fails_names_the_remedy_and_runs_nothing() {
    let stage = Stage::new("run_tests_failed_build").with_cargo("exit 101");
    stage.program("target/dist/spanload", "echo an old build");
    let output = stage.run(&[]);
    let complaint = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(
        complaint.contains("the build failed") && complaint.contains("cargo fetch --locked"),
        "{complaint}"
    );
}
