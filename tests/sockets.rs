//! What only a kernel does, on real sockets: refusals, resets, full buffers, dropped SYNs, a resolver. Judged by words, order
//! and counters; how long it takes is the machine's affair.
mod failures;
#[cfg(target_os = "linux")]
mod resolver;
#[cfg(target_os = "linux")]
mod retransmits;
mod surprises;

use crate::common::load::{Load, reached};
use crate::common::wire::{Peer, Server};
