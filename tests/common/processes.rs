//! Which processes a run has started, as the kernel lists them.
use std::path::Path;
use std::process::Child;

use super::wait_until;
use super::wire::pause;

/// A child process and its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    pub arguments: Vec<String>,
}

impl Process {
    /// The value of `--flag=value`.
    pub fn flag(&self, flag: &str) -> Option<&str> {
        self.arguments.iter().find_map(|argument| argument.strip_prefix(flag)?.strip_prefix('='))
    }

    /// Waits until the kernel does not know it any more, or only as a corpse that nobody has collected.
    pub fn wait_until_gone(&self) {
        wait_until("the process is gone", || (!is_alive(self.pid)).then_some(()));
    }
}

/// The processes that `parent` has started and that live. Empty where there is no `/proc`.
pub fn children_of(parent: u32) -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let children = pids.filter(|pid| parent_of(*pid) == Some(parent) && is_alive(*pid)).filter_map(process);
    // Until a child runs its own program it has its parent's command line, whatever words are in that.
    let own = process(parent).map(|parent| parent.arguments);
    children.filter(|child| Some(&child.arguments) != own.as_ref()).collect()
}

fn process(pid: u32) -> Option<Process> {
    let line = std::fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).ok()?;
    let arguments = String::from_utf8_lossy(&line).split_terminator('\0').map(String::from).collect();
    Some(Process { pid, arguments })
}

fn parent_of(pid: u32) -> Option<u32> {
    status(pid, "PPid:")?.parse().ok()
}

fn is_alive(pid: u32) -> bool {
    status(pid, "State:").is_some_and(|state| !state.starts_with('Z'))
}

fn status(pid: u32, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_string())
}

/// The most memory that a process has until it ends, in kB. The mark only rises, so that the last look before the end sees all but its last moments.
pub fn high_water_mark(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().expect("our child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = mark.and_then(|mark| mark.parse().ok()).unwrap_or(0).max(most);
        pause(5);
    }
    most
}
