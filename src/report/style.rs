//! Colour: when there is any, and what it means. Colour never carries what the words do not say.

use std::ffi::OsString;

use crate::model::Stage;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Like the text around it.
    Plain,
    /// A heading.
    Strong,
    /// Of less interest.
    Faint,
    /// What was hoped for.
    Good,
    /// What was not.
    Bad,
    /// Something to know before trusting the rest.
    Caution,
    /// A part of a request's time.
    Of(Stage),
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colour(pub bool);

impl Colour {
    /// Colour where a person wants it: not with the flag, nor with `NO_COLOR` set to anything (no-color.org); else
    /// with `CLICOLOR_FORCE`, else only on a terminal that has some and without `CLICOLOR=0` (bixense.com/clicolors).
    pub fn wanted(no_color: bool, terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        if no_color || value("NO_COLOR").is_some() {
            return Colour(false);
        }
        if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            return Colour(true);
        }
        let refused = value("CLICOLOR").is_some_and(|value| value == "0");
        let dumb = value("TERM").is_some_and(|value| value == "dumb");
        Colour(terminal && !refused && !dumb)
    }

    /// The text in its style.
    pub fn paint(self, style: Style, text: &str) -> String {
        match code(style).filter(|_| self.0 && !text.is_empty()) {
            Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_string(),
        }
    }
}

/// The parameters of the escape sequence: the eight colours that every palette has.
fn code(style: Style) -> Option<&'static str> {
    Some(match style {
        Style::Plain => return None,
        Style::Strong => "1",
        Style::Faint => "2",
        Style::Good => "1;32",
        Style::Bad => "1;31",
        Style::Caution => "33",
        Style::Of(Stage::Queue) => "33",
        Style::Of(Stage::Retry) => "31",
        Style::Of(Stage::Dns) => "36",
        Style::Of(Stage::Connect) => "35",
        Style::Of(Stage::Tls) => "95",
        Style::Of(Stage::Send) => "96",
        Style::Of(Stage::Wait) => "34",
        Style::Of(Stage::Receive) => "32",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(no_color: bool, terminal: bool, variables: &[(&str, &str)]) -> bool {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Colour::wanted(no_color, terminal, variable).0
    }

    #[test]
    fn a_terminal_is_coloured_unless_somebody_says_no() {
        assert!(wanted(false, true, &[]));
        assert!(!wanted(false, false, &[]), "a file");
        assert!(!wanted(true, true, &[("CLICOLOR_FORCE", "1")]), "the flag wins");
        assert!(!wanted(false, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), "NO_COLOR wins");
        assert!(wanted(false, true, &[("NO_COLOR", "")]), "empty is not set");
        assert!(wanted(false, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!wanted(false, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!wanted(false, true, &[("CLICOLOR", "0")]) && !wanted(false, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn without_colour_text_stays_text() {
        assert_eq!(Colour(false).paint(Style::Bad, "missed"), "missed");
        assert_eq!(Colour(true).paint(Style::Bad, "missed"), "\x1b[1;31mmissed\x1b[0m");
        assert_eq!(Colour(true).paint(Style::Plain, "so"), "so");
    }
}
