//! Whether the end of a terminal ends this process: not where whoever started it said so, as `nohup` does.

/// Whether SIGHUP is ignored. To be asked before anything listens for it.
pub fn is_ignored() -> bool {
    // SAFETY: sigaction is plain data, for which all-zero is a value.
    let mut found: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: nothing is changed, and `found` is a valid sigaction to write to.
    let asked = unsafe { libc::sigaction(libc::SIGHUP, std::ptr::null(), &mut found) } == 0;
    asked && found.sa_sigaction == libc::SIG_IGN
}
