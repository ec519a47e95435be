//! Which requests of a plan a thread sends: every n-th, so that no two threads send one and none is left.

/// Requests `first`, `first + step`, `first + 2 step` …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    first: u64,
    step: u64,
}

impl Slice {
    /// All of them.
    pub const WHOLE: Slice = Slice { first: 0, step: 1 };

    /// The share of thread `first` of `step` threads.
    pub fn new(first: u64, step: u64) -> Self {
        debug_assert!(first < step, "thread {first} of {step}");
        Slice { first, step }
    }

    /// The sequence number of its n-th request, counted from 0.
    pub fn nth(&self, number: u64) -> u64 {
        self.first + number * self.step
    }

    /// How many of a plan's requests are in it.
    pub fn count(&self, requests: u64) -> u64 {
        requests.saturating_sub(self.first).div_ceil(self.step)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slices_share_a_plan_and_leave_nothing(requests in 0_u64..500, threads in 1_u64..9) {
            let slices = (0..threads).map(|thread| Slice::new(thread, threads));
            let sent: Vec<u64> = slices.flat_map(|slice| (0..slice.count(requests)).map(move |n| slice.nth(n))).collect();
            prop_assert_eq!(sent.len() as u64, requests);
            prop_assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), (0..requests).collect::<BTreeSet<_>>());
        }
    }
}
