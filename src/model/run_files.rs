//! Every file of a run's folder, by its one name: whoever writes, reads or speaks of one takes the name from here.

use super::Phase;

/// Under which conditions the run took place.
pub const MANIFEST: &str = "manifest.json";
/// The log of the before phase.
pub const BEFORE: &str = "before.csv";
/// The log of the after phase.
pub const AFTER: &str = "after.csv";
/// The calls to the idle server before the phases.
pub const CALIBRATION: &str = "calibration.csv";
/// Those beside each repetition.
pub const SINGLE_CALLS: &str = "single_calls.csv";
/// The warm-up.
pub const WARMUP: &str = "warmup.csv";
/// Distinct answers.
pub const ANSWERS: &str = "answers.jsonl";
/// What the scenario's judge said of answers that differ.
pub const JUDGED: &str = "judged.jsonl";
/// What it printed beside.
pub const JUDGE_OUTPUT: &str = "judge.log";
/// What failures said.
pub const FAILURES: &str = "failures.jsonl";
/// What the given load test logged.
pub const SCRIPT_LOG: &str = "input_py.csv";
/// What it printed.
pub const SCRIPT_OUTPUT: &str = "input_py.log";
/// What the mock saw of it.
pub const SCRIPT_TRUTH: &str = "truth_input_py.csv";
/// The comparison.
pub const COMPARISON: &str = "comparison.json";
/// The same for spreadsheets.
pub const COMPARISON_TABLE: &str = "comparison.csv";
/// Where the time went and why.
pub const ANALYSIS: &str = "analysis.json";
/// The page.
pub const PAGE: &str = "report.html";
/// The last state of the metrics.
pub const METRICS: &str = "metrics.prom";
/// The highest rate that holds.
pub const CAPACITY: &str = "capacity.json";
/// Every rate that was measured, for spreadsheets.
pub const CAPACITY_TABLE: &str = "capacity.csv";
/// The page of that.
pub const CAPACITY_PAGE: &str = "capacity.html";
/// In the folder of several runs, not of one.
pub const ABLATION: &str = "ablation.md";

/// A file, or several whose names differ in what stands in angle brackets; and what it holds.
pub const ALL: [(&str, &str); 28] = [
    (MANIFEST, "the resolved scenario, the plan's digest, versions, the machine, caveats"),
    (BEFORE, "one row a planned request and repetition of the before phase"),
    (AFTER, "the same of the after phase"),
    (CALIBRATION, "calls to the idle server, alone and in batches; part of neither phase"),
    (SINGLE_CALLS, "single calls to the idle server before and after each repetition; part of neither phase"),
    (WARMUP, "the warm-up, sent before the first repetition; part of neither phase"),
    ("ladder_before.csv", "the first rung of the ladder"),
    ("ladder_reuse.csv", "the rung that keeps connections"),
    ("ladder_reuse_streams_<n>.csv", "the rung that shares connections between streams"),
    ("ladder_reuse_batch_<n>.csv", "a rung that batches as well"),
    (ANSWERS, "distinct answers by digest, bounded"),
    (FAILURES, "the first failures of each kind: status, where a redirect leads, the start of the answer"),
    (SCRIPT_LOG, "what the given load test logged"),
    (SCRIPT_OUTPUT, "what the given load test printed"),
    (SCRIPT_TRUTH, "what the mock received from the given load test, and when"),
    ("truth_<phase>-<repetition>.csv", "what the mock received in a repetition, and when"),
    (COMPARISON, "the comparison and the verdict"),
    (COMPARISON_TABLE, "the same for spreadsheets"),
    (ANALYSIS, "where the time went and why, calibration, prediction, ladder"),
    (PAGE, "the page"),
    (METRICS, "the last exposition of the metrics"),
    (CAPACITY, "the highest rate at which the SLA holds, before and after, and every rate that was measured"),
    (CAPACITY_TABLE, "the rates that were measured, for spreadsheets"),
    (CAPACITY_PAGE, "the page of that"),
    ("capacity_<phase>.csv", "one row a request and measurement; a repetition is a rate"),
    (ABLATION, "in the folder of an ablation: the table of its variants"),
    (JUDGED, "what the scenario's judge said of pairs of answers, by their digests"),
    (JUDGE_OUTPUT, "what the judge wrote to standard error"),
];

