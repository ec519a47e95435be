//! The flags that say what a command prints, and where else its result goes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::host::console;

/// Where a comparison goes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What goes to standard output: text, json (one document) or markdown; all else goes to standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub format: FormatArg,
    /// Also write JUnit XML: a line of the SLA is a test case, missed fails, met but in doubt is skipped; - is standard output, in
    /// place of the text
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    #[command(flatten)]
    pub colour: ColourArgs,
}

/// Whether there is colour.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct ColourArgs {
    /// Colour nothing; so does NO_COLOR, and a standard output that is no terminal
    #[arg(long)]
    pub no_color: bool,
}

impl ColourArgs {
    /// From now on.
    pub(super) fn apply(self) {
        if self.no_color {
            console::be_plain();
        }
    }
}

/// A format on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// A screen for people
    #[default]
    Text,
    /// The bytes of comparison.json, one document
    Json,
    /// For a comment on a pull request
    Markdown,
}
