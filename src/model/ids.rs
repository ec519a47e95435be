//! Ids that are derived, never drawn: the same run gives the same traces.

use std::fmt;
use std::str::FromStr;

use super::Stage;
use super::digest::bits_of_hex;

/// The golden ratio's fraction: the step of SplitMix64.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64, a bijection (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, 2014).
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(STEP);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A W3C trace id: what went out in `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl TraceId {
    /// The id of the request's root span: what went out in `traceparent`. Never zero.
    pub fn root_span(self) -> u64 {
        mix((self.0 >> 64) as u64 ^ self.0 as u64).max(1)
    }

    /// The id of the span of one stage. Never zero.
    pub fn stage_span(self, stage: Stage) -> u64 {
        mix(self.root_span() ^ mix(stage as u64 + 1)).max(1)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        bits_of_hex(text)
            .map(TraceId)
            .ok_or_else(|| format!("`{text}` is no trace id of 32 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_survives_a_round_trip() {
        let id = TraceId(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
