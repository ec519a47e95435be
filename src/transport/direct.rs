//! The direct transport, the measuring instrument: HTTP/1.1 and HTTP/2 on connections that it owns, so that it knows exactly
//! which request paid for which connection.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_rustls::TlsConnector;

use super::dial::{Dial, Resolve, SystemDialer, race};
use super::http1::{Http1, Scratch};
use super::http2::Http2;
use super::io_error::connect_error;
use super::stream::SecuredStream;
use super::{
    Address, BodySink, ConnectSettings, Connection, ConnectionMarks, Endpoint, ExchangeMarks, Failure, Head,
    Request, Transport, tls,
};
use crate::model::{ErrorKind, HttpChoice, HttpVersion, Peer, Stage, StageSet};

/// Opens connections to one endpoint.
pub struct Direct<D = SystemDialer> {
    endpoint: Arc<Endpoint>,
    settings: ConnectSettings,
    resolver: Box<dyn Resolve>,
    dialer: D,
    scratch: Rc<RefCell<Scratch>>,
}

impl<D> Direct<D> {
    /// What it can see: everything, for it reads and writes the bytes itself.
    pub const OBSERVES: StageSet = StageSet::ALL;

    /// A transport to `endpoint` that looks its name up with `resolver` for every connection.
    pub fn new(endpoint: Arc<Endpoint>, resolver: impl Resolve + 'static, dialer: D) -> Self {
        let settings = ConnectSettings::default();
        Direct { endpoint, settings, resolver: Box::new(resolver), dialer, scratch: Rc::default() }
    }

    /// The same, with connections that are made like this.
    pub fn connecting(self, settings: ConnectSettings) -> Self {
        Direct { settings, ..self }
    }

    /// The addresses of a host. An IP literal needs no lookup, nor does a name whose addresses are given: then there is no `dns`
    /// stage.
    async fn resolve(
        &self,
        host: &str,
        port: u16,
        marks: &ConnectionMarks,
    ) -> Result<Vec<SocketAddr>, ErrorKind> {
        if let Some(address) = self.endpoint.address.literal() {
            return Ok(vec![address]);
        }
        if !self.settings.addresses.is_empty() {
            return Ok(self.settings.addresses.clone());
        }
        marks.begin(Stage::Dns);
        let found = self.resolver.resolve(host, port).await;
        let found = found.inspect_err(|error| marks.failed(error)).unwrap_or_default();
        if found.is_empty() {
            return Err(ErrorKind::Dns);
        }
        marks.end();
        Ok(found)
    }
}

impl<D: Dial> Direct<D> {
    /// A stream to the endpoint, and who is at the other end.
    async fn connect(&self, marks: &ConnectionMarks) -> Result<D::Stream, ErrorKind> {
        let opened = match &self.endpoint.address {
            Address::Tcp { host, port, .. } => {
                let addresses = self.resolve(host, *port, marks).await?;
                marks.begin(Stage::Connect);
                let won = race(&self.dialer, &addresses, marks, self.settings.attempts).await;
                won.map(|(address, stream)| (Peer::Ip(address), stream))
            }
            Address::Unix(path) => {
                marks.begin(Stage::Connect);
                self.dialer.dial_unix(path, marks).await.map(|stream| (Peer::Unix, stream))
            }
        };
        let (peer, stream) = opened.map_err(|error| {
            marks.failed(&error);
            connect_error(&error)
        })?;
        marks.end();
        marks.reached(peer);
        Ok(stream)
    }

    /// The stream as it is used, and what is spoken on it.
    async fn secure(
        &self,
        stream: D::Stream,
        marks: &ConnectionMarks,
    ) -> Result<(SecuredStream<D::Stream>, HttpVersion), ErrorKind> {
        if !self.endpoint.tls {
            let version =
                if self.settings.http == HttpChoice::Http2 { HttpVersion::Http2 } else { HttpVersion::Http1 };
            return Ok((SecuredStream::Plain(stream), version));
        }
        marks.begin(Stage::Tls);
        let Some(client) = &self.settings.tls else {
            marks.failed("nothing says how to secure the connection");
            marks.unwatch();
            return Err(ErrorKind::Tls);
        };
        let connector = TlsConnector::from(Arc::clone(&client.config));
        let shaken = connector.connect(client.name.clone(), stream).await.map_err(|error| {
            marks.failed(&error);
            ErrorKind::Tls
        });
        let stream = shaken.inspect_err(|_| marks.unwatch())?;
        marks.end();
        let (tls, is_http2) = tls::agreed(stream.get_ref().1);
        if let Some(tls) = tls {
            marks.secured(tls);
        }
        if self.settings.http == HttpChoice::Http2 && !is_http2 {
            marks.failed("the server does not offer HTTP/2 (ALPN)");
            marks.unwatch();
            return Err(ErrorKind::Protocol);
        }
        let version = if is_http2 { HttpVersion::Http2 } else { HttpVersion::Http1 };
        Ok((SecuredStream::Tls(Box::new(stream)), version))
    }
}

impl<D: Dial> Transport for Direct<D> {
    type Connection = DirectConnection<D::Stream>;

    fn observes(&self) -> StageSet {
        Self::OBSERVES
    }

    async fn open(&self, marks: &Rc<ConnectionMarks>) -> Result<Self::Connection, ErrorKind> {
        let stream = self.connect(marks).await?;
        let (stream, version) = self.secure(stream, marks).await?;
        marks.speaks(version);
        let (watched, endpoint) = (Rc::clone(marks), Arc::clone(&self.endpoint));
        Ok(match version {
            HttpVersion::Http1 => {
                DirectConnection::Http1(Http1::new(stream, watched, endpoint, Rc::clone(&self.scratch)))
            }
            HttpVersion::Http2 => {
                DirectConnection::Http2(Http2::open(stream, watched, endpoint, self.settings.streams).await?)
            }
        })
    }
}

/// A connection, whatever it speaks.
pub enum DirectConnection<S> {
    /// One exchange at a time.
    Http1(Http1<SecuredStream<S>>),
    /// Several.
    Http2(Http2),
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Connection for DirectConnection<S> {
    fn capacity(&self) -> usize {
        match self {
            DirectConnection::Http1(connection) => connection.capacity(),
            DirectConnection::Http2(connection) => connection.capacity(),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            DirectConnection::Http1(connection) => connection.is_open(),
            DirectConnection::Http2(connection) => connection.is_open(),
        }
    }

    fn says_farewell(&self) -> bool {
        matches!(self, DirectConnection::Http2(connection) if connection.says_farewell())
    }

    fn watches_itself(&self) -> bool {
        matches!(self, DirectConnection::Http2(_))
    }

    fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            DirectConnection::Http1(connection) => connection.poll_idle(cx),
            DirectConnection::Http2(connection) => connection.poll_idle(cx),
        }
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        marks: &Rc<ExchangeMarks>,
        body: &mut dyn BodySink,
    ) -> Result<Head, Failure> {
        match self {
            DirectConnection::Http1(connection) => connection.exchange(request, marks, body).await,
            DirectConnection::Http2(connection) => connection.exchange(request, marks, body).await,
        }
    }
}
