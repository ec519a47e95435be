//! A transport that is a client of the library reqwest: what an application that is built on it sees.
//!
//! The client keeps a pool of connections and says little of it. Which request waits for a connect, which one is served by a
//! connection that another has opened, and which connect is left to others is found out by hooks into its connecting; what
//! happens on a connection is not seen.

mod client;
mod connector;
mod errors;
mod exchange;
mod known;
mod lane;
mod lookup;
mod route;
mod sessions;
mod watch;

pub use client::PoolSettings;
pub use lane::{Lane, Pooled};
