//! Two pieces of work at once, for what is long on a long run and comes in two phases.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};

/// Runs the one here and the other one on a thread of its own; one after the other where there is no thread to be had. A panic
/// of either is a panic here.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    let other = Mutex::new(Some(other));
    // Taken by the one thread that runs it.
    let run_other = || {
        let other = other.lock().unwrap_or_else(PoisonError::into_inner).take();
        other.map(|other| other()).expect("nobody has run it yet")
    };
    scope(|threads| match Builder::new().spawn_scoped(threads, run_other) {
        Ok(other) => {
            let one = one();
            (one, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
        }
        Err(_) => (one(), run_other()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_run_once_and_borrows_what_it_needs() {
        let words = ["a".to_string(), "b".to_string()];
        let found = both(|| words[0].clone(), || words[1].clone());
        assert_eq!([found.0, found.1], words);
    }
}
