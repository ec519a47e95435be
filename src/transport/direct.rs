//! The direct transport, the measuring instrument: HTTP/1.1 on connections that it owns, so that it knows exactly which
//! request paid for which connection.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use super::dial::{Dial, Resolve, TcpDialer};
use super::http1::{Http1, Scratch};
use super::{ConnectionMarks, Endpoint, Transport};
use crate::model::{ErrorKind, Stage, StageSet};

/// Opens connections to one endpoint.
pub struct Direct<D = TcpDialer> {
    endpoint: Arc<Endpoint>,
    resolver: Box<dyn Resolve>,
    dialer: D,
    scratch: Rc<RefCell<Scratch>>,
}

impl<D> Direct<D> {
    /// What it can see: everything, for it reads and writes the bytes itself.
    pub const OBSERVES: StageSet = StageSet::ALL;

    /// A transport to `endpoint` that looks its name up with `resolver` for every connection.
    pub fn new(endpoint: Arc<Endpoint>, resolver: impl Resolve + 'static, dialer: D) -> Self {
        Direct { endpoint, resolver: Box::new(resolver), dialer, scratch: Rc::default() }
    }

    /// The endpoint's addresses. An IP literal needs no lookup, so its `dns` stage is absent.
    async fn resolve(&self, marks: &ConnectionMarks) -> Result<Vec<SocketAddr>, ErrorKind> {
        let Endpoint { host, port, .. } = &*self.endpoint;
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, *port)]);
        }
        marks.begin(Stage::Dns);
        let addresses = self.resolver.resolve(host, *port).await;
        let addresses = addresses.ok().filter(|found| !found.is_empty()).ok_or(ErrorKind::Dns)?;
        marks.end();
        Ok(addresses)
    }
}

impl<D: Dial> Direct<D> {
    /// Connects to the first address that answers.
    async fn connect(&self, addresses: &[SocketAddr], marks: &ConnectionMarks) -> io::Result<D::Stream> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match self.dialer.dial(*address, marks).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl<D: Dial> Transport for Direct<D> {
    type Connection = Http1<D::Stream>;

    fn observes(&self) -> StageSet {
        Self::OBSERVES
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<Self::Connection, ErrorKind> {
        let addresses = self.resolve(marks).await?;
        marks.begin(Stage::Connect);
        let stream = self.connect(&addresses, marks).await.map_err(|error| connect_error(&error))?;
        marks.end();
        Ok(Http1::new(stream, Rc::clone(marks), Arc::clone(&self.endpoint), Rc::clone(&self.scratch)))
    }
}

fn connect_error(error: &io::Error) -> ErrorKind {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => ErrorKind::ConnectRefused,
        (io::ErrorKind::ConnectionReset, _) => ErrorKind::Reset,
        (io::ErrorKind::TimedOut, _) => ErrorKind::Timeout,
        (_, Some(libc::EMFILE | libc::ENFILE | libc::EADDRNOTAVAIL)) => ErrorKind::LocalLimit,
        _ => ErrorKind::ConnectFailed,
    }
}
