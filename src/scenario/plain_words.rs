//! What the TOML reader says of a value, without the names that types have in a program, and without the value where it may be a
//! secret.

/// Each name of a type, and what a person writes for it.
const TYPES: [(&str, &str); 10] = [
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number, 0 or more"),
    ("usize", "a whole number, 0 or more"),
    ("i64", "a whole number"),
    ("f64", "a number"),
    ("a boolean", "true or false"),
    ("path string", "a path in quotes"),
    ("a map", "a section of keys"),
];

/// The same message in the words of whoever writes a scenario.
pub(super) fn plain(message: &str) -> String {
    let Some((said, expected)) = message.rsplit_once("expected ") else { return message.to_string() };
    let said = without_secret(said, expected);
    let known = TYPES.iter().find(|(name, _)| expected.strip_prefix(name).is_some_and(ends_word));
    match known {
        Some((name, words)) => format!("{said}expected {words}{}", &expected[name.len()..]),
        None => format!("{said}expected {expected}"),
    }
}

/// A text may be the value of a header, a token or a URL, also under a key that is misspelt; so may a number where a text is due.
fn without_secret(said: &str, expected: &str) -> String {
    let Some((problem, found)) = said.split_once(": ") else { return said.to_string() };
    let kinds: &[&str] = match expected.starts_with("a string") {
        true => &["string", "integer", "floating point"],
        false => &["string"],
    };
    let kind = kinds.iter().find(|kind| found.strip_prefix(**kind).is_some_and(|rest| rest.starts_with(' ')));
    kind.map_or_else(|| said.to_string(), |kind| format!("{problem}: {kind}, "))
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_become_words() {
        for (said, plainly) in [
            (
                "invalid type: string \"5\", expected u64",
                "invalid type: string, expected a whole number, 0 or more",
            ),
            (
                "invalid value: integer `-1`, expected usize",
                "invalid value: integer `-1`, expected a whole number, 0 or more",
            ),
            ("invalid type: integer `12345`, expected a string", "invalid type: integer, expected a string"),
            (
                "invalid type: string \"a\\\", expected u64: b\", expected a map",
                "invalid type: string, expected a section of keys",
            ),
            ("invalid type: map, expected a boolean\n", "invalid type: map, expected true or false\n"),
            ("unknown field `u64`, expected one of `a`", "unknown field `u64`, expected one of `a`"),
            ("invalid type, expected u64x", "invalid type, expected u64x"),
            ("no expectation", "no expectation"),
        ] {
            assert_eq!(plain(said), plainly);
        }
    }
}
