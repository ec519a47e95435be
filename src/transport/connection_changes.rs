//! What the connections of a thread tell whoever hands out exchanges: how many are open, and that one carries more or less than
//! it did.

use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

/// Shared by the marks of all connections of a thread.
#[derive(Default)]
pub struct ConnectionChanges {
    open: Cell<u64>,
    changed: Notify,
    /// Connections that delivered what nobody had asked for, and that nobody has been told of yet.
    surplus: RefCell<Vec<u64>>,
}

impl ConnectionChanges {
    /// How many connections are open or being opened.
    pub fn open(&self) -> u64 {
        self.open.get()
    }

    /// Waits until a connection has changed since the last wait.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A connection carries more exchanges than it did, or fewer.
    pub fn tell(&self) {
        self.changed.notify_one();
    }

    /// Which connections have delivered bytes that nobody had asked for since this was last asked. What was taken from them as an
    /// answer, but for the first one, may be the answer to another request.
    pub fn take_surplus(&self) -> Vec<u64> {
        self.surplus.take()
    }

    pub(super) fn surplus(&self, id: u64) {
        self.surplus.borrow_mut().push(id);
    }

    pub(super) fn begins(&self) {
        self.open.set(self.open.get() + 1);
    }

    pub(super) fn ends(&self) {
        self.open.set(self.open.get() - 1);
    }
}
