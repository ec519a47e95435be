//! The analysis of a run: what its files come to, written beside them.

use super::page;
use super::reading::{Findings, read};
use crate::model::run_files::{ANALYSIS, COMPARISON, COMPARISON_TABLE};
use crate::report::{Csv, Format, Json};
use crate::runlog::{Results, write_atomically, write_json};

/// Reads the logs and the manifest of a run, compares and explains, and writes `comparison.json`,
/// `comparison.csv`, `analysis.json` and `report.html`.
pub fn analyze(results: &Results) -> anyhow::Result<Findings> {
    let (findings, read) = read(results)?;
    let findings = write(results, findings)?;
    page::write(&findings, &read, results)?;
    Ok(findings)
}

fn write(results: &Results, findings: Findings) -> anyhow::Result<Findings> {
    let Findings { comparison, analysis, .. } = &findings;
    write_atomically(&results.path(COMPARISON_TABLE), &Csv.render(comparison)?)?;
    write_atomically(&results.path(COMPARISON), &Json.render(comparison)?)?;
    write_json(&results.path(ANALYSIS), analysis)?;
    Ok(findings)
}
