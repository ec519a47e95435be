//! Ids that are drawn by the plan: of the same form as random ones, and the same whenever a request is sent again.

use crate::model::mix;

/// The id of one request in the form of version 4 (RFC 9562): a pure function of seed and sequence, distinct for distinct
/// sequences, because 62 bits of a bijection are those of its lower half, and 60 more those of another.
pub(super) fn uuid(seed: u64, seq: u64) -> String {
    let [high, low] = [mix(seed), mix(!seed)].map(|key| mix(key ^ seq));
    let version = (high & !0xf000) | 0x4000;
    let variant = (low >> 2) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        version >> 32,
        version >> 16 & 0xffff,
        version & 0xffff,
        variant >> 48,
        variant & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_distinct_and_of_the_form() {
        let ids: BTreeSet<_> = (0..10_000).map(|seq| uuid(7, seq)).collect();
        assert_eq!(ids.len(), 10_000);
        for id in &ids {
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert!(id[14..].starts_with('4') && id[19..].starts_with(['8', '9', 'a', 'b']), "{id}");
        }
        assert_eq!(uuid(7, 3), uuid(7, 3));
        assert!(!ids.contains(&uuid(8, 3)), "the seed counts");
    }
}
