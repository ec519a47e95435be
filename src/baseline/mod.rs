//! Runs the given load test exactly as it is, against the same server; reads what other tools logged.

pub mod foreign;

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use tokio::process::Command;

use crate::host::Interrupt;

/// The script and what it is told through its environment.
#[derive(Debug)]
pub struct Script<'a> {
    /// The file.
    pub path: &'a Path,
    /// `ENDPOINT`.
    pub endpoint: &'a str,
    /// `TOTAL_REQUESTS`.
    pub requests: u64,
    /// `MAX_WORKERS`.
    pub workers: usize,
    /// `LOG_PATH`.
    pub log: &'a Path,
}

/// How a run of the script ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It was stopped, because the run was.
    Interrupted,
}

/// The version of `python3`, such as `Python 3.11.7`; `None` where there is none.
pub async fn interpreter() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Runs the script to its end. What it prints goes to `printed`.
pub async fn run(script: Script<'_>, printed: std::fs::File, interrupt: &Interrupt) -> anyhow::Result<Ended> {
    let errors = printed.try_clone().context("cannot share the script's output file")?;
    let mut command = Command::new("python3");
    command
        .arg("-B") // leaves no compiled file beside the script
        .arg(script.path)
        .env("ENDPOINT", script.endpoint)
        .env("TOTAL_REQUESTS", script.requests.to_string())
        .env("MAX_WORKERS", script.workers.to_string())
        .env("LOG_PATH", script.log)
        // A proxy of the environment would stand between the script and the server it measures.
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        .stdin(Stdio::null())
        .stdout(printed)
        .stderr(errors)
        .process_group(0)
        .kill_on_drop(true);
    die_with_parent(&mut command);
    let mut child = command.spawn().context("cannot start python3")?;
    tokio::select! {
        status = child.wait() => Ok(Ended::Exited(status.context("cannot wait for the script")?)),
        _ = interrupt.wait() => {
            child.kill().await.context("cannot stop the script")?;
            Ok(Ended::Interrupted)
        }
    }
}

/// A script does not watch its standard input, so the kernel must end it when its parent is killed.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    // SAFETY: prctl is a system call and touches no memory of the parent's.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}
