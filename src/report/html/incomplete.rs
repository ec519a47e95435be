//! The page of a run that cannot be analysed: what is there, what is missing, and what to do.

use maud::{Markup, html};

use super::page;

/// What became of a file of the run.
#[derive(Clone, Debug)]
pub struct FileState {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub what: &'static str,
    /// Whether no figure can be made without it.
    pub needed: bool,
    /// Its length in bytes; `None` if it is not there.
    pub bytes: Option<u64>,
}

/// A run that cannot be analysed.
#[derive(Clone, Debug, Default)]
pub struct Incomplete {
    /// The run's folder.
    pub folder: String,
    /// Why, as errors say it.
    pub problems: Vec<String>,
    /// The files of a run.
    pub files: Vec<FileState>,
    /// The command line, where the manifest says it.
    pub command: Option<String>,
}

impl Incomplete {
    /// The whole page.
    pub fn render(&self) -> Vec<u8> {
        let body = html! {
            section.verdict.doubt aria-labelledby="verdict" {
                p.word { span.sign aria-hidden="true" { "!" } " Incomplete run" }
                h1 #verdict { "This run cannot be compared: " (self.what()) "." }
                p.sub { "No figure is shown, for none would be one of the whole run. Run it again" @if let Some(command) = &self.command { ": " code { (command) } } "." }
            }
            section #caveats.caveats aria-labelledby="caveats-title" {
                h2 #caveats-title { "What is wrong" }
                ul { @for problem in &self.problems { li { (problem) } } }
            }
            (self.table())
        };
        page::document("spanload: incomplete run", &self.folder, body)
    }

    fn what(&self) -> String {
        let missing = self.files.iter().filter(|file| file.needed && file.bytes.is_none());
        let missing: Vec<&str> = missing.map(|file| file.name.as_str()).collect();
        if missing.is_empty() {
            "a file of it cannot be read".into()
        } else {
            format!("without {} there are no figures", missing.join(" and "))
        }
    }

    fn table(&self) -> Markup {
        html! {
            section aria-labelledby="files" {
                h2 #files { "Files of the run" }
                div.scroll tabindex="0" role="region" aria-label="Files of the run" {
                    table {
                        caption { "In " code { (self.folder) } }
                        thead { tr { th scope="col" { "file" } th scope="col" { "what it is" } th scope="col" { "found" } } }
                        tbody { @for file in &self.files { tr {
                            th scope="row" { code { (file.name) } }
                            td { (file.what) }
                            td { @match file.bytes { Some(bytes) => { (bytes) " bytes" }, None => strong { "missing" } } }
                        } } }
                    }
                }
            }
        }
    }
}
