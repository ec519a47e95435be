//! Runs the given load test to its end, or to the end of its time; nothing that it started outlives it.

use std::fs::File;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use super::load_test::LoadTest;
use super::placeholders::Brief;
use crate::host::Interrupt;

/// How a run of the load test ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It was not even started.
    NotStarted(io::Error),
    /// It was stopped, because its time was over.
    OutOfTime,
    /// It was stopped, because the run was.
    Interrupted,
}

/// The version of `python3`, such as `Python 3.11.7`; `None` where there is none.
pub async fn interpreter() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Runs it. What it prints goes to `printed`.
///
/// # Errors
/// Its end cannot be waited for.
pub async fn run(
    test: &LoadTest,
    brief: Brief<'_>,
    printed: File,
    limit: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<Ended> {
    let errors = printed.try_clone().context("cannot share the script's output file")?;
    let mut command = test.command(&brief);
    command
        .env("ENDPOINT", brief.endpoint)
        .env("TOTAL_REQUESTS", brief.requests.to_string())
        .env("MAX_WORKERS", brief.workers.to_string())
        .env("LOG_PATH", brief.log)
        // A proxy of the environment would stand between the script and the server it measures.
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        .stdin(Stdio::null())
        .stdout(printed)
        .stderr(errors)
        .process_group(0)
        .kill_on_drop(true);
    die_with_parent(&mut command);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(why) => return Ok(Ended::NotStarted(why)),
    };
    let group = ProcessGroup::of(child.id());
    let ended = tokio::select! {
        status = child.wait() => return Ok(Ended::Exited(status.context("cannot wait for the script")?)),
        () = tokio::time::sleep(limit) => Ended::OutOfTime,
        _ = interrupt.wait() => Ended::Interrupted,
    };
    drop(group);
    child.wait().await.context("cannot stop the script")?;
    Ok(ended)
}

/// All that it started. What stays behind would send beside the phases.
struct ProcessGroup(Option<libc::pid_t>);

impl ProcessGroup {
    fn of(leader: Option<u32>) -> Self {
        // Neither 0 nor 1: a negative one of these would mean others.
        ProcessGroup(leader.and_then(|id| libc::pid_t::try_from(id).ok()).filter(|id| *id > 1))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // SAFETY: a plain system call on the group that the child was made the leader of.
            unsafe { libc::kill(-leader, libc::SIGKILL) };
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
