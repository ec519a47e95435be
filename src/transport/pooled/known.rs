//! Which connection of the pool is which: by its two addresses, for the pool itself has no names for them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use hyper_util::client::legacy::connect::HttpInfo;

use crate::model::Moment;

/// A connection that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownConnection {
    /// Unique within the repetition.
    pub id: u64,
    /// When it was open: no exchange can have used it before.
    pub ready: Moment,
    /// Who is at the other end.
    pub peer: SocketAddr,
}

/// All that were opened. Of one that is closed the entry stays until its local port is given again, so that there are never
/// more than there are ports.
#[derive(Debug, Default)]
pub(super) struct KnownConnections(Mutex<HashMap<(SocketAddr, SocketAddr), KnownConnection>>);

impl KnownConnections {
    pub(super) fn add(&self, info: &HttpInfo, id: u64, ready: Moment) {
        let known = KnownConnection { id, ready, peer: info.remote_addr() };
        self.lock().insert((info.local_addr(), info.remote_addr()), known);
    }

    pub(super) fn find(&self, info: &HttpInfo) -> Option<KnownConnection> {
        self.lock().get(&(info.local_addr(), info.remote_addr())).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(SocketAddr, SocketAddr), KnownConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
