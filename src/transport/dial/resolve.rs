//! Name lookup, as a seam: tests put a slow one here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// The future of a lookup.
pub type Lookup<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + 'a>>;

/// Looks up host names.
pub trait Resolve {
    /// All addresses of `host`, each with `port`, in the order in which they should be tried.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a>;
}

/// The operating system's resolver, asked anew each time: nothing is cached here.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
