//! The wish to stop, as seen by every part of a run: set once by SIGINT, SIGTERM or SIGHUP.

use tokio::sync::watch;

pub use crate::model::Signal;

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
