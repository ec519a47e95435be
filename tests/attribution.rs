//! Injects known delays and sees that the analysis finds them: the right cause first, its share within 3 points of the truth,
//! nothing above 10 % that was neither injected nor is known to come with it. The truth is computed by code that shares
//! nothing with the analysis: the injector's schedule, the server's own log, packets and counters of the kernel.

#[cfg(target_os = "linux")]
mod busy_core;
mod checks;
mod client_side;
mod connections;
mod lookups;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod packets;
#[cfg(target_os = "linux")]
mod resolver;
mod server;
mod server_side;
#[cfg(target_os = "linux")]
mod small_backlog;
mod truth;
