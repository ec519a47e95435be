//! The wish to stop, as seen by every part of a run: set once by SIGINT or SIGTERM.

use tokio::sync::watch;

/// Why a run was stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A polite kill, as by a job scheduler.
    Terminate,
}

impl Signal {
    /// The exit code that a shell expects: 128 + the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }
}

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
