//! The limit of open files: a connection is a file, and a run that hits the limit measures the limit.

use anyhow::bail;

/// Files that a run needs beside its connections: logs, pipes, the runtimes' own.
const BESIDE: u64 = 64;
/// Files of a thread of the engine: what its runtime waits with, and is woken by.
const PER_THREAD: u64 = 8;

/// For how many of so many connections on so many threads there is room, after the soft limit was raised as far as it takes and
/// as the hard one allows; at least one.
pub fn room(connections: u64, threads: usize) -> usize {
    let beside = BESIDE + PER_THREAD * threads as u64;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit to write to.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return 1;
    }
    let needed = connections.saturating_add(beside);
    let wanted = libc::rlimit { rlim_cur: needed.min(limit.rlim_max).max(limit.rlim_cur), ..limit };
    // SAFETY: `wanted` is a valid rlimit to read from.
    let raised = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &wanted) } == 0;
    let files = if raised { wanted.rlim_cur } else { limit.rlim_cur };
    usize::try_from(files.min(needed).saturating_sub(beside)).unwrap_or(usize::MAX).max(1)
}

/// Makes room for so many connections on so many threads, by raising the soft limit where it is too low.
pub fn make_room(connections: u64, threads: u64) -> anyhow::Result<()> {
    let needed = connections + BESIDE + PER_THREAD * threads;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit to write to.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 || limit.rlim_cur >= needed {
        return Ok(());
    }
    if limit.rlim_max < needed {
        bail!(
            "load.workers: {connections} connections need {needed} open files, but this process may have {} at \
             most; raise the hard limit (ulimit -Hn) or use fewer workers (-c) or connections",
            limit.rlim_max
        );
    }
    limit.rlim_cur = needed;
    // SAFETY: `limit` is a valid rlimit to read from.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } != 0 {
        bail!(
            "load.workers: {connections} connections need {needed} open files and the limit cannot be raised: {}; \
             raise it (ulimit -n {needed}) or use fewer workers (-c) or connections",
            std::io::Error::last_os_error()
        );
    }
    Ok(())
}
