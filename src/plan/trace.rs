//! Trace ids, derived from run, phase, repetition and sequence, so that a span rebuilt from a log
//! is the one that was propagated.

use crate::model::Digest;
use crate::model::TraceId;
use crate::model::mix;

/// The trace ids of one repetition.
#[derive(Clone, Copy, Debug)]
pub struct TraceIds {
    head: u64,
    key: u64,
}

impl TraceIds {
    /// The ids of one repetition; `part` is the phase's name.
    pub fn new(run_id: &str, part: &str, repetition: u32) -> Self {
        let text = Digest::of(format!("{run_id}/{part}/{repetition}").as_bytes()).to_string();
        let half = |range| u64::from_str_radix(&text[range], 16).expect("a digest is hexadecimal");
        TraceIds { head: half(0..16), key: half(16..32) }
    }

    /// The trace id of one request. Distinct for distinct `seq`, because the mix is a bijection.
    pub fn trace(&self, seq: u64) -> TraceId {
        TraceId((u128::from(self.head) << 64) | u128::from(mix(self.key.wrapping_add(seq))))
    }

    /// The id of the request's root span, never zero.
    pub fn span(&self, seq: u64) -> u64 {
        self.trace(seq).root_span()
    }

    /// The `traceparent` header of one request, sampled flag set.
    pub fn traceparent(&self, seq: u64) -> [u8; 55] {
        let trace = self.trace(seq);
        let mut header = *b"00-................................-................-01";
        hex(&trace.0.to_be_bytes(), &mut header[3..35]);
        hex(&trace.root_span().to_be_bytes(), &mut header[36..52]);
        header
    }
}

/// Two digits a byte.
fn hex(bytes: &[u8], digits: &mut [u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for (byte, two) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        two.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_within_and_between_repetitions() {
        let repetitions = [("before", 1), ("before", 2), ("after", 1)];
        let ids: HashSet<_> = repetitions
            .iter()
            .flat_map(|(part, repetition)| {
                let ids = TraceIds::new("run", part, *repetition);
                (0..1_000).map(move |seq| ids.trace(seq))
            })
            .collect();
        assert_eq!(ids.len(), 3_000);
    }

    #[test]
    fn the_header_has_the_w3c_form() {
        let header = TraceIds::new("run", "before", 1).traceparent(3);
        let header = std::str::from_utf8(&header).expect("hexadecimal digits");
        let parts: Vec<_> = header.split('-').map(str::len).collect();
        assert_eq!(parts, [2, 32, 16, 2], "{header}");
        let ids = TraceIds::new("run", "before", 1);
        assert_eq!(header, format!("00-{}-{:016x}-01", ids.trace(3), ids.span(3)));
    }
}
