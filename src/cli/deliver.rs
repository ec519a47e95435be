//! Where a comparison goes: standard output in the format that was asked for, a JUnit file, the summary of a CI step.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::output::{FormatArg, OutputArgs};
use crate::analyze::Comparison;
use crate::host::console::{self, STDOUT};
use crate::host::written;
use crate::report::{Colour, Format, Json, Junit, Markdown, Summary, Terminal};
use crate::runlog::write_atomically;
use crate::workflow::invocation::UsageError;
use anyhow::{Context, bail};

/// GitHub's file for the summary of a step (docs.github.com, "Adding a job summary").
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What must be known before there is anything to say; what cannot be written later is said before any load is sent.
pub(super) fn prepare(args: &OutputArgs) -> anyhow::Result<()> {
    args.colour.apply();
    let Some(file) = &args.junit else { return Ok(()) };
    if file == Path::new(STDOUT) {
        return match args.format {
            FormatArg::Text => Ok(()),
            _ => bail!(UsageError(
                "--junit - and --format both want standard output; name a file for one".into()
            )),
        };
    }
    if file.is_dir() || file.file_name().is_none() {
        let problem = format!("--junit {}: this is a folder; give the name of a file in it", file.display());
        bail!(UsageError(problem));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .with_context(|| format!("--junit {}: cannot make a folder for it there", file.display()))
}

/// Standard output gets exactly one document; what goes wrong beside it is said on standard error.
pub(super) fn deliver(comparison: &Comparison, summary: Summary, args: &OutputArgs) -> anyhow::Result<()> {
    let junit = Junit { exit: summary.exit };
    let in_place_of_text = args.junit.as_deref() == Some(Path::new(STDOUT));
    if let Some(file) = args.junit.as_ref().filter(|_| !in_place_of_text) {
        let bytes = junit.render(comparison)?;
        write_atomically(file, &bytes).with_context(|| format!("--junit {}", file.display()))?;
    }
    let markdown = Markdown { summary: summary.clone() }.render(comparison)?;
    if let Some(file) = std::env::var_os(STEP_SUMMARY).filter(|file| !file.is_empty())
        && let Err(error) = append(Path::new(&file), &markdown)
    {
        console::warn(&format!("warning: {STEP_SUMMARY}: {error:#}; the results are not touched by this"));
    }
    console::print(&match args.format {
        _ if in_place_of_text => junit.render(comparison)?,
        FormatArg::Text => {
            Terminal { summary, colour: colour_of_results(), width: console::width() }.render(comparison)?
        }
        FormatArg::Json => Json.render(comparison)?,
        FormatArg::Markdown => markdown,
    })
}

/// Whether what goes to standard output is coloured.
pub(super) fn colour_of_results() -> Colour {
    let terminal = std::io::stdout().is_terminal();
    Colour::wanted(console::is_plain(), terminal, |name| std::env::var_os(name))
}

fn append(file: &Path, markdown: &[u8]) -> anyhow::Result<()> {
    let mut open = written::open(file, std::fs::OpenOptions::new().append(true).create(true));
    let written = open.as_mut().map_err(|error| std::io::Error::new(error.kind(), error.to_string()));
    let written = written.and_then(|file| file.write_all(markdown).and_then(|()| file.write_all(b"\n")));
    written.with_context(|| format!("cannot append to {}", file.display()))
}
