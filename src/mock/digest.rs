//! The SHA-256 of an item's bytes, the root of everything the mock decides about the item.
use sha2::{Digest as _, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ItemDigest([u8; 32]);

impl ItemDigest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first 16 bytes in hexadecimal: the name of the payload in the truth log.
    pub(super) fn short_hex(&self) -> String {
        self.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A number that is independent of those drawn with another salt, and always the same for the same bytes.
    pub(super) fn draw(&self, salt: &str) -> u64 {
        let hash = Sha256::new().chain_update(salt).chain_update(self.0).finalize();
        u64::from_be_bytes(hash[..8].try_into().expect("a SHA-256 has 32 bytes"))
    }

    /// The same as a fraction in [0, 1), uniform to 53 bits.
    pub(super) fn uniform(&self, salt: &str) -> f64 {
        (self.draw(salt) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_start_of_the_sha256() {
        // FIPS 180-2, appendix B.1
        assert_eq!(ItemDigest::of(b"abc").short_hex(), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn draws_repeat_and_depend_on_bytes_and_salt() {
        let digest = ItemDigest::of(b"abc");
        assert_eq!(digest.draw("error"), ItemDigest::of(b"abc").draw("error"));
        assert_ne!(digest.draw("error"), digest.draw("reset"));
        assert_ne!(digest.draw("error"), ItemDigest::of(b"abd").draw("error"));
    }

    #[test]
    fn fractions_are_spread_evenly() {
        let n = 20_000_u32;
        let mut tenths = [0_u32; 10];
        for i in 0..n {
            let fraction = ItemDigest::of(&i.to_be_bytes()).uniform("spread");
            assert!((0.0..1.0).contains(&fraction));
            tenths[(fraction * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (1_800..2_200).contains(&count)), "{tenths:?}");
    }
}
