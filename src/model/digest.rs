//! Digests of payloads, answers and plans: the first 128 bits of SHA-256, printed as 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

/// 128 bits of a SHA-256: enough to tell apart all that one run can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest::truncate(Sha256::digest(bytes).as_slice())
    }

    /// The digest of an answer: of its canonical JSON (keys sorted, no white space, `1.0` as `1`; as
    /// RFC 8785, but whole numbers of 64 bits keep all their digits), so that two spellings of one
    /// value are equal; of the bytes as they are where they are no JSON.
    pub fn of_answer(bytes: &[u8]) -> Self {
        match serde_json::from_slice(bytes) {
            Ok(value) => Digest::of(canonical(value).to_string().as_bytes()),
            Err(_) => Digest::of(bytes),
        }
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

/// The value with one spelling for each number. Objects are sorted by key already.
fn canonical(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).map_or(number, Number::from)),
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, canonical(value))).collect(),
        other => other,
    }
}

/// The whole number that a fraction such as `2.0` or `1e2` spells, if every digit of it is certain.
fn whole(number: &Number) -> Option<i64> {
    const CERTAIN: f64 = 9_007_199_254_740_992.0; // 2^53
    let value = number.as_f64().filter(|_| number.is_f64())?;
    (value.fract() == 0.0 && value.abs() < CERTAIN).then_some(value as i64)
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

/// The digest of bytes that arrive in pieces: that of [`Digest::of`], wherever the borders lie.
#[derive(Clone, Default)]
pub struct Running(Sha256);

impl Running {
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
        let spaced = br#"{ "b": [1, 2.50], "a": null }"#;
        let packed = br#"{"a":null,"b":[1,2.5]}"#;
        assert_eq!(Digest::of_answer(spaced), Digest::of_answer(packed));
        assert_eq!(Digest::of_answer(b"[1.0,100,0]"), Digest::of_answer(b"[1,1e2,-0.0]"));
        assert_ne!(Digest::of_answer(b"18446744073709551615"), Digest::of_answer(b"18446744073709551614"));
        assert_ne!(Digest::of_answer(packed), Digest::of_answer(br#"{"a":0,"b":[1,2.5]}"#));
        assert_ne!(Digest::of_answer(b"not json"), Digest::of_answer(b"not json "));
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
            let mut running = Running::default();
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
            let mut rolling = Rolling::default();
            parts.iter().for_each(|part| rolling.add(part.as_bytes()));
            rolling.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    }
}
