//! How to make the same run again.

use maud::{Markup, html};

use super::Html;
use crate::analyze::Comparison;

/// Command, versions, machine, scenario.
pub fn section(comparison: &Comparison, page: &Html<'_>) -> Markup {
    let conditions = page.conditions;
    html! {
        section aria-labelledby="reproduce" {
            h2 #reproduce { "How to reproduce" }
            pre.command { (shell(&conditions.command)) }
            p.how {
                "With spanload " (conditions.version) "; the run started at " (conditions.started_at)
                ". In the folder that holds its logs this page is made again, byte for byte, by " code { (again(page)) } "."
            }
            (pairs("Machine", conditions.machine.iter().map(|(name, value)| (*name, value.as_str())), true))
            @if let Some(script) = &comparison.baseline_script { p.note { "SHA-256 of " code { (script.path) } ": " code { (script.sha256) } } }
            (pairs("Scenario, resolved", conditions.scenario.iter().map(|(name, value)| (name.as_str(), value.as_str())), false))
        }
    }
}

/// What makes this page wherever the folder of the run lies: a folder can be moved, so none is named.
fn again(page: &Html<'_>) -> String {
    let jaeger = page.jaeger.map(|jaeger| ["--jaeger-url".to_string(), jaeger.base().to_string()]);
    let words = ["spanload", "report", "."].map(String::from);
    shell(&words.into_iter().chain(jaeger.into_iter().flatten()).collect::<Vec<_>>())
}

fn pairs<'a>(title: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>, open: bool) -> Markup {
    html! {
        details open[open] {
            summary { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table.pairs { tbody { @for (name, value) in pairs { tr { th scope="row" { (name) } td { code { (value) } } } } } }
            }
        }
    }
}

/// As a shell takes it.
fn shell(command: &[String]) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,@%+".contains(letter);
    let quoted = |word: &String| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let command = ["spanload", "prove", "--set", "a=b c", "it's"].map(String::from);
        assert_eq!(shell(&command), r"spanload prove --set 'a=b c' 'it'\''s'");
    }
}
