//! The document around the sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::model::printable::is_harmful;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Sections with their anchors, for the list at the top.
const SECTIONS: [(&str, &str); 11] = [
    ("figures", "Before and after"),
    ("endpoints", "Endpoints"),
    ("causes", "Where the time went"),
    ("story", "Why"),
    ("curve", "Percentiles"),
    ("backlog", "Backlog"),
    ("over-time", "Every request"),
    ("waterfall", "Stages"),
    ("ladder", "Predicted"),
    ("conditions", "Conditions"),
    ("glossary", "Words"),
];

/// The whole file.
pub fn document(title: &str, run_id: &str, body: Markup) -> Vec<u8> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                // An icon of no bytes, so that a browser does not ask a server for one.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the verdict" }
                header.top {
                    span.brand { "spanload" }
                    span.run { "run " (run_id) }
                    nav aria-label="Sections" {
                        @for (anchor, name) in SECTIONS.iter().filter(|(anchor, _)| body.0.contains(&format!("id=\"{anchor}\""))) {
                            a href=(format!("#{anchor}")) { (name) }
                        }
                    }
                }
                main id="main" { (body) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    visible(document.into_string()).into_bytes()
}

/// Control characters as pictures of themselves, and marks that turn the direction of text around as what they are:
/// nothing that a server, a header or a path brought in moves a cursor or hides a word.
fn visible(text: String) -> String {
    if !text.chars().any(hidden) {
        return text;
    }
    let shown = |letter: char| match letter {
        _ if !hidden(letter) => letter,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + letter as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    };
    text.chars().map(shown).collect()
}

/// As everywhere, but that the page has lines.
fn hidden(letter: char) -> bool {
    letter != '\n' && is_harmful(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped_and_made_visible() {
        let outside = "<script>alert(1)</script>\u{1b}[31mred\u{202e}drow\u{0}\u{61c}\u{2028}";
        let page =
            String::from_utf8(document("t", "r", html! { p title=(outside) { (outside) } })).expect("text");
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt;␛[31mred\u{fffd}drow␀\u{fffd}\u{fffd}"),
            "{page}"
        );
        assert!(!page.chars().any(hidden), "no control character is left");
    }

    #[test]
    fn nothing_is_asked_for() {
        for text in [STYLE, SCRIPT] {
            for word in ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!text.contains(word), "{word}");
            }
        }
        assert!(SCRIPT.len() < 4_096, "hover and links, no more: {} bytes", SCRIPT.len());
    }
}
