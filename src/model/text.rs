//! Text of figures without the machinery of `std::fmt`, which costs more than a request's row may.

use crate::model::Digest;
use crate::model::Micros;
use crate::model::{ErrorKind, TraceId};

/// Digits of the largest `u64`.
const DIGITS: usize = 20;

/// What can be appended to a line: the same text as its `Display`.
pub trait Text {
    /// Appends the text.
    fn put(self, line: &mut Vec<u8>);
}

impl Text for u64 {
    fn put(self, line: &mut Vec<u8>) {
        if self < 10 {
            return line.push(b'0' + self as u8);
        }
        // Room is made by a fixed number of bytes and taken back: a copy of a length that the compiler does not know is
        // a call.
        let (start, mut rest) = (line.len(), self);
        let end = start + self.ilog10() as usize + 1;
        line.extend_from_slice(&[0; DIGITS]);
        for digit in line[start..end].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        line.truncate(end);
    }
}

impl Text for u32 {
    fn put(self, line: &mut Vec<u8>) {
        u64::from(self).put(line);
    }
}

impl Text for u16 {
    fn put(self, line: &mut Vec<u8>) {
        u64::from(self).put(line);
    }
}

impl Text for bool {
    fn put(self, line: &mut Vec<u8>) {
        line.extend_from_slice(if self { b"true" } else { b"false" });
    }
}

impl Text for &str {
    fn put(self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.as_bytes());
    }
}

impl Text for ErrorKind {
    fn put(self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.name().as_bytes());
    }
}

impl Text for Micros {
    fn put(self, line: &mut Vec<u8>) {
        (self.0 / 1_000).put(line);
        let micros = (self.0 % 1_000) as u16;
        let digit = |of: u16| b'0' + (micros / of % 10) as u8;
        line.extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
    }
}

impl Text for TraceId {
    fn put(self, line: &mut Vec<u8>) {
        put_hex(self.0.to_be_bytes(), line);
    }
}

impl Text for Digest {
    fn put(self, line: &mut Vec<u8>) {
        put_hex(self.bytes(), line);
    }
}

/// Two hexadecimal digits a byte.
pub fn put_hex<const BYTES: usize>(bytes: [u8; BYTES], line: &mut Vec<u8>) {
    // Sums instead of a table: the compiler takes all bytes at once.
    let digit = |half: u8| half + b'0' + if half > 9 { b'a' - b'9' - 1 } else { 0 };
    let mut digits = [[0; 2]; BYTES];
    for (two, byte) in digits.iter_mut().zip(bytes) {
        *two = [byte >> 4, byte & 15].map(digit);
    }
    line.extend_from_slice(digits.as_flattened());
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use proptest::prelude::*;

    use super::*;

    fn is_displayed(value: impl Text + Display + Copy) {
        let mut line = Vec::new();
        value.put(&mut line);
        assert_eq!(String::from_utf8(line).expect("digits"), value.to_string());
    }

    #[test]
    fn the_edges_of_each_type_are_as_displayed() {
        [0, 9, 10, 999, 1_000, u64::MAX].into_iter().for_each(is_displayed);
        [0, 9, 10, 999, 1_000, 1_001, 10_050, u64::MAX].map(Micros).into_iter().for_each(is_displayed);
        [0, 1, u128::MAX].map(TraceId).into_iter().for_each(is_displayed);
        is_displayed(u32::MAX);
        is_displayed(u16::MAX);
        [true, false].into_iter().for_each(is_displayed);
    }

    proptest! {
        #[test]
        fn any_figure_is_as_displayed(number: u64, bits: u128, bytes: Vec<u8>) {
            is_displayed(number);
            is_displayed(Micros(number));
            is_displayed(TraceId(bits));
            is_displayed(Digest::of(&bytes));
        }
    }
}
