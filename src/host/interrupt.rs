//! The wish to stop, as seen by every part of a run: set once by SIGINT, SIGTERM or SIGHUP.

use thiserror::Error;
use tokio::sync::watch;

pub use crate::model::Signal;

/// Somebody wished to stop before there was anything to write.
#[derive(Clone, Copy, Debug, Error)]
#[error("interrupted before anything was measured")]
pub struct Interrupted(pub Signal);

/// A handle on the wish to stop; clones see the same wish.
#[derive(Clone, Debug)]
pub struct Interrupt {
    receiver: watch::Receiver<Option<Signal>>,
}

impl Interrupt {
    /// A wish and the sender that expresses it.
    pub fn new() -> (watch::Sender<Option<Signal>>, Interrupt) {
        let (sender, receiver) = watch::channel(None);
        (sender, Interrupt { receiver })
    }

    /// One that nobody will express.
    pub fn never() -> Interrupt {
        Interrupt::new().1
    }

    /// The signal that came, if one has.
    pub fn signal(&self) -> Option<Signal> {
        *self.receiver.borrow()
    }

    /// What comes of some work that may take its time and has left nothing to write yet.
    ///
    /// # Errors
    /// Its own, and [`Interrupted`] as soon as a signal comes.
    pub async fn or_stop<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::select! {
            outcome = work => outcome,
            signal = self.wait() => Err(Interrupted(signal).into()),
        }
    }

    /// Waits for a signal; for ever if none can come any more.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.receiver.clone();
        let signal = receiver.wait_for(Option::is_some).await.ok().and_then(|signal| *signal);
        match signal {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_without_end_ends_with_the_first_signal() {
        let (wish, interrupt) = Interrupt::new();
        assert_eq!(interrupt.or_stop(async { Ok(7) }).await.expect("nobody is in its way"), 7);
        wish.send(Some(Signal::Terminate)).expect("somebody listens");
        let error = interrupt
            .or_stop(std::future::pending::<anyhow::Result<()>>())
            .await
            .expect_err("it was stopped");
        assert!(matches!(error.downcast_ref(), Some(Interrupted(Signal::Terminate))), "{error}");
    }
}
