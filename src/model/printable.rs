//! Text from elsewhere, made safe to show: what a server, a log or a path holds can be what a terminal
//! obeys, or what turns the order of letters around. Such characters are shown by their number.

use std::borrow::Cow;

/// One line: no character of it moves the cursor, starts a line or is invisible on purpose.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Several lines: line breaks and tabs stay.
pub fn text(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\n' | '\t'))
}

/// The beginning and the end of text that is longer than so many bytes: the end is where a message says what to do.
pub fn shortened(text: &str, most: usize) -> String {
    const GAP: &str = " … ";
    let (head, tail) = (most / 2, most - most / 2 - GAP.len());
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=head).rev().find(boundary).unwrap_or_default();
    let tail = (text.len() - tail..=text.len()).find(boundary).unwrap_or(text.len());
    [&text[..head], &text[tail..]].join(GAP)
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmful = |letter: char| is_harmful(letter) && !stays(letter);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if harmful(letter) {
            safe.extend(letter.escape_default());
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

/// The one list for every output: control characters of both sets, marks that change the writing direction or take no
/// room (Unicode TR 36), line and paragraph separators, and what XML does not allow.
pub fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_by_its_number() {
        let cases = [
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\rb\x07\x7f", "a\\rb\\u{7}\\u{7f}"),
            ("two\nlines\t", "two\\nlines\\t"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("nil\0\u{ffff}", "nil\\u{0}\\u{ffff}"),
            ("pass\u{200b}word", "pass\\u{200b}word"),
        ];
        for (given, shown) in cases {
            assert_eq!(line(given), shown);
        }
    }

    #[test]
    fn long_text_keeps_its_beginning_and_its_end() {
        let long = format!("begin{}end", "ä".repeat(5_000));
        let short = shortened(&long, 100);
        assert!(short.len() <= 100 && short.len() > 90, "{}", short.len());
        assert!(short.starts_with("begin") && short.ends_with("end") && short.contains('…'), "{short}");
    }

    #[test]
    fn ordinary_text_is_not_touched() {
        for ordinary in ["P95 ≤ 800 ms", "Grüße, 你好 🙂 a\\b", "\u{fffd}"] {
            assert!(matches!(line(ordinary), Cow::Borrowed(same) if same == ordinary));
        }
        assert_eq!(text("a\n\tb\x1b"), "a\n\tb\\u{1b}");
    }
}
