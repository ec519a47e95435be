//! The comparison for a comment on a pull request: GitHub's Markdown.

use std::fmt::Write;

use super::Format;
use super::aa;
use super::words::{self, SlaWords, Summary};
use crate::analyze::{Comparison, Verdict};
use crate::model::printable;

/// Finds the comment again, to replace it instead of adding one a run.
const MARK: &str = "<!-- spanload -->";

/// The summary as Markdown.
#[derive(Debug, Default)]
pub struct Markdown {
    /// What is said beside the comparison.
    pub summary: Summary,
}

impl Format for Markdown {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let mut text = format!("{MARK}\n");
        writeln!(text, "### spanload: {}\n", self.verdict(comparison))?;
        match &comparison.aa {
            Some(found) => writeln!(text, "{}\n", escaped(&aa::details(comparison, found)))?,
            None => self.sla(&mut text, comparison)?,
        }
        self.table(&mut text, comparison)?;
        self.below(&mut text, comparison)?;
        self.why(&mut text)?;
        if !comparison.caveats.is_empty() {
            writeln!(text, "**Caveats**\n")?;
            for caveat in &comparison.caveats {
                writeln!(text, "- {}", escaped(&caveat.message))?;
            }
            writeln!(text)?;
        }
        self.foot(&mut text, comparison)?;
        Ok(text.into_bytes())
    }
}

impl Markdown {
    fn verdict(&self, comparison: &Comparison) -> String {
        let Summary { exit, judged, .. } = &self.summary;
        if comparison.is_partial() {
            return format!("⚠️ interrupted, nothing is proven (exit code {exit})");
        }
        if let Some(found) = &comparison.aa {
            let mark = if found.difference_found { "❌" } else { "✅" };
            return format!("{mark} A/A: {} (exit code {exit})", aa::headline(found));
        }
        let word = match comparison.verdict {
            Verdict::Met => "✅ SLA met",
            Verdict::Missed => "❌ SLA missed",
        };
        let confidence = words::no_result(comparison).unwrap_or(words::confidence(comparison.confidence));
        format!("{word} {judged} ({confidence}, exit code {exit})")
    }

    fn sla(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        let [before, after] = self.summary.names;
        writeln!(text, "| SLA | {before} | {after} | 95 % interval | verdict |")?;
        writeln!(text, "|---|---:|---:|---:|---|")?;
        for line in &comparison.sla {
            let SlaWords { name, limit, before, after, interval, verdict, confidence, .. } =
                SlaWords::of(line);
            let verdict =
                if line.verdict == Verdict::Met { verdict.into() } else { format!("**{verdict}**") };
            let interval = escaped(&interval);
            writeln!(text, "| {name} {limit} | {before} | {after} | {interval} | {verdict}, {confidence} |")?;
        }
        writeln!(text)
    }

    fn table(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        let Summary { names: [before, after], latency, .. } = &self.summary;
        writeln!(text, "| {latency} | {before} | {after} | difference | ratio | 95 % of the ratio |")?;
        writeln!(text, "|---|---:|---:|---:|---:|---:|")?;
        for row in words::rows(comparison) {
            let words::FigureRow { name, before, after, difference, ratio, interval } = row;
            writeln!(text, "| {name} | {before} | {after} | {difference} | {ratio} | {interval} |")?;
        }
        let phases = &comparison.phases;
        let [before, after] =
            [&phases.before, &phases.after].map(|phase| format!("{} of {}", phase.succeeded, phase.planned));
        writeln!(text, "| succeeded | {before} | {after} | | | |\n")?;
        words::note(comparison).map_or(Ok(()), |note| writeln!(text, "{} {note}.\n", words::MARK))
    }

    fn below(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        for (name, strategy) in self.summary.names.iter().zip(&self.summary.strategies) {
            writeln!(text, "- {name}: {}", code(strategy))?;
        }
        if let Some(transport) = &self.summary.moved_by {
            writeln!(text, "- transport: {}", escaped(transport))?;
        }
        let Summary { names, failed, .. } = &self.summary;
        for ((name, (_, phase)), told) in names.iter().zip(comparison.phases.both()).zip(failed) {
            for errors in words::errors(phase, told) {
                writeln!(text, "- errors {name}: {}", escaped(&errors))?;
            }
        }
        let quality = &comparison.quality;
        writeln!(text, "- answers: {}\n", words::answers(quality))
    }

    fn why(&self, text: &mut String) -> std::fmt::Result {
        let Summary { why, predicted, .. } = &self.summary;
        if why.is_empty() && predicted.is_none() {
            return Ok(());
        }
        writeln!(text, "<details><summary>Where the time went</summary>\n")?;
        for (name, words) in why {
            writeln!(text, "- {name}: {}", escaped(words))?;
        }
        if let Some(predicted) = predicted {
            writeln!(text, "- {}", escaped(predicted))?;
        }
        writeln!(text, "\n</details>\n")
    }

    fn foot(&self, text: &mut String, comparison: &Comparison) -> std::fmt::Result {
        let (run, plan) = (code(&comparison.run_id), code(&comparison.plan_digest));
        write!(text, "Run {run}, plan {plan}; intervals: {}", escaped(&comparison.interval_method))?;
        match &self.summary.folder {
            Some(folder) => writeln!(text, "; files: {}", code(&folder.display().to_string())),
            None => writeln!(text),
        }
    }
}

/// Text from elsewhere in running text: no markup, no HTML, no mention of people or issues, one line.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in printable::line(text).chars() {
        match letter {
            '@' => safe.push_str("@&#8203;"),
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                let _ = write!(safe, "&#{};", u32::from(letter));
            }
            _ => safe.push(letter),
        }
    }
    safe
}

/// Text from elsewhere as code. A fence longer than any run of backticks inside holds it; a bar would end a cell.
fn code(text: &str) -> String {
    let text = printable::line(text).replace('|', "¦");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_marks_nothing_up() {
        let shown = escaped("<img src=x onerror=alert(1)> **b** [l](http://x) a|b @team #7 `c`\n\x1b[31m");
        for markup in ["<", ">", "*", "[", "|", "`", "\n", "\x1b", " #", "@t"] {
            assert!(!shown.contains(markup), "{markup:?} in {shown}");
        }
        assert_eq!(escaped("P95 ≤ 800 ms (t over 3)"), "P95 ≤ 800 ms (t over 3)");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("results/a"), "`results/a`");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(code("a|b\n"), "`a¦b\\n`");
        assert_eq!(code(""), "`  `");
    }
}
