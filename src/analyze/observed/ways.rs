//! Where the connections of a phase led, and how.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::document::Way;
use crate::model::{HttpVersion, Peer, Sample, TlsVersion};

/// More are not told apart: a peer behind an endless supply of addresses must not cost endless memory.
const MOST: usize = 64;

/// What connections have in common.
type WayKind = (Option<Peer>, Option<HttpVersion>, Option<TlsVersion>);

/// The ways of a phase, with the requests that went them.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    known: BTreeMap<WayKind, WayCounts>,
    last: Option<(WayKind, WayCounts)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct WayCounts {
    requests: u64,
    opened: u64,
    resumed: u64,
}

impl WayCounts {
    fn add(&mut self, more: WayCounts) {
        self.requests += more.requests;
        self.opened += more.opened;
        self.resumed += more.resumed;
    }
}

impl Ways {
    /// Notes the way of a request. Nearly always it is that of the one before.
    pub(super) fn take(&mut self, sample: &Sample) {
        let Some(used) = sample.connection else { return };
        if used.peer.is_none() && used.http.is_none() {
            return; // A log of a version that did not know, or a connect that came to nothing.
        }
        let kind = (used.peer, used.http, used.tls.map(|tls| tls.version));
        let opened = u64::from(!used.reused);
        let resumed = u64::from(!used.reused && used.tls.is_some_and(|tls| tls.resumed));
        let one = WayCounts { requests: 1, opened, resumed };
        match &mut self.last {
            Some((last, counts)) if *last == kind => counts.add(one),
            last => {
                let before = last.replace((kind, one));
                self.keep(before);
            }
        }
    }

    fn keep(&mut self, way: Option<(WayKind, WayCounts)>) {
        let Some((kind, counts)) = way else { return };
        let kind =
            if self.known.len() < MOST || self.known.contains_key(&kind) { kind } else { (None, None, None) };
        self.known.entry(kind).or_default().add(counts);
    }

    pub(super) fn finish(mut self) -> Self {
        let last = self.last.take();
        self.keep(last);
        self
    }

    /// Who was at the other end.
    pub fn peers(&self) -> BTreeSet<Peer> {
        self.known.keys().filter_map(|(peer, ..)| *peer).collect()
    }

    /// The ways, the one with most requests first.
    pub fn listed(&self) -> Vec<Way> {
        let way = |((peer, http, tls), counts): (&WayKind, &WayCounts)| Way {
            peer: peer.as_ref().map(Peer::to_string),
            http: http.map(HttpVersion::name),
            tls_version: tls.map(TlsVersion::name),
            requests: counts.requests,
            opened: counts.opened,
            resumed: counts.resumed,
        };
        let mut ways: Vec<Way> = self.known.iter().map(way).collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.requests));
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::sample;
    use super::*;
    use crate::model::ConnectionUse;

    fn taken(peers: impl IntoIterator<Item = (String, bool)>) -> Ways {
        let mut ways = Ways::default();
        for (peer, reused) in peers {
            let peer = Some(peer.parse().expect("an address"));
            let connection =
                ConnectionUse { reused, peer, http: Some(HttpVersion::Http2), ..ConnectionUse::default() };
            ways.take(&Sample { connection: Some(connection), ..sample(0, 5) });
        }
        ways.finish()
    }

    #[test]
    fn requests_are_counted_by_way_and_connections_once() {
        let ways = taken(
            [("10.0.0.1:80", false), ("10.0.0.2:80", false), ("10.0.0.2:80", true)]
                .map(|(peer, reused)| (peer.into(), reused)),
        );
        let listed = ways.listed();
        let first = Way {
            peer: Some("10.0.0.2:80".into()),
            http: Some("2"),
            tls_version: None,
            requests: 2,
            opened: 1,
            resumed: 0,
        };
        assert_eq!((listed.len(), &listed[0], ways.peers().len()), (2, &first, 2));
    }

    #[test]
    fn endless_peers_cost_no_endless_memory() {
        let ways =
            taken((0..1_000).map(|number| (format!("10.0.{}.{}:80", number / 256, number % 256), false)));
        let listed = ways.listed();
        assert!(listed.len() <= MOST + 1);
        assert_eq!(listed.iter().map(|way| way.requests).sum::<u64>(), 1_000);
    }
}
