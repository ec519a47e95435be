//! Lines for a terminal: what goes in is made safe, what comes out fits a screen.

use std::fmt::Write;

use super::style::{Colour, Style};
use crate::model::printable;

/// A line is wrapped to no more and no less than so many characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=100;
/// Where texts begin that have a name before them.
const INDENT: usize = 22;

/// A screen in the making.
pub(super) struct Screen {
    text: String,
    colour: Colour,
    width: usize,
}

impl Screen {
    pub(super) fn new(colour: Colour) -> Self {
        Screen { text: String::new(), colour, width: *WIDTHS.end() }
    }

    /// For a terminal of so many columns.
    pub(super) fn wrapped_to(self, columns: Option<usize>) -> Self {
        let width = columns.map_or(self.width, |columns| columns.clamp(*WIDTHS.start(), *WIDTHS.end()));
        Screen { width, ..self }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.pieces(&[(Style::Plain, text)]);
    }

    /// A line of pieces in their styles.
    pub(super) fn pieces(&mut self, pieces: &[(Style, &str)]) {
        for (style, text) in pieces {
            self.text.push_str(&self.colour.paint(*style, &printable::line(text)));
        }
        self.text.push('\n');
    }

    /// Pieces of which the last one goes to a line of its own where there is no room for all.
    pub(super) fn judged(&mut self, figures: &str, style: Style, judgement: &str) {
        if figures.chars().count() + judgement.chars().count() <= self.width {
            return self.pieces(&[(Style::Plain, figures), (style, judgement)]);
        }
        self.pieces(&[(Style::Plain, figures.trim_end())]);
        self.pieces(&[(Style::Plain, "    "), (style, judgement)]);
    }

    /// A name, and a text beside it that is wrapped between words.
    pub(super) fn named(&mut self, name: &str, text: &str, style: Style) {
        let mut name = format!("{:<INDENT$}", printable::line(name));
        if name.chars().count() > INDENT {
            name.push(' ');
        }
        for line in wrapped(&printable::line(text), self.width - INDENT) {
            let name = std::mem::replace(&mut name, " ".repeat(INDENT));
            let _ = writeln!(self.text, "{}{line}", self.colour.paint(style, &name));
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// At least one line; a word that is longer than a line stays whole, so that a path can be copied.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is at least one line");
        let fits = last.chars().count() + 1 + word.chars().count() <= width;
        if last.is_empty() {
            last.push_str(word);
        } else if fits {
            let _ = write!(last, " {word}");
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_wrapped_beside_their_name() {
        let mut screen = Screen::new(Colour(false));
        screen.named("remedy", &"keep connections ".repeat(6), Style::Plain);
        let text = String::from_utf8(screen.into_bytes()).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("remedy                keep") && lines[0].chars().count() <= *WIDTHS.end()
        );
        assert!(lines[1].starts_with("                      connections"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_gets_short_lines() {
        for (columns, longest) in [(Some(80), 80), (Some(5), 60), (Some(500), 100), (None, 100)] {
            let mut screen = Screen::new(Colour(false)).wrapped_to(columns);
            screen.named("caveat", &"word ".repeat(200), Style::Plain);
            let text = String::from_utf8(screen.into_bytes()).expect("text");
            let found = text.lines().map(|line| line.chars().count()).max();
            assert!(
                found.is_some_and(|found| found <= longest && found > longest - 6),
                "{columns:?} {found:?}"
            );
        }
    }

    #[test]
    fn nothing_that_comes_in_moves_the_cursor() {
        let mut screen = Screen::new(Colour(true));
        screen.line("a\x1b[2J");
        screen.named("b\r", "c\nd \u{9b}31m", Style::Good);
        screen.pieces(&[(Style::Bad, "\x07")]);
        let text = String::from_utf8(screen.into_bytes()).expect("text");
        let own = text.replace("\x1b[1;31m", "").replace("\x1b[1;32m", "").replace("\x1b[0m", "");
        assert!(own.chars().all(|letter| letter == '\n' || !letter.is_control()), "{own:?}");
        assert_eq!(own.lines().count(), 3, "{own:?}");
    }
}
