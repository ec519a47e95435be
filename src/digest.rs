//! Digests of payloads, answers and plans: the first 128 bits of SHA-256, printed as 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// 128 bits of a SHA-256: enough to tell apart all that one run can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest::truncate(Sha256::digest(bytes).as_slice())
    }

    /// The digest of an answer: of its canonical JSON (keys sorted, no white space), so that two
    /// spellings of one value are equal; of the bytes as they are where they are no JSON.
    pub fn of_answer(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<serde_json::Value>(bytes) {
            Ok(value) => Digest::of(value.to_string().as_bytes()),
            Err(_) => Digest::of(bytes),
        }
    }

    fn truncate(full: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&full[..16]);
        Digest(half)
    }
}

/// A digest over many parts; each is preceded by its length, so that their borders count.
#[derive(Default)]
pub struct Rolling(Sha256);

impl Rolling {
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
        let bits = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        let bits = bits.ok_or_else(|| format!("`{text}` is no digest of 32 hexadecimal digits"))?;
        Ok(Digest(bits.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_value_not_its_spelling() {
        let spaced = br#"{ "b": [1, 2.50], "a": null }"#;
        let packed = br#"{"a":null,"b":[1,2.5]}"#;
        assert_eq!(Digest::of_answer(spaced), Digest::of_answer(packed));
        assert_ne!(Digest::of_answer(packed), Digest::of_answer(br#"{"a":0,"b":[1,2.5]}"#));
        assert_ne!(Digest::of_answer(b"not json"), Digest::of_answer(b"not json "));
    }

    #[test]
    fn the_digest_is_the_head_of_sha256() {
        assert!(sha256_hex(b"abc").starts_with(&Digest::of(b"abc").to_string()));
        assert_eq!(Digest::of(b"abc").to_string().parse(), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn borders_between_parts_count() {
        let digest = |parts: &[&str]| {
            let mut rolling = Rolling::default();
            parts.iter().for_each(|part| rolling.add(part.as_bytes()));
            rolling.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    }
}
