//! Where the connections of a phase led, in words.

use crate::analyze::Way;

/// More addresses are counted, not listed.
const LISTED: usize = 3;

/// Such as `HTTP/2, TLS 1.3, to 10.0.0.1:443 (8 connections, 7 of them resumed)`; nothing where no row knows.
pub fn ways(ways: &[Way]) -> Option<String> {
    let first = ways.first()?;
    let same = |of: fn(&Way) -> Option<&'static str>| ways.iter().all(|way| of(way) == of(first));
    let spoken = |way: &Way| {
        let http = way.http.map(|version| format!("HTTP/{version}"));
        let tls = way.tls_version.map(|version| format!("TLS {version}"));
        http.into_iter().chain(tls).collect::<Vec<_>>().join(", ")
    };
    let alike = same(|way| way.http) && same(|way| way.tls_version);
    let listed: Vec<String> = ways.iter().take(LISTED).map(|way| one(way, alike, &spoken)).collect();
    let more = ways.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (opened, resumed) = (sum(ways, |way| way.opened), sum(ways, |way| way.resumed));
    let resumed =
        if resumed > 0 { format!(", {resumed} of them resumed a TLS session") } else { String::new() };
    let connections = if opened == 1 { "connection" } else { "connections" };
    let common = if alike { format!("{}, to ", spoken(first)) } else { "to ".to_string() };
    Some(format!("{common}{}{more} ({opened} {connections}{resumed})", listed.join(", ")))
}

fn one(way: &Way, alike: bool, spoken: &impl Fn(&Way) -> String) -> String {
    let peer = way.peer.as_deref().unwrap_or("nobody");
    if alike { peer.to_string() } else { format!("{peer} by {}", spoken(way)) }
}

fn sum(ways: &[Way], of: fn(&Way) -> u64) -> u64 {
    ways.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(peer: &str, http: &'static str, resumed: u64) -> Way {
        Way {
            peer: Some(peer.into()),
            http: Some(http),
            tls_version: Some("1.3"),
            requests: 9,
            opened: 2,
            resumed,
        }
    }

    #[test]
    fn what_is_alike_is_said_once() {
        assert_eq!(ways(&[]), None);
        let one = ways(&[way("10.0.0.1:443", "2", 1)]).expect("a way");
        assert_eq!(one, "HTTP/2, TLS 1.3, to 10.0.0.1:443 (2 connections, 1 of them resumed a TLS session)");
        let two = ways(&[way("a:1", "2", 0), way("b:1", "1.1", 0)]).expect("two ways");
        assert_eq!(two, "to a:1 by HTTP/2, TLS 1.3, b:1 by HTTP/1.1, TLS 1.3 (4 connections)");
        let many = ways(&["a", "b", "c", "d", "e"].map(|peer| way(peer, "2", 0))).expect("many");
        assert_eq!(many, "HTTP/2, TLS 1.3, to a, b, c and 2 more (10 connections)");
    }
}
