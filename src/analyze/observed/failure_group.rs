//! Failures that are alike.

use std::collections::BTreeMap;

use crate::model::ErrorKind;

/// Failures with one word and one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// The word.
    pub error: ErrorKind,
    /// HTTP status, if a head came.
    pub status: Option<u16>,
    /// Requests.
    pub n: u64,
}

impl FailureGroup {
    /// The groups of failures, each with its number, the largest first; what was never sent is no failure.
    pub fn of(failures: impl IntoIterator<Item = ((ErrorKind, Option<u16>), u64)>) -> Vec<Self> {
        let mut counts: BTreeMap<(ErrorKind, Option<u16>), u64> = BTreeMap::new();
        for (kind, n) in failures {
            *counts.entry(kind).or_default() += n;
        }
        counts.retain(|(error, _), _| *error != ErrorKind::Unsent);
        let group = |((error, status), n)| FailureGroup { error, status, n };
        let mut groups: Vec<_> = counts.into_iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.n));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_comes_first_and_what_was_never_sent_not_at_all() {
        let (busy, down) = ((ErrorKind::Http5xx, Some(503)), (ErrorKind::ConnectRefused, None));
        let groups = FailureGroup::of([(busy, 1), (down, 2), ((ErrorKind::Unsent, None), 9), (busy, 4)]);
        let found: Vec<_> = groups.iter().map(|group| ((group.error, group.status), group.n)).collect();
        assert_eq!(found, [(busy, 5), (down, 2)]);
    }
}
