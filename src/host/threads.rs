//! Threads. One that cannot be had is an error with a remedy, where the libraries' own ways to start one panic.

use std::thread::{Builder, JoinHandle};

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

/// Starts a thread with this name.
///
/// # Errors
/// There is none to be had.
pub fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(work).with_context(|| no_thread(name))
}

/// Why there is none, and what to do.
pub fn no_thread(name: &str) -> String {
    format!(
        "cannot start the thread `{name}`; end other programs, or raise this machine's limit of threads (ulimit -u) or memory"
    )
}

/// Does what takes its time on a thread of its own, while this one listens for Ctrl-C.
///
/// # Errors
/// There is no thread to be had, or it panicked.
pub async fn aside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (done, outcome) = oneshot::channel();
    thread(name, move || {
        // Who does not wait any more has been interrupted.
        let _ = done.send(work());
    })?;
    outcome.await.map_err(|_| anyhow!("the thread `{name}` panicked"))
}
