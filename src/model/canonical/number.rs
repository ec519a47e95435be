//! Numbers as decimals: exact at any length, one form for each value.

/// Up to so many digits a whole number is written out, as ECMAScript and RFC 8785 do.
const WRITTEN_OUT: i64 = 21;
/// Digits of an exponent that is certain to fit into 64 bits.
const EXPONENT_DIGITS: usize = 17;

/// A number as it is spelled.
struct Spelled<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// Whether the exponent is negative, and its digits.
    exponent: Option<(bool, &'a [u8])>,
    length: usize,
}

/// Appends the number at the start of `input`; returns how many bytes spell it.
pub(super) fn put(input: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let number = spelled(input)?;
    let zero = number.whole == b"0" && number.fraction.iter().all(|digit| *digit == b'0');
    if zero {
        text.push(b'0');
    } else if number.is_in_form() {
        text.extend_from_slice(&input[..number.length]);
    } else {
        put_decimal(&number, &input[..number.length], text);
    }
    Some(number.length)
}

/// The parts of the number at the start of `input`, by the grammar of JSON.
fn spelled(input: &[u8]) -> Option<Spelled<'_>> {
    let digits = |from: usize| -> &[u8] {
        let rest = &input[from..];
        &rest[..rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())]
    };
    let negative = input.first() == Some(&b'-');
    let mut at = usize::from(negative);
    let whole = digits(at);
    if whole.is_empty() || whole.len() > 1 && whole[0] == b'0' {
        return None;
    }
    at += whole.len();
    let mut fraction: &[u8] = &[];
    if input.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        at += 1 + fraction.len();
        (!fraction.is_empty()).then_some(())?;
    }
    let mut exponent = None;
    if let Some(b'e' | b'E') = input.get(at) {
        let sign = input.get(at + 1).filter(|byte| matches!(byte, b'+' | b'-'));
        at += 1 + usize::from(sign.is_some());
        let of = digits(at);
        at += of.len();
        (!of.is_empty()).then_some(())?;
        exponent = Some((sign == Some(&b'-'), of));
    }
    Some(Spelled { negative, whole, fraction, exponent, length: at })
}

impl Spelled<'_> {
    /// Whether a number that is not 0 is spelled as it should be, as nearly all are.
    fn is_in_form(&self) -> bool {
        let zeros = || self.fraction.iter().take_while(|digit| **digit == b'0').count();
        self.exponent.is_none()
            && self.whole.len() as i64 <= WRITTEN_OUT
            && self.fraction.last() != Some(&b'0')
            && (self.whole != b"0" || zeros() <= 5)
    }

    /// The power of ten, if it is one that anything could reach.
    fn exponent(&self) -> Option<i64> {
        let Some((negative, digits)) = self.exponent else { return Some(0) };
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = &digits[zeros..];
        let fits = digits.len() <= EXPONENT_DIGITS;
        let size = fits.then(|| digits.iter().fold(0, |size, digit| size * 10 + i64::from(digit - b'0')))?;
        Some(if negative { -size } else { size })
    }
}

/// Appends a number that is not 0: its digits without zeros around them, and where the point stands among these.
fn put_decimal(number: &Spelled<'_>, spelling: &[u8], text: &mut Vec<u8>) {
    // Without bounds an exponent would need arithmetic without bounds; a number that large is equal only to itself.
    let Some(exponent) = number.exponent() else { return text.extend_from_slice(spelling) };
    if number.negative {
        text.push(b'-');
    }
    let first = text.len();
    let zeros = |digits: &[u8]| digits.iter().take_while(|digit| **digit == b'0').count();
    let (whole, fraction) = (number.whole, number.fraction);
    let leading = if whole == b"0" { 1 + zeros(fraction) } else { 0 };
    text.extend_from_slice(&whole[leading.min(1)..]);
    text.extend_from_slice(&fraction[leading.saturating_sub(1)..]);
    let point = whole.len() as i64 - leading as i64 + exponent;
    let trailing = text[first..].iter().rev().take_while(|digit| **digit == b'0').count();
    text.truncate(text.len() - trailing);
    put_point(first, point, text);
}

