//! Takes secrets out of text that came from elsewhere: a server that refuses a key may well repeat it.

/// What stands in place of a secret.
const MASK: &str = "***";
/// A shorter secret is masked only where it stands alone: a `1` is part of many numbers.
const SHORT: usize = 4;
/// A part of a secret that is as long, as the token of `Bearer token`, is one too.
const PART: usize = 8;

/// The values that must not be shown.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// The longest first, so that no part of one is left.
    secrets: Vec<String>,
}

impl Mask {
    /// Of secrets, their long parts, and both as JSON has them.
    pub fn new(secrets: &[&str]) -> Self {
        let parts = |secret: &&str| {
            let parts = secret
                .split(|letter: char| letter.is_whitespace() || matches!(letter, '&' | '=' | ',' | ';'));
            parts.filter(|part| part.len() >= PART).map(String::from).collect::<Vec<_>>()
        };
        let mut all: Vec<String> = secrets.iter().map(|secret| secret.trim().to_string()).collect();
        all.extend(secrets.iter().flat_map(parts));
        let in_json =
            |secret: &String| serde_json::to_string(secret).ok().map(|text| text.trim_matches('"').into());
        all.extend(all.iter().filter_map(in_json).collect::<Vec<String>>());
        all.retain(|secret| !secret.is_empty());
        all.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        all.dedup();
        Mask { secrets: all }
    }

    /// The text without them. `cut` says that it goes on elsewhere, so that it may end within one.
    pub fn apply(&self, text: &str, cut: bool) -> String {
        let mut text = text.to_string();
        for secret in &self.secrets {
            text = without(&text, secret);
        }
        if cut {
            let begun = self.secrets.iter().filter_map(|secret| begun(&text, secret)).max();
            begun.into_iter().for_each(|length| text.replace_range(text.len() - length.., MASK));
        }
        text
    }
}

fn without(text: &str, secret: &str) -> String {
    if secret.len() >= SHORT {
        return text.replace(secret, MASK);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, after) = (&rest[..at], &rest[at + secret.len()..]);
        let previous = before.chars().next_back().or(masked.chars().next_back());
        let beside = [previous, after.chars().next()];
        let alone = !beside.into_iter().flatten().any(char::is_alphanumeric);
        masked.push_str(before);
        masked.push_str(if alone { MASK } else { secret });
        rest = after;
    }
    masked + rest
}

/// How much of a secret the text ends with, where that is enough to tell.
fn begun(text: &str, secret: &str) -> Option<usize> {
    let longest = secret.len().min(text.len());
    (SHORT..=longest)
        .rev()
        .find(|length| secret.is_char_boundary(*length) && text.ends_with(&secret[..*length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_whole_in_part_and_as_json_has_it() {
        let mask = Mask::new(&["Bearer sk-123456789", "a\"quoted\"one", "key=abcdefgh1&region=eu", ""]);
        for (text, masked) in [
            ("no such key: Bearer sk-123456789!", "no such key: ***!"),
            ("{\"key\":\"sk-123456789\"}", "{\"key\":\"***\"}"),
            (r#"{"x":"a\"quoted\"one"}"#, r#"{"x":"***"}"#),
            ("unknown abcdefgh1 in eu", "unknown *** in eu"),
            ("nothing to see", "nothing to see"),
        ] {
            assert_eq!(mask.apply(text, false), masked);
        }
    }

    #[test]
    fn a_short_one_is_masked_where_it_stands_alone() {
        let mask = Mask::new(&["1"]);
        assert_eq!(mask.apply("tenant 1 has 101 of 11, (1) 1", false), "tenant *** has 101 of 11, (***) ***");
        assert_eq!(mask.apply("11 1", false), "11 ***");
    }

    #[test]
    fn a_command_line_keeps_its_numbers() {
        let given =
            ["-H", "x-tenant: 1", "-qHx:s3cret", "-n", "100", "p95=1ms", "http://a/?1", "http://a/?k=s3cret"];
        let mask = Mask::new(&["1", "s3cret", ""]);
        let masked: Vec<_> = given.iter().map(|arg| mask.apply(arg, false)).collect();
        let expected =
            ["-H", "x-tenant: ***", "-qHx:***", "-n", "100", "p95=1ms", "http://a/?***", "http://a/?k=***"];
        assert_eq!(masked, expected);
    }

    #[test]
    fn a_secret_that_is_cut_off_is_masked_too() {
        let mask = Mask::new(&["sk-123456789"]);
        assert_eq!(mask.apply("wrong key sk-1234", true), "wrong key ***");
        assert_eq!(
            mask.apply("wrong key sk-1234", false),
            "wrong key sk-1234",
            "it is whole, and another one"
        );
        assert_eq!(mask.apply("wrong key sk-", true), "wrong key sk-", "that tells nothing");
    }
}
