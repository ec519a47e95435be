//! The classes that give causes and stages their colours: families that keep apart for colour-blind eyes too.
//!
//! After Okabe and Ito, "Color Universal Design", 2008: vermilion and orange for connections, blues for the server,
//! purples for the client, greens for the network, grey for what is not known.

use crate::analyze::Cause;
use crate::model::Stage;

/// The class of a cause.
pub fn of_cause(cause: Cause) -> String {
    format!("c-{}", cause.name())
}

/// The class of a stage.
pub fn of_stage(stage: Stage) -> String {
    format!("s-{}", stage.name())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const STYLE: &str = include_str!("style.css");

    /// Colours by name of each scheme: light, dark, print.
    fn schemes() -> Vec<BTreeMap<&'static str, &'static str>> {
        let blocks = STYLE.split(":root{").skip(1).filter_map(|rest| rest.split('}').next());
        let pairs = |block: &'static str| {
            block.split(';').filter_map(|pair| pair.trim().strip_prefix("--")?.split_once(':')).collect()
        };
        blocks.map(pairs).collect()
    }

    /// Relative luminance after WCAG 2.2 of `#rrggbb`.
    fn light(colour: &str) -> f64 {
        let digits = colour.trim_start_matches('#');
        let digits: String = if digits.len() == 3 {
            digits.chars().flat_map(|digit| [digit, digit]).collect()
        } else {
            digits.into()
        };
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).expect("a colour")) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (light(one), light(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// What a rule that begins with these words gives the class.
    fn listed(class: &str, rule_ends: &str) -> bool {
        let rule = STYLE.lines().find(|line| line.contains(rule_ends)).expect("the rule is there");
        let list = rule.split(rule_ends).next().unwrap_or_default();
        list.split([',', '(', ')']).any(|one| one.rsplit('}').next() == Some(class))
    }

    #[test]
    fn the_name_of_every_cause_can_be_read_on_its_colour() {
        let schemes = schemes();
        assert_eq!(schemes.len(), 3);
        for cause in Cause::ALL {
            let class = format!(".{},", of_cause(cause));
            let variable = STYLE.split(&class).nth(1).or(STYLE.split(&class.replace(',', "{")).nth(1));
            let variable =
                variable.and_then(|rest| rest.split("var(--").nth(1)).and_then(|rest| rest.split(')').next());
            let variable = variable.unwrap_or_else(|| panic!("{class} has no colour"));
            let on = format!(".on-{}", cause.name());
            for (scheme, colours) in ["light", "dark", "print"].into_iter().zip(&schemes) {
                let dark_ink = if scheme == "dark" {
                    !listed(&on, "{color:#1a1d21}}")
                } else {
                    listed(&on, "{color:#1a1d21}.")
                };
                let ink = match cause {
                    Cause::DelayedAck => colours["bg"],
                    _ if dark_ink => "#1a1d21",
                    _ => "#ffffff",
                };
                let found = contrast(ink, colours[variable]);
                assert!(found >= 4.5, "{} on {variable}, {scheme}: {found:.2} to 1", cause.name());
            }
        }
    }
}
