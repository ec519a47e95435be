//! The distinct bodies of a plan, found piece by piece in one pass over it, in bounded memory.

use std::collections::HashSet;

use super::{Plan, PlanLost};
use crate::model::Digest;

/// Requests of a plan that are looked at: of a longer one a few seconds' worth.
pub(super) const LOOKED_AT: u64 = 1_000_000;

/// What was found as far as a plan was looked at.
#[derive(Debug, Default)]
pub struct DistinctBodies {
    known: HashSet<(usize, Digest)>,
    looked_at: u64,
}

impl DistinctBodies {
    /// Looks further, up to a request, and gives the first request of each body that is new. Stops at the one that would make
    /// more than `most` in all, and after a million requests.
    ///
    /// # Errors
    /// As for [`Plan::body`].
    pub fn up_to(&mut self, plan: &Plan, requests: u64, most: usize) -> Result<Vec<u64>, PlanLost> {
        let mut new = Vec::new();
        while self.looked_at < requests.min(LOOKED_AT) {
            let work = work(plan, self.looked_at)?;
            if !self.known.contains(&work) {
                if self.known.len() == most {
                    break;
                }
                self.known.insert(work);
                new.push(self.looked_at);
            }
            self.looked_at += 1;
        }
        Ok(new)
    }

    /// So many of its first requests have no other bodies.
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// How many there are among these.
    pub fn count(&self) -> usize {
        self.known.len()
    }
}

/// What the server is asked: of another endpoint the same body is other work.
pub(super) fn work(plan: &Plan, seq: u64) -> Result<(usize, Digest), PlanLost> {
    Ok((plan.endpoint(seq), Digest::of(&plan.body(seq)?)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_found_once_is_not_found_again_further_on() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        [7, 8, 7, 9, 8, 5].iter().for_each(|line| writeln!(file, "{line}").expect("it can be written"));
        let plan = Plan::of_file(6, 0, file.path()).expect("a good file");
        let mut bodies = DistinctBodies::default();
        let mut up_to = |requests, most| bodies.up_to(&plan, requests, most).expect("the file is as it was");
        assert_eq!([up_to(2, 9), up_to(4, 9), up_to(4, 9)], [vec![0, 1], vec![3], vec![]]);
        assert_eq!(up_to(6, 3), [0; 0], "as many as may be");
        assert_eq!((bodies.looked_at(), bodies.count()), (5, 3), "the fifth request has a known one");
    }
}
