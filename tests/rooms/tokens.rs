//! Rust code as words and marks, without comments, and without what is compiled for tests only.

use std::path::Path;

/// The text of a source file, for as long as the test runs.
pub fn read(file: &Path) -> &'static str {
    let code = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Box::leak(code.into_boxed_str())
}

/// A word, a mark, a lifetime, or a string literal as it stands; `::` is one mark, a character literal is left out.
pub fn of(code: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), code);
    while let Some(first) = rest.chars().next() {
        let (length, kept) = next(rest, first);
        if kept {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// How long the next piece is, and whether it is a token.
fn next(rest: &str, first: char) -> (usize, bool) {
    let raw = ["r\"", "r#", "br\"", "br#"].iter().any(|start| rest.starts_with(start));
    match first {
        _ if first.is_whitespace() => (first.len_utf8(), false),
        '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
        '/' if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |end| end + 2), false),
        '"' => (quoted(rest, '"'), true),
        'b' if rest.starts_with("b\"") => (1 + quoted(&rest[1..], '"'), true),
        'b' if rest.starts_with("b'") => (1 + quoted(&rest[1..], '\''), false),
        'r' | 'b' if raw => (raw_string(rest), true),
        '\'' => character(rest),
        ':' if rest.starts_with("::") => (2, true),
        _ if is_of_word(first) => (rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len()), true),
        _ => (first.len_utf8(), true),
    }
}

pub fn is_word(token: &str) -> bool {
    token.starts_with(|letter: char| is_of_word(letter) && !letter.is_ascii_digit())
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// With both quotes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == quote && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

fn raw_string(rest: &str) -> usize {
    let marks = rest.trim_start_matches(['b', 'r']).bytes().take_while(|byte| *byte == b'#').count();
    let end = format!("\"{}", "#".repeat(marks));
    let start = rest.find('"').map_or(rest.len(), |at| at + 1);
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// `'a'` is a character, `'a` a lifetime.
fn character(rest: &str) -> (usize, bool) {
    let mut letters = rest.char_indices().skip(1);
    let first = letters.next().map_or(' ', |(_, letter)| letter);
    let closed = letters.next().is_some_and(|(_, letter)| letter == '\'');
    if first == '\\' || closed {
        return (quoted(rest, '\''), false);
    }
    (1 + rest[1..].find(|letter| !is_of_word(letter)).unwrap_or(rest.len() - 1), true)
}

/// Leaves out each item, field or statement behind `#[cfg(test)]`.
pub fn without_tests(tokens: &[&'static str]) -> Vec<&'static str> {
    const TESTS_ONLY: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].starts_with(&TESTS_ONLY) {
            at = end_of_item(tokens, at);
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// The place behind an item that starts, with its attributes, at `from`: behind its `;` or its braces.
pub fn end_of_item(tokens: &[&str], from: usize) -> usize {
    let mut at = behind_attributes(tokens, from);
    let start = behind_visibility(tokens, at);
    let first = tokens.get(start).copied().unwrap_or_default();
    let ends_at_braces = !["use", "const", "static", "let", "type"].contains(&first)
        || tokens.get(start + 1).is_some_and(|token| *token == "fn");
    while at < tokens.len() {
        match tokens[at] {
            ";" => return at + 1,
            "{" if ends_at_braces => return end_of_group(tokens, at),
            "(" | "[" | "{" => at = end_of_group(tokens, at),
            ")" | "]" | "}" => return at,
            _ => at += 1,
        }
    }
    at
}

pub fn behind_attributes(tokens: &[&str], mut at: usize) -> usize {
    while tokens.get(at) == Some(&"#") {
        at = end_of_group(tokens, at + 1 + usize::from(tokens.get(at + 1) == Some(&"!")));
    }
    at
}

/// Behind `pub` or `pub(in …)`.
pub fn behind_visibility(tokens: &[&str], at: usize) -> usize {
    match (tokens.get(at), tokens.get(at + 1)) {
        (Some(&"pub"), Some(&"(")) => end_of_group(tokens, at + 1),
        (Some(&"pub"), _) => at + 1,
        _ => at,
    }
}

/// The place behind the bracket that closes the one at `from`.
pub fn end_of_group(tokens: &[&str], from: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth <= 0 {
            return at + 1;
        }
    }
    tokens.len()
}
