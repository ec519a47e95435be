//! Which failures are told of with what their answers said: the first of each kind, for a load may have millions.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::ErrorKind;

/// Of one kind: some of them may say the same.
const OF_A_KIND: u32 = 16;
/// Kinds: statuses are the server's choice.
const KINDS: usize = 64;

/// Counts the failures of a thread that were told of.
#[derive(Debug, Default)]
pub(super) struct FewFailures(RefCell<HashMap<(ErrorKind, Option<u16>), u32>>);

impl FewFailures {
    /// Whether one more of this kind is wanted; counts it.
    pub(super) fn wants(&self, error: ErrorKind, status: Option<u16>) -> bool {
        let mut told = self.0.borrow_mut();
        let kinds = told.len();
        match told.get_mut(&(error, status)) {
            Some(n) if *n >= OF_A_KIND => return false,
            Some(n) => *n += 1,
            None if kinds >= KINDS => return false,
            None => {
                told.insert((error, status), 1);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_kind_are_wanted() {
        let few = FewFailures::default();
        let wanted = |status| (0..100).filter(|_| few.wants(ErrorKind::Http4xx, Some(status))).count();
        assert_eq!([wanted(401), wanted(404)], [OF_A_KIND as usize; 2]);
        let kinds = (0..1_000).filter(|status| few.wants(ErrorKind::Protocol, Some(*status))).count();
        assert_eq!(kinds, KINDS - 2);
    }
}
