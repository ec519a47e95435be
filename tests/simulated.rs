//! Time stands still here and the network is memory: what the engine, its transports and the analysis do is asserted to the
//! microsecond, however busy the machine is.
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
pub mod hesitation;
pub mod inference;
mod interrupts;
pub mod load;
pub mod net;
mod places;
mod retries;
mod scripted;
mod stages;
mod threads;
