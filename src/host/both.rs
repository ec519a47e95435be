//! Two pieces of work at once, for what is long on a long run and comes in two phases.

use std::panic::resume_unwind;
use std::thread::scope;

/// Runs the one here and the other one on a thread of its own. A panic of either is a panic here.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    scope(|threads| {
        let other = threads.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}