/// The log of a part of the run: of a phase, the warm-up, the calibration, the single calls or a rung of the ladder.
pub fn log_of(part: &str) -> String {
    format!("{part}.csv")
}

/// What the mock received in a repetition of a phase.
pub fn truth_of(phase: Phase, repetition: u32) -> String {
    format!("truth_{}-{repetition}.csv", phase.name())
}

/// The row of the table for a file; `None` if no run has such a file.
pub fn known(name: &str) -> Option<(&'static str, &'static str)> {
    ALL.into_iter().find(|(pattern, _)| fits(pattern, name))
}

/// Whether a file is a log, which is closed before anything is made of it.
pub fn is_log(name: &str) -> bool {
    let made = [COMPARISON_TABLE, CAPACITY_TABLE];
    known(name).is_some() && [".csv", ".jsonl"].iter().any(|end| name.ends_with(end)) && !made.contains(&name)
}

/// Whether a name is a pattern's: what is in angle brackets stands for letters and digits.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((fixed, rest)) = pattern.split_once('<') else { return pattern == name };
    let (Some(name), Some((_, rest))) = (name.strip_prefix(fixed), rest.split_once('>')) else {
        return false;
    };
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(name.len());
    end > 0 && fits(rest, &name[end..])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_are_made_are_in_the_table() {
        for (phase, log) in Phase::BOTH.into_iter().zip([BEFORE, AFTER]) {
            assert_eq!(log_of(phase.name()), log);
            assert_eq!(known(&truth_of(phase, 12)), Some(ALL[15]));
        }
        let logs = ["calibration", "single_calls", "warmup"].map(log_of);
        assert_eq!(logs, [CALIBRATION, SINGLE_CALLS, WARMUP]);
        assert_eq!(known("ladder_reuse_batch_16.csv"), Some(ALL[9]));
        for stranger in
            ["truth_.csv", "truth_before-.csv", "truth_before-1.csv.tmp", "ladder_reuse_batch_.csv", "x"]
        {
            assert_eq!(known(stranger), None, "{stranger}");
        }
        assert_eq!(ALL.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), ALL.len());
    }

    /// The names in backticks in the first cells of a table.
    fn listed(page: &str, heading: &str) -> BTreeSet<String> {
        let rows = page.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
        let rows = rows.take_while(|line| line.starts_with('|'));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_string).collect()
    }

    #[test]
    fn the_docs_list_exactly_these() {
        let all: BTreeSet<String> = ALL.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(listed(include_str!("../../docs/cli.md"), "| file | what |"), all);
        // The README lists those of the main job.
        let of_one_run =
            all.into_iter().filter(|name| name != ABLATION && !name.starts_with("capacity")).collect();
        assert_eq!(
            listed(include_str!("../../README.md"), "| file in `results/<run-id>/` | what |"),
            of_one_run
        );
    }

    #[test]
    fn every_file_of_the_reference_run_is_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
        let names =
            folder.read_dir().expect("the reference run").map(|entry| entry.expect("an entry").file_name());
        // A table that was made of many runs lies beside its files.
        for name in names.filter(|name| name != "twenty_runs.md") {
            assert!(known(&name.to_string_lossy()).is_some(), "{}", name.display());
        }
    }

    /// Or a file is renamed in one place and looked for in another.
    #[test]
    fn no_other_file_of_the_code_spells_a_name() {
        let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut found = Vec::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(path.read_dir().expect("readable").map(|entry| entry.expect("an entry").path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            // Tests may spell what they expect, comments and help what they explain.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let tests = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
            let explains =
                |line: &str| line.trim_start().starts_with("//") || line.contains("results/latest/");
            let spells = |line: &&str| !explains(line) && ALL.iter().any(|(name, _)| line.contains(name));
            if !tests && !path.ends_with("model/run_files.rs") {
                found.extend(code.lines().filter(spells).map(|line| format!("{}: {line}", path.display())));
            }
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}
