//! Time stands still here and the network is memory: what the engine, its transports and the analysis do is asserted to the
//! microsecond, however busy the machine is.
mod back_off;
mod batches;
mod bodies;
mod capacity;
mod checks;
mod closed_loop;
mod deadlines;
mod failures;
mod framing;
pub mod gate;
mod halts;
mod happy_eyeballs;
pub mod hesitation;
mod http2;
pub mod http2_server;
pub mod inference;
mod interrupts;
pub mod load;
pub mod net;
mod open_loop;
mod places;
mod retries;
mod scripted;
mod stages;
mod threads;
mod warmup;
