//! The hook into the client's name lookup, which is the same as that of the tool's own connections.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::watch::ConnectWatch;

/// The operating system's resolver, asked anew each time.
pub(super) struct HookedLookup;

impl Resolve for HookedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            ConnectWatch::lookup_begins();
            // The port of the URL takes the place of this one.
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err("the name has no address".into());
            }
            ConnectWatch::lookup_ends();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
