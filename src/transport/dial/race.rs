//! Happy Eyeballs (RFC 8305 §5): the addresses of a name are tried one after the other, the next as soon as one has failed or
//! has taken longer than an attempt should, and the first connection that comes to be is taken.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::Dial;
use crate::transport::ConnectionMarks;

/// How addresses are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// After so long the next one is tried beside those that are under way; without, only after a failure.
    pub delay: Option<Duration>,
    /// After so long an address has failed; without, when the operating system says so.
    pub limit: Option<Duration>,
}

impl Attempts {
    /// The delay that RFC 8305 §8 recommends.
    pub const DELAY: Duration = Duration::from_millis(250);
}

impl Default for Attempts {
    fn default() -> Self {
        Attempts { delay: Some(Attempts::DELAY), limit: None }
    }
}

/// An attempt under way.
type Attempt<'a, S> = Pin<Box<dyn Future<Output = io::Result<S>> + 'a>>;

/// Connects to the address that answers first. Those that are slower are given up before this returns.
///
/// # Errors
/// What the last address said.
pub(in crate::transport) async fn race<D: Dial>(
    dialer: &D,
    addresses: &[SocketAddr],
    marks: &ConnectionMarks,
    attempts: Attempts,
) -> io::Result<(SocketAddr, D::Stream)> {
    if let [only] = addresses {
        return Ok((*only, attempt(dialer, *only, marks, attempts.limit).await?));
    }
    let mut race = Race {
        dialer,
        marks,
        attempts,
        rest: interleaved(addresses).into_iter(),
        under_way: Vec::new(),
        next: None,
        at_once: true,
        last: io::ErrorKind::AddrNotAvailable.into(),
    };
    poll_fn(|cx| race.poll(cx)).await
}

async fn attempt<D: Dial>(
    dialer: &D,
    address: SocketAddr,
    marks: &ConnectionMarks,
    limit: Option<Duration>,
) -> io::Result<D::Stream> {
    let Some(limit) = limit else { return dialer.dial(address, marks).await };
    let late = || io::Error::other(format!("no connection to {address} within {} ms", limit.as_millis()));
    tokio::time::timeout(limit, dialer.dial(address, marks)).await.unwrap_or_else(|_| Err(late()))
}

struct Race<'a, D: Dial> {
    dialer: &'a D,
    marks: &'a ConnectionMarks,
    attempts: Attempts,
    rest: std::vec::IntoIter<SocketAddr>,
    under_way: Vec<(SocketAddr, Attempt<'a, D::Stream>)>,
    /// When the next address is tried.
    next: Option<Pin<Box<Sleep>>>,
    /// One has failed, so that nothing is waited for.
    at_once: bool,
    last: io::Error,
}

impl<D: Dial> Race<'_, D> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(SocketAddr, D::Stream)>> {
        loop {
            if let Some(winner) = self.poll_attempts(cx) {
                // Before the winner's connect counts as over: what the others sent again was for this connection too.
                self.under_way.clear();
                return Poll::Ready(Ok(winner));
            }
            let waits = match &mut self.next {
                _ if self.at_once => false,
                Some(next) => next.as_mut().poll(cx).is_pending(),
                None => true,
            };
            if waits {
                return Poll::Pending;
            }
            match self.rest.next() {
                Some(address) => self.start(address),
                None if self.under_way.is_empty() => {
                    return Poll::Ready(Err(std::mem::replace(&mut self.last, io::ErrorKind::Other.into())));
                }
                None => (self.next, self.at_once) = (None, false),
            }
        }
    }

    fn start(&mut self, address: SocketAddr) {
        self.at_once = false;
        let attempt = attempt(self.dialer, address, self.marks, self.attempts.limit);
        self.under_way.push((address, Box::pin(attempt)));
        self.next = self.attempts.delay.map(|delay| Box::pin(tokio::time::sleep(delay)));
    }

    /// The one that has come to be; those that have failed are forgotten.
    fn poll_attempts(&mut self, cx: &mut Context<'_>) -> Option<(SocketAddr, D::Stream)> {
        let mut index = 0;
        while let Some((address, attempt)) = self.under_way.get_mut(index) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(stream)) => {
                    let address = *address;
                    drop(self.under_way.remove(index));
                    return Some((address, stream));
                }
                Poll::Ready(Err(error)) => {
                    self.last = error;
                    drop(self.under_way.remove(index));
                    // Who has failed is followed at once (RFC 8305 §5).
                    self.at_once = true;
                }
            }
        }
        None
    }
}

/// The families by turns, that of the first address first (RFC 8305 §4).
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first = addresses.first().map(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.iter().partition(|address| Some(address.is_ipv6()) == first);
    let turns = one.len().max(other.len());
    (0..turns).flat_map(|turn| [one.get(turn), other.get(turn)]).flatten().copied().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |all: &[&str]| -> Vec<SocketAddr> {
            all.iter().map(|one| one.parse().expect("an address")).collect()
        };
        let found = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"]);
        let expected = addresses(&["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"]);
        assert_eq!(interleaved(&found), expected);
        assert_eq!(interleaved(&addresses(&["1.0.0.1:1", "[::1]:1"]))[0], found[3]);
        assert!(interleaved(&[]).is_empty());
    }
}
