//! Two answers side by side, with what differs marked.

use std::ops::Range;

use maud::{Markup, Render, html};

/// Characters that are shown of what differs.
const DIFFERS: usize = 320;
/// Characters that are shown around it.
const AROUND: usize = 120;

/// An answer with what its counterpart has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedAnswer {
    before: String,
    differs: String,
    after: String,
}

impl MarkedAnswer {
    /// Both, or as far as they were kept: from the first character that differs to the last one.
    pub fn both(texts: [Option<&str>; 2]) -> [Option<Self>; 2] {
        let chars = texts.map(|text| text.map(|text| text.chars().collect::<Vec<_>>()));
        let [Some(one), Some(other)] = &chars else {
            return chars.map(|text| text.map(|text| MarkedAnswer::of(&text, 0..0, DIFFERS)));
        };
        let alike = |pair: &(&char, &char)| pair.0 == pair.1;
        let head = one.iter().zip(other).take_while(alike).count();
        let tail = one[head..].iter().rev().zip(other[head..].iter().rev()).take_while(alike).count();
        [one, other].map(|text| Some(MarkedAnswer::of(text, head..text.len() - tail, AROUND)))
    }

    /// This part of it, and so much around.
    fn of(text: &[char], marked: Range<usize>, around: usize) -> Self {
        let piece = |range: &[char]| range.iter().collect::<String>();
        let (from, to) = (marked.start, marked.end);
        let start = from.saturating_sub(around);
        let cut = to.min(from + DIFFERS);
        let end = if cut < to { cut } else { text.len().min(to + around) };
        let dots = |cut: bool| if cut { "…" } else { "" };
        MarkedAnswer {
            before: format!("{}{}", dots(start > 0), piece(&text[start..from])),
            differs: piece(&text[from..cut]),
            after: format!("{}{}", piece(&text[cut..end]), dots(end < text.len())),
        }
    }
}

impl Render for MarkedAnswer {
    fn render(&self) -> Markup {
        html! { (self.before) @if !self.differs.is_empty() { mark { (self.differs) } } (self.after) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(one: &str, other: &str) -> [String; 2] {
        MarkedAnswer::both([Some(one), Some(other)])
            .map(|answer| answer.map(|answer| answer.render().into_string()).unwrap_or_default())
    }

    #[test]
    fn what_differs_is_marked_and_the_rest_is_cut() {
        assert_eq!(
            marked("{\"a\":\"über\"}", "{\"a\":\"aber\"}"),
            [
                "{&quot;a&quot;:&quot;<mark>ü</mark>ber&quot;}",
                "{&quot;a&quot;:&quot;<mark>a</mark>ber&quot;}"
            ]
        );
        assert_eq!(marked("aaa", "aa"), ["aa<mark>a</mark>", "aa"]);
        assert_eq!(marked("<a>", "<b>"), ["&lt;<mark>a</mark>&gt;", "&lt;<mark>b</mark>&gt;"]);
        let long = |middle: &str| format!("{}{middle}{}", "x".repeat(500), "y".repeat(500));
        let [one, _] = marked(&long("1"), &long("2"));
        let expected = format!("…{}<mark>1</mark>{}…", "x".repeat(AROUND), "y".repeat(AROUND));
        assert_eq!(one, expected);
        let [one, _] = marked(&"1".repeat(1_000), &"2".repeat(1_000));
        assert_eq!(one, format!("<mark>{}</mark>…", "1".repeat(DIFFERS)));
    }

    #[test]
    fn one_alone_is_shown_without_a_mark() {
        let [one, other] = MarkedAnswer::both([None, Some("abc")]);
        assert_eq!(one, None);
        assert_eq!(other.map(|other| other.render().into_string()), Some("abc".to_string()));
    }
}
