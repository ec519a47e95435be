//! Injects known delays and sees that the analysis finds them: the right cause first, its share within 3 points of the truth,
//! nothing above 10 % that was neither injected nor is known to come with it. The truth is computed by code that shares
//! nothing with the analysis: the injector's schedule, the server's own log, packets and counters of the kernel.
#![allow(clippy::disallowed_methods, reason = "the tests time the servers from outside")]
mod common;

#[cfg(target_os = "linux")]
#[path = "attribution/busy_core.rs"]
mod busy_core;
#[path = "attribution/checks.rs"]
mod checks;
#[path = "attribution/client_side.rs"]
mod client_side;
#[path = "attribution/connections.rs"]
mod connections;
#[path = "attribution/lookups.rs"]
mod lookups;
#[cfg(target_os = "linux")]
#[path = "attribution/namespace.rs"]
mod namespace;
#[cfg(target_os = "linux")]
#[path = "attribution/packets.rs"]
mod packets;
#[cfg(target_os = "linux")]
#[path = "attribution/resolver.rs"]
mod resolver;
#[path = "attribution/server.rs"]
mod server;
#[path = "attribution/server_side.rs"]
mod server_side;
#[cfg(target_os = "linux")]
#[path = "attribution/small_backlog.rs"]
mod small_backlog;
#[path = "attribution/truth.rs"]
mod truth;