/// Puts the point into the digits that begin at `first`: before the digit number `point`, or by an exponent.
fn put_point(first: usize, point: i64, text: &mut Vec<u8>) {
    let digits = (text.len() - first) as i64;
    match point {
        -5..=0 => {
            let zeros = b"0.00000".iter().take(2 + point.unsigned_abs() as usize);
            text.splice(first..first, zeros.copied());
        }
        1..=WRITTEN_OUT if point < digits => text.insert(first + point as usize, b'.'),
        1..=WRITTEN_OUT => text.resize(first + point as usize, b'0'),
        _ => {
            if digits > 1 {
                text.insert(first + 1, b'.');
            }
            let sign = if point > 0 { '+' } else { '-' };
            text.extend_from_slice(format!("e{sign}{}", (point - 1).unsigned_abs()).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(spelling: &str) -> String {
        let mut text = Vec::new();
        assert_eq!(put(spelling.as_bytes(), &mut text), Some(spelling.len()), "{spelling}");
        String::from_utf8(text).expect("digits")
    }

    #[test]
    fn one_value_has_one_form() {
        let same: [(&str, &[&str]); 12] = [
            ("0", &["0", "-0", "0.0", "-0.000e5", "0e999999999999999999999999"]),
            ("1", &["1", "1.0", "10e-1", "0.1e1", "0.001E+3", "1e0", "1e-00"]),
            ("-2.5", &["-2.5", "-2.50", "-25e-1", "-0.025e2"]),
            ("100", &["100", "1e2", "1.00E2", "0.1e0003"]),
            ("0.000001", &["0.000001", "1e-6", "0.1e-5", "1000e-9"]),
            ("1e-7", &["0.0000001", "1e-7", "0.00000010"]),
            ("1.25e-7", &["0.000000125", "125e-9"]),
            ("100000000000000000000", &["1e20", "100000000000000000000", "100000000000000000000.0"]),
            ("1e+21", &["1e21", "1000000000000000000000", "1000000000000000000000.0", "0.1e22"]),
            (
                "1.2345678901234567890123456e+25",
                &["12345678901234567890123456", "12345678901234567890123456.00"],
            ),
            ("123456789012345678901.234", &["123456789012345678901.234", "123456789012345678901234e-3"]),
            ("1e+999999999", &["1e999999999", "1000e999999996"]),
        ];
        for (expected, spellings) in same {
            for spelling in spellings {
                assert_eq!(form(spelling), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn absurd_exponents_are_exact_and_cost_nothing() {
        assert_eq!(form("1e99999999999999999"), "1e+99999999999999999");
        assert_eq!(form("1.5e-99999999999999999"), "1.5e-99999999999999999");
        assert_eq!(form("1e-999999999999999999999"), "1e-999999999999999999999", "as it is spelled");
        let tiny = format!("0.{}1", "0".repeat(100_000));
        assert_eq!(form(&tiny), "1e-100001");
    }

    #[test]
    fn what_json_does_not_allow_is_no_number() {
        for bad in [
            "", "-", "+1", ".5", "e1", "01", "-01", "00", "1.", "1.e1", "1e", "1e+", "1e-x", "--1",
            "Infinity",
        ] {
            assert_eq!(put(bad.as_bytes(), &mut Vec::new()), None, "{bad}");
        }
        for (more, length) in [("0x1", 1), ("1.5.2", 3), ("1e5e", 3), ("-0,", 2)] {
            assert_eq!(put(more.as_bytes(), &mut Vec::new()), Some(length), "the rest is for others: {more}");
        }
    }

    proptest! {
        #[test]
        fn a_value_keeps_its_form_however_its_point_is_moved(
            negative in any::<bool>(), digits in "[1-9][0-9]{0,30}", shift in 0..40_usize, exponent in -60..60_i64,
        ) {
            let sign = if negative { "-" } else { "" };
            let plain = format!("{sign}{digits}e{exponent}");
            let padded = format!("{:0>width$}", digits, width = shift + 1);
            let (whole, fraction) = padded.split_at(padded.len() - shift);
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            let moved = format!("{sign}{whole}.{fraction}0E{}", exponent + shift as i64);
            prop_assert_eq!(form(&plain), form(&moved));
            prop_assert_eq!(form(&form(&plain)), form(&plain), "its form has itself as form");
        }

        #[test]
        fn the_form_is_the_value(float in any::<f64>().prop_filter("JSON", |float| float.is_finite())) {
            let spelling = serde_json::to_string(&float).expect("finite");
            prop_assert_eq!(form(&spelling).parse::<f64>().expect("a number").to_bits() & !(1 << 63),
                float.to_bits() & !(1 << 63), "{}", spelling);
        }
    }
}
