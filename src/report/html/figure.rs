//! A number of `comparison.json` or `analysis.json` as it is read, with where it stands there.
//!
//! `<data value data-from>` lets a program check the page against the files, and a reader find the figure in them. What
//! follows from two figures of the files has both places, with `-` or `/` between.

use maud::{Markup, html};

use crate::model::{Metric, Statistic, Subject};
use crate::report::words;
use crate::stats::Interval;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberForm {
    /// `1,948.8`.
    Plain,
    /// `-1,416.1`, `+3.0`.
    Signed,
    /// `800`, `0.5`: a limit that a person wrote.
    Short,
    /// `1,800`.
    Count,
    /// A share of 1 as `76.8 %`.
    Percent,
    /// A share of 1 as `1 %`.
    ShortPercent,
    /// A share of 1 as `+0.2 %`.
    SignedPercent,
    /// `0.273`: as many digits as the same share in percent.
    Ratio,
}

impl NumberForm {
    fn text(self, value: f64) -> String {
        match self {
            NumberForm::Plain => grouped(value, 1, false),
            NumberForm::Short => short(value),
            NumberForm::Signed => grouped(value, 1, true),
            NumberForm::Count => grouped(value, 0, false),
            NumberForm::Percent => format!("{} %", grouped(value * 100.0, 1, false)),
            NumberForm::ShortPercent => format!("{} %", short(value * 100.0)),
            NumberForm::SignedPercent => format!("{} %", grouped(value * 100.0, 1, true)),
            NumberForm::Ratio => grouped(value, 3, false),
        }
    }
}

/// The figure at a JSON pointer of a file, such as `comparison:/difference/p95/ms`. `None` is `null` there.
pub fn figure(value: Option<f64>, from: &str, written: NumberForm) -> Markup {
    match value {
        Some(value) => html! { data value=(value) data-from=(from) { (written.text(value)) } },
        None => html! { data value="null" data-from=(from) { "none" } },
    }
}

/// A figure that stands in no file of its own and follows from two that do: `by` is `-` or `/`. A part that is in no file
/// because it is nothing is `0`. `–` where there is no value.
pub fn derived(value: Option<f64>, [one, by, other]: [&str; 3], written: NumberForm) -> Markup {
    match value {
        Some(_) => figure(value, &format!("{one} {by} {other}"), written),
        None => html! { "–" },
    }
}

/// A count at a JSON pointer.
pub fn count(value: u64, from: &str) -> Markup {
    html! { data value=(value) data-from=(from) { (grouped(value as f64, 0, false)) } }
}

/// Both ends of an interval at a JSON pointer; `[none]` where there is none.
pub fn interval(interval: Option<Interval>, from: &str, written: NumberForm) -> Markup {
    match interval {
        Some(Interval { lo, hi }) => html! {
            span.ci { "[" (figure(Some(lo), &format!("{from}/0"), written)) " – "
                (figure(Some(hi), &format!("{from}/1"), written)) "]" }
        },
        None => html! { span.ci { "[" data value="null" data-from=(from) { "none" } "]" } },
    }
}

/// A number that is in no file of results but the log's own: so many milliseconds.
pub fn plain_ms(ms: f64) -> String {
    grouped(ms, 1, false)
}

/// At most three decimals, none that says nothing.
pub fn short(value: f64) -> String {
    let text = grouped(value, 3, false);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A number with commas between thousands.
pub fn grouped(value: f64, decimals: usize, signed: bool) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let zero = digits.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    let (whole, fraction) = digits.split_once('.').map_or((digits.as_str(), None), |(w, f)| (w, Some(f)));
    let mut text = match (zero, value < 0.0, signed) {
        (true, ..) => String::new(),
        (_, true, _) => "−".to_string(),
        (_, _, true) => "+".to_string(),
        _ => String::new(),
    };
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The name of an SLA metric on the page.
pub fn metric_name(metric: Metric) -> String {
    match metric {
        Metric::Time(Subject::Latency, statistic) => statistic_name(statistic),
        other => words::metric(other),
    }
}

/// The name of a statistic of latency.
pub fn statistic_name(statistic: Statistic) -> String {
    match statistic {
        Statistic::Min => "fastest".into(),
        Statistic::Max => "slowest".into(),
        other => words::statistic(other),
    }
}

/// The same at the start of a sentence.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!(grouped(14_542.699, 1, false), "14,542.7");
        assert_eq!(grouped(-1_416.084, 1, true), "−1,416.1");
        assert_eq!(grouped(100.0, 1, true), "+100.0");
        assert_eq!(grouped(-0.04, 1, true), "0.0", "nothing has no sign");
        assert_eq!(grouped(1_234_567.0, 0, false), "1,234,567");
    }

    #[test]
    fn a_figure_says_where_it_stands() {
        let text = figure(Some(0.2734), "comparison:/difference/p95/ratio", NumberForm::Ratio).into_string();
        assert_eq!(text, r#"<data value="0.2734" data-from="comparison:/difference/p95/ratio">0.273</data>"#);
        let text = derived(Some(-3.0), ["comparison:/a", "-", "0"], NumberForm::Signed).into_string();
        assert_eq!(text, r#"<data value="-3" data-from="comparison:/a - 0">−3.0</data>"#);
        assert!(figure(None, "comparison:/x", NumberForm::Plain).into_string().contains(">none<"));
    }
}
