//! The end of a repetition before its last request, on all its threads at once: somebody wishes it, its results have nowhere to
//! go, or one of the threads has failed.

use tokio::sync::watch;

use crate::host::Interrupt;

/// A handle on the end; clones end the same repetition.
#[derive(Clone, Debug)]
pub(super) struct Halt {
    interrupt: Interrupt,
    called: watch::Sender<bool>,
}

impl Halt {
    /// One that the wish to stop calls too.
    pub(super) fn new(interrupt: &Interrupt) -> Self {
        Halt { interrupt: interrupt.clone(), called: watch::Sender::new(false) }
    }

    /// Ends the repetition.
    pub(super) fn call(&self) {
        self.called.send_replace(true);
    }

    /// Waits for the end.
    pub(super) async fn called(&self) {
        let mut called = self.called.subscribe();
        tokio::select! {
            // This handle is a sender, so that the wait cannot fail.
            _ = called.wait_for(|called| *called) => {}
            _ = self.interrupt.wait() => {}
        }
    }

    /// Ends the repetition when the guard is dropped, as a panic does or an early return, unless that is waived before.
    pub(super) fn guard(&self) -> HaltGuard<'_> {
        HaltGuard(Some(self))
    }
}

/// Ends a repetition when it is dropped.
pub(super) struct HaltGuard<'a>(Option<&'a Halt>);

impl HaltGuard<'_> {
    /// Nothing has gone wrong.
    pub(super) fn waive(mut self) {
        self.0 = None;
    }
}

impl Drop for HaltGuard<'_> {
    fn drop(&mut self) {
        if let Some(halt) = self.0 {
            halt.call();
        }
    }
}
