//! The servers of the mock: how a port is had, and given back.

use std::io::ErrorKind;
use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use anyhow::Context;

/// Shorter than a parent's patience with its child.
pub(super) const GRACE_SECONDS: u64 = 2;

/// The words by which a parent recognises that only the port was in the way.
pub(super) const PORT_TAKEN: &str = "is already in use";

/// A server that listens, and how to stop it.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    handle: ServerHandle,
    task: rt::task::JoinHandle<std::io::Result<()>>,
}

impl Listening {
    pub(super) fn start(address: SocketAddr, server: Server) -> Self {
        Self { address, handle: server.handle(), task: rt::spawn(server) }
    }

    /// Answers what was accepted, within the grace time.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(true).await;
        let served = self.task.await.context("the server panicked")?;
        served.context("the server failed")
    }
}

/// Why a port cannot be had, and the flag that asks for another.
pub(super) fn cannot_bind(flag: &str, address: SocketAddr, cause: std::io::Error) -> anyhow::Error {
    let port = address.port();
    anyhow::Error::msg(match cause.kind() {
        ErrorKind::AddrInUse => format!(
            "{flag} {port}: {address} {PORT_TAKEN}; stop the program that listens there, name another port, or 0 for a free one"
        ),
        ErrorKind::PermissionDenied => {
            format!("{flag} {port}: {address} needs privileges; name a port above 1023, or 0 for a free one")
        }
        ErrorKind::AddrNotAvailable => {
            format!("--host {}: no interface of this machine has this address; use 127.0.0.1", address.ip())
        }
        _ => format!("{flag} {port}: cannot listen on {address}: {cause}; name another address or port"),
    })
}
