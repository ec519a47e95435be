//! Random numbers that are the same everywhere and always: no dependency's generator may change a result.

use crate::model::ids::{STEP, mix};

/// SplitMix64: equal seeds give equal numbers.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        SplitMix64(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let bits = mix(self.0);
        self.0 = self.0.wrapping_add(STEP);
        bits
    }

    /// A number below `limit`, by multiplication (Lemire 2019, without his rejection: the bias is at
    /// most `limit` ÷ 2⁶⁴).
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number in (0, 1), 53 bits fine.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        // First outputs of Vigna's splitmix64.c for the seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([(); 3].map(|()| random.bits()), expected);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = SplitMix64::new(7);
        let mut seen = [0_u32; 3];
        for _ in 0..3_000 {
            seen[random.below(3) as usize] += 1;
            let unit = random.unit();
            assert!(unit > 0.0 && unit < 1.0);
        }
        assert!(seen.iter().all(|count| (900..1_100).contains(count)), "{seen:?}");
    }
}
