//! Digests of payloads, answers and plans: the first 128 bits of SHA-256, printed as 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::Canonical;

/// 128 bits of a SHA-256: enough to tell apart all that one run can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest::truncate(Sha256::digest(bytes).as_slice())
    }

    /// The digest of an answer: of its canonical JSON, so that two spellings of one value are equal; of the bytes as
    /// they are where they are no JSON. Whoever digests many answers gives the same buffers each time.
    pub fn of_answer(bytes: &[u8], canonical: &mut Canonical) -> Self {
        Digest::of(canonical.text(bytes).unwrap_or(bytes))
    }

    /// Its bytes, in the order of its digits.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    fn truncate(full: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&full[..16]);
        Digest(half)
    }
}

/// A digest over many parts; each is preceded by its length, so that their borders count.
#[derive(Default)]
pub struct PartsDigest(Sha256);

impl PartsDigest {
    /// Adds one part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// The digest of all parts in their order.
    pub fn finish(self) -> Digest {
        Digest::truncate(self.0.finalize().as_slice())
    }
}

/// The digest of bytes that arrive in pieces: that of [`Digest::of`], wherever the borders lie.
#[derive(Clone, Default)]
pub struct RollingDigest(Sha256);

impl RollingDigest {
    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far.
    pub fn finish(self) -> Digest {
        Digest::truncate(self.0.finalize().as_slice())
    }
}

/// The full SHA-256 of some bytes in hexadecimal digits, as `sha256sum` prints it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bits = bits_of_hex(text);
        let bits = bits.ok_or_else(|| format!("`{text}` is no digest of 32 hexadecimal digits"))?;
        Ok(Digest(bits.to_be_bytes()))
    }
}

/// The 128 bits that 32 hexadecimal digits spell; in two halves, because sums of 64 bits are much faster.
pub fn bits_of_hex(text: &str) -> Option<u128> {
    let half = |digits: &[u8]| {
        digits.iter().try_fold(0, |sum, byte| Some(sum << 4 | u64::from(char::from(*byte).to_digit(16)?)))
    };
    let (high, low) = text.as_bytes().split_at_checked(16).filter(|(_, low)| low.len() == 16)?;
    Some(u128::from(half(high)?) << 64 | u128::from(half(low)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_value_not_its_spelling() {
        let digest = |answer: &str| Digest::of_answer(answer.as_bytes(), &mut Canonical::default());
        let packed = r#"{"a":null,"b":[1,2.5]}"#;
        assert_eq!(digest(r#"{ "b": [1, 2.50], "a": null }"#), digest(packed));
        assert_eq!(digest(packed), Digest::of(packed.as_bytes()), "whoever can sort keys can check it");
        assert_eq!(digest("[1.0,100,0]"), digest("[1,1e2,-0.0]"));
        assert_ne!(digest("18446744073709551615"), digest("18446744073709551614"));
        assert_ne!(digest("0.1"), digest("0.1000000000000000055511151231257827"), "the same only as a float");
        assert_ne!(digest(packed), digest(r#"{"a":0,"b":[1,2.5]}"#));
        assert_ne!(digest("not json"), digest("not json "));
    }

    #[test]
    fn the_digest_is_the_head_of_sha256() {
        assert!(sha256_hex(b"abc").starts_with(&Digest::of(b"abc").to_string()));
        assert_eq!(Digest::of(b"abc").to_string().parse(), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        for cut in 0..=3 {
            let (head, tail) = b"abc".split_at(cut);
            let mut running = RollingDigest::default();
            [head, tail].into_iter().for_each(|piece| running.add(piece));
            assert_eq!(running.finish(), Digest::of(b"abc"));
        }
    }

    #[test]
    fn hexadecimal_digits_are_exactly_32() {
        assert_eq!(
            bits_of_hex("0123456789abcdefFEDCBA9876543210"),
            Some(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210)
        );
        for text in [
            "",
            "+123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcdeg",
            "é123456789abcdef0123456789abcde",
        ] {
            assert_eq!(bits_of_hex(text), None, "{text}");
        }
        assert_eq!(bits_of_hex(&"0".repeat(31)).or(bits_of_hex(&"0".repeat(33))), None);
    }

    #[test]
    fn borders_between_parts_count() {
        let digest = |parts: &[&str]| {
            let mut rolling = PartsDigest::default();
            parts.iter().for_each(|part| rolling.add(part.as_bytes()));
            rolling.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    }
}
