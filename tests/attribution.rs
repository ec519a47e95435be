//! Injects known delays and sees that the analysis finds them: the right cause first, its share that of the truth, nothing
//! above 10 % that was neither injected nor is known to come with it. In paused time on a network in memory, so that the
//! truth is exact. It is computed by code that shares nothing with the analysis: the injector's schedule, the server's log.
//! What only a kernel does is beside: dropped packets, counted by itself and on the wire, and its resolver.
mod checks;
mod client_side;
mod connections;
mod expected;
mod lookups;
mod server;
mod server_side;
mod shares;
