//! The end of a repetition before its last request, on all its threads at once: somebody wishes it, its results have nowhere to
//! go, one of the threads has failed, or there is no hope left in it.

use std::sync::Arc;

use tokio::sync::watch;

use super::hopeless::{Hopeless, Patience};
use crate::host::Interrupt;
use crate::model::{Moment, Sample};

/// A handle on the end; clones end the same repetition.
#[derive(Clone, Debug)]
pub(super) struct Halt {
    interrupt: Interrupt,
    called: watch::Sender<bool>,
    hopeless: Arc<Hopeless>,
}

impl Halt {
    /// One that the wish to stop calls too, and more failure than there is patience for.
    pub(super) fn new(interrupt: &Interrupt, patience: Option<Patience>) -> Self {
        let hopeless = Arc::new(Hopeless::new(patience));
        Halt { interrupt: interrupt.clone(), called: watch::Sender::new(false), hopeless }
    }

    /// Ends the repetition.
    pub(super) fn call(&self) {
        self.called.send_replace(true);
    }

    /// Takes a request that has ended: it may be one failure too many.
    pub(super) fn take(&self, sample: &Sample) {
        if self.hopeless.take(sample) {
            self.call();
        }
    }

    /// When there was no hope left.
    pub(super) fn gave_up(&self) -> Option<Moment> {
        self.hopeless.gave_up()
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
