//! How a server accepts: so many connections at a time, behind them an accept queue that the kernel fills, and what the kernel
//! does when that is full (listen(2), tcp(7)).
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::net::{Count, Peer, pause};

/// From one SYN to the next, in milliseconds: the first is doubled each time.
const SYN_AGAIN_MS: u64 = 1_000;
/// Until data has been sent again so many times, in milliseconds: a probe after 200 ms, then timeouts from 200 ms on that
/// double (RFC 8985, §7; RFC 6298, §5.5), all of it late by a sixteenth, as the kernel's timer wheel is on average.
pub fn data_again_ms(times: u32) -> u64 {
    if times == 0 { 0 } else { (3_400 << (times - 1)) / 16 }
}

/// The gate of one server; clones are the same one.
#[derive(Clone)]
pub struct Gate(Rc<Inner>);

struct Inner {
    open: Arc<Semaphore>,
    backlog: usize,
    waiting: Cell<usize>,
    /// Handshakes that met a full queue.
    full: Cell<u64>,
    /// When the server comes to accept the connection of this number, in milliseconds after the last.
    accepts_after: fn(usize) -> u64,
    accepting: tokio::sync::Mutex<usize>,
}

impl Gate {
    /// So many connections at a time, and so many more that wait.
    pub fn new(max_connections: usize, backlog: usize) -> Self {
        Self::slow(max_connections, backlog, |_| 0)
    }

    /// The same, where the server is busy with something else for a while before it accepts some.
    pub fn slow(max_connections: usize, backlog: usize, accepts_after: fn(usize) -> u64) -> Self {
        let open = Arc::new(Semaphore::new(max_connections));
        let (waiting, full, accepting) = Default::default();
        Gate(Rc::new(Inner { open, backlog, waiting, full, accepts_after, accepting }))
    }

    /// The queue holds one more than the backlog says.
    fn is_full(&self) -> bool {
        self.0.waiting.get() > self.0.backlog
    }

    /// A client's handshake: ends when it takes itself for connected. Where the queue is full, every other time the SYN is
    /// dropped and sent again, and every other time the handshake's last packet, of which the client learns nothing. Whether
    /// that was lost.
    pub(super) async fn shake_hands(&self, count: &Count) -> bool {
        let mut again = SYN_AGAIN_MS;
        while self.is_full() {
            if self.0.full.replace(self.0.full.get() + 1) % 2 == 1 {
                return true;
            }
            pause(again).await;
            count.add(1);
            again *= 2;
        }
        self.0.waiting.set(self.0.waiting.get() + 1);
        false
    }

    /// The server's side: ends when the connection is accepted, and gives the place that it takes. Where the handshake's last
    /// packet was lost, the request stands in for it, which is sent again until there is room in the queue.
    pub(super) async fn accept(&self, peer: &Peer, lost: bool) -> OwnedSemaphorePermit {
        if lost {
            for times in 1.. {
                pause(data_again_ms(times) - data_again_ms(times - 1)).await;
                peer.retransmit(1);
                if !self.is_full() {
                    break;
                }
            }
            self.0.waiting.set(self.0.waiting.get() + 1);
        }
        let mut accepted = self.0.accepting.lock().await;
        pause((self.0.accepts_after)(*accepted)).await;
        *accepted += 1;
        let place = Arc::clone(&self.0.open).acquire_owned().await.expect("it is never closed");
        self.0.waiting.set(self.0.waiting.get() - 1);
        place
    }
}
