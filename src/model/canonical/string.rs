//! Strings: what needs no escape is copied as it is, what needs one has one form.

/// Appends a string, whose opening quote is behind us, with its quotes; returns how many bytes it took, the closing
/// quote included. Says of the appended text whether it holds an escape.
pub(super) fn put(input: &[u8], text: &mut Vec<u8>) -> Option<(usize, bool)> {
    let (mut at, mut escapes) = (0, false);
    text.push(b'"');
    loop {
        let plain = plain(&input[at..]);
        text.extend_from_slice(&input[at..at + plain]);
        at += plain;
        match input.get(at)? {
            b'"' => break,
            b'\\' => {
                let (letter, length) = unescape(&input[at + 1..])?;
                escapes |= put_letter(letter, text);
                at += 1 + length;
            }
            _ => return None, // a bare control character
        }
    }
    text.push(b'"');
    Some((at + 1, escapes))
}

/// How many bytes come before the next quote, backslash or control character. Eight at a time: of each kind the lowest
/// bit that is found is the first one's, and a carry can only add later ones.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, rest) = bytes.as_chunks::<8>();
    for (word, first) in words.iter().zip((0..).step_by(8)) {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found =
            (zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | control)
                & (ONES * 0x80);
        if found != 0 {
            return first + found.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}

/// The letter of an escape, whose backslash is behind us, and how many bytes spell it.
fn unescape(bytes: &[u8]) -> Option<(char, usize)> {
    let letter = match bytes.first()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        byte @ (b'"' | b'\\' | b'/') => char::from(*byte),
        b'u' => return unescape_unit(&bytes[1..]).map(|(letter, length)| (letter, length + 1)),
        _ => return None,
    };
    Some((letter, 1))
}

/// The letter of one UTF-16 unit, or of two that belong together; half of a pair is no letter.
fn unescape_unit(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = unit(bytes)?;
    if !(0xd800..0xdc00).contains(&unit) {
        return char::from_u32(unit).map(|letter| (letter, 4));
    }
    let low = bytes[4..].strip_prefix(b"\\u").and_then(self::unit)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low).map(|letter| (letter, 10))
}

fn unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// Appends a letter; says whether it needed an escape.
fn put_letter(letter: char, text: &mut Vec<u8>) -> bool {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match letter {
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '"' | '\\' => letter as u8,
        '\0'..' ' => {
            let byte = letter as usize;
            text.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[byte >> 4], HEX[byte & 15]]);
            return true;
        }
        _ => {
            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return false;
        }
    };
    text.extend_from_slice(&[b'\\', short]);
    true
}

/// The bytes of a key as it was before it was escaped.
pub(super) fn unescaped(key: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::with_capacity(key.len()), 0);
    while let Some(byte) = key.get(at) {
        let escape = (*byte == b'\\').then(|| unescape(&key[at + 1..])).flatten();
        match escape {
            Some((letter, length)) => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                at += 1 + length;
            }
            None => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_run_of_plain_bytes_ends_at_the_first_that_is_not(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
            prop_assert_eq!(plain(&bytes), bytes.iter().position(special).unwrap_or(bytes.len()));
        }
    }

    #[test]
    fn every_special_byte_is_found_in_every_place() {
        for special in (0..0x20).chain(*b"\"\\") {
            for place in 0..20 {
                let mut bytes = [b'!'; 20]; // one above a quote: the nearest that is none
                bytes[place] = special;
                assert_eq!(plain(&bytes), place, "{special}");
            }
        }
        assert_eq!(plain(&[0x20, 0x7f, 0x80, 0xff, b'#', b'[', b']', b'!', 0x20]), 9);
    }

    #[test]
    fn a_key_is_unescaped_as_it_was_escaped() {
        let mut text = Vec::new();
        let all: String = (0..0x80_u8).map(char::from).chain("\u{e9}\u{1f600}".chars()).collect();
        for letter in all.chars() {
            put_letter(letter, &mut text);
        }
        assert_eq!(unescaped(&text), all.as_bytes());
    }
}
