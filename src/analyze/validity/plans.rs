//! Whether two stored runs carried the same work: by the digest of the plan, which is over all bodies in their order.

use super::doubt::Doubt;

/// So many digits of a digest tell two plans apart for a reader.
const DIGITS: usize = 12;

/// The doubt about two runs whose plans have different digests; each digest as the manifest has it.
///
/// Within one run both phases borrow one plan, so this is a question of two runs only.
pub fn plans_differ(one: &str, other: &str) -> Option<Doubt> {
    let short = |digest: &str| digest.chars().take(DIGITS).collect();
    (one != other).then(|| Doubt::PlansDiffer { one: short(one), other: short(other) })
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::model::CaveatKind;

    #[test]
    fn only_different_digests_are_in_doubt_and_the_remedy_is_named() {
        let (one, other) = ("0123456789abcdef0123", "0123456789abXXXX0123");
        assert_eq!(plans_differ(one, one), None);
        let doubt = plans_differ(one, "fedcba9876543210").expect("a doubt");
        let message = message(&doubt);
        assert_eq!(doubt.kind(), CaveatKind::PlansDiffer);
        for words in ["0123456789ab", "fedcba987654", "--set load.seed", "load.payloads", "-n"] {
            assert!(message.contains(words), "{words}: {message}");
        }
        assert!(plans_differ(one, other).is_some(), "the whole digest is compared, not what is shown of it");
    }
}
