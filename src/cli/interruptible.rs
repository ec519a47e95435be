//! Commands that a signal can stop.

use tokio::signal::unix::{self, SignalKind, signal};

use crate::host::{Interrupt, console, hang_up};
use crate::model::{Exit, Signal};

/// Runs a command that can be interrupted. A second signal ends it at once.
pub(super) fn interruptible(
    command: impl AsyncFnOnce(&Interrupt) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let (wish, interrupt) = Interrupt::new();
        let (mut ctrl_c, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut hang_up = (!hang_up::is_ignored()).then(|| signal(SignalKind::hangup())).transpose()?;
        tokio::spawn(async move {
            let mut again = false;
            loop {
                let signal = tokio::select! {
                    _ = ctrl_c.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
                    _ = hung_up(hang_up.as_mut()) => Signal::HangUp,
                };
                if std::mem::replace(&mut again, true) {
                    console::restore();
                    std::process::exit(i32::from(Exit::Interrupted(signal).code()));
                }
                let _ = wish.send(Some(signal));
                console::say("stopping; what there is will be written (once more to stop at once)");
            }
        });
        command(&interrupt).await
    });
    // A name lookup cannot be cancelled; to wait for one that does not return would be to hang with it.
    runtime.shutdown_background();
    outcome
}

/// For ever, where nobody listens for it.
async fn hung_up(signal: Option<&mut unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
