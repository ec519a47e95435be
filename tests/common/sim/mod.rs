//! A network and servers in memory, in the paused time of the engine's runtime: a pause of a millisecond takes exactly one,
//! whatever the machine does. The engine has a runtime of its own and blocks on it, so that hosts which a simulator drives
//! by theirs are no place for it.
mod gate;
mod inference;
mod peer;
mod wire;

pub use gate::Gate;
pub use inference::{Costs, Inference, Served};
pub use peer::{Peer, pause};

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use spanload::transport::dial::{Dial, Lookup, Resolve};
use spanload::transport::{ConnectionMarks, Direct};

use super::load::endpoint;
use wire::{Counts, Wire};

/// What a socket's buffers hold, in each direction.
const BUFFER: usize = 64 << 10;

type Serve = dyn Fn(usize, Peer) -> Pin<Box<dyn Future<Output = ()>>>;

/// What becomes of a handshake.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handshake {
    /// From the first SYN to the answer to the last.
    pub takes_ms: u64,
    /// SYNs that were sent again in that time.
    pub syn_retransmits: u32,
    /// The answer is a reset.
    pub refused: bool,
}

/// Where connections lead to; clones lead to the same server.
#[derive(Clone)]
pub struct Network(Rc<Inner>);

struct Inner {
    serve: Box<Serve>,
    handshake: Box<dyn Fn(usize) -> Handshake>,
    gate: Option<Gate>,
    buffer: usize,
    dialled: Cell<usize>,
}

impl Network {
    /// Each connection, counted from 0, is served by a task of its own.
    pub fn to<F: Future<Output = ()> + 'static>(serve: impl Fn(usize, Peer) -> F + 'static) -> Self {
        Network(Rc::new(Inner {
            serve: Box::new(move |index, peer| Box::pin(serve(index, peer))),
            handshake: Box::new(|_| Handshake::default()),
            gate: None,
            buffer: BUFFER,
            dialled: Cell::default(),
        }))
    }

    /// A server that answers every request with its own body after `delay_ms`, on kept connections.
    pub fn echo(delay_ms: u64) -> Self {
        Self::to(move |_, mut peer| async move {
            while let Some(request) = peer.request().await {
                pause(delay_ms).await;
                peer.answer(&request.body).await;
            }
        })
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Rc::into_inner(self.0).expect("nobody else has it yet");
        change(&mut inner);
        Network(Rc::new(inner))
    }

    /// What becomes of the handshake of each connection, counted from 0.
    pub fn handshakes(self, handshake: impl Fn(usize) -> Handshake + 'static) -> Self {
        self.with(|inner| inner.handshake = Box::new(handshake))
    }

    /// The server accepts a connection only when there is room behind `gate`.
    pub fn behind(self, gate: Gate) -> Self {
        self.with(|inner| inner.gate = Some(gate))
    }

    /// How many bytes fit between both ends.
    pub fn buffer(self, bytes: usize) -> Self {
        self.with(|inner| inner.buffer = bytes)
    }

    /// Connections that were asked for so far.
    pub fn dialled(&self) -> usize {
        self.0.dialled.get()
    }

    /// The direct transport on this network, to an address.
    pub fn direct(&self) -> Direct<Network> {
        self.direct_to("http://10.0.0.1", Names::new(|_| Ok(0)))
    }

    /// The same to a host whose name is looked up.
    pub fn resolving(&self, names: Names) -> Direct<Network> {
        self.direct_to("http://test.invalid", names)
    }

    fn direct_to(&self, url: &str, names: Names) -> Direct<Network> {
        Direct::new(Arc::new(endpoint(url)), names, self.clone())
    }
}

impl Dial for Network {
    type Stream = Wire;

    async fn dial(&self, _address: SocketAddr, marks: &ConnectionMarks) -> io::Result<Wire> {
        let index = self.0.dialled.replace(self.0.dialled.get() + 1);
        let counts = Rc::<Counts>::default();
        marks.watch(counts.clone());
        let watched = Watched(marks);
        let handshake = (self.0.handshake)(index);
        let lost = match &self.0.gate {
            Some(gate) => gate.shake_hands(&counts).await,
            None => false,
        };
        counts.add(handshake.syn_retransmits);
        pause(handshake.takes_ms).await;
        if handshake.refused {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        std::mem::forget(watched);
        let (wire, peer) = wire::pair(self.0.buffer, counts);
        let (network, gate) = (Rc::clone(&self.0), self.0.gate.clone());
        tokio::task::spawn_local(async move {
            let place = match &gate {
                Some(gate) => Some(gate.accept(&peer, lost).await),
                None => None,
            };
            (network.serve)(index, peer).await;
            drop(place);
        });
        Ok(wire)
    }
}

/// Keeps the marks from watching what did not come to be.
struct Watched<'a>(&'a ConnectionMarks);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.recount();
        self.0.unwatch();
    }
}

/// Names that are found after some milliseconds, or not; by how many lookups were before.
pub struct Names(Box<dyn Fn(u64) -> io::Result<u64>>, Cell<u64>);

impl Names {
    pub fn new(lookup: impl Fn(u64) -> io::Result<u64> + 'static) -> Self {
        Names(Box::new(lookup), Cell::new(0))
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Lookup<'a> {
        let found = (self.0)(self.1.replace(self.1.get() + 1));
        Box::pin(async move {
            pause(found?).await;
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))])
        })
    }
}
