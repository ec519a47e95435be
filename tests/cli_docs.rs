//! docs/cli.md and the help know every command, every flag and every file, docs/comparison.md every row of its table.
use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use spanload::cli::Cli;

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// From the heading of a command to the next one.
fn section<'a>(page: &'a str, command: &str) -> &'a str {
    let heading = format!("## `spanload {command}");
    let start = page.find(&heading).unwrap_or_else(|| panic!("docs/cli.md has no section {heading}"));
    let rest = &page[start + heading.len()..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

fn commands() -> Vec<Command> {
    let mut all = Cli::command();
    all.build();
    all.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect()
}

fn flags(command: &Command) -> impl Iterator<Item = (&Arg, &str)> {
    let long = command.get_arguments().filter_map(|arg| Some((arg, arg.get_long()?)));
    long.filter(|(_, name)| !matches!(*name, "help" | "version"))
}

/// Whether a flag stands in a text as a word of its own: `--phase` is not `--phase-a`.
fn names(text: &str, flag: &str) -> bool {
    let follows =
        |at: usize| text[at + flag.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '-');
    text.match_indices(flag).any(|(at, _)| !follows(at))
}

#[test]
fn every_flag_stands_in_the_section_of_its_command() {
    let page = docs("cli.md");
    for command in commands() {
        let section = section(&page, command.get_name());
        for (arg, name) in flags(&command) {
            assert!(
                names(section, &format!("--{name}")),
                "spanload {}: --{name} is not in docs/cli.md",
                command.get_name()
            );
            if let Some(short) = arg.get_short() {
                assert!(page.contains(&format!("`-{short}`")), "-{short} is not in docs/cli.md");
            }
        }
    }
}

#[test]
fn the_page_names_no_flag_that_does_not_exist() {
    let page = docs("cli.md");
    for command in commands() {
        let known: Vec<String> = flags(&command).map(|(_, name)| format!("--{name}")).collect();
        let section = section(&page, command.get_name());
        for word in section.split(|letter: char| !(letter.is_alphanumeric() || letter == '-')) {
            let is_flag = word.starts_with("--") && word.len() > 2 && !word.starts_with("---");
            assert!(
                !is_flag || known.iter().any(|flag| flag == word),
                "spanload {}: {word}?",
                command.get_name()
            );
        }
    }
}

#[test]
fn the_help_is_grouped_and_has_examples() {
    for command in commands() {
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Examples:\n"), "spanload {} --help has no examples", command.get_name());
        let loose: Vec<_> = flags(&command)
            .filter(|(arg, _)| arg.get_help_heading().is_none())
            .map(|(_, name)| name)
            .collect();
        assert!(command.get_name() == "mock" || loose.is_empty(), "{}: {loose:?}", command.get_name());
    }
    assert!(Cli::command().render_long_help().to_string().contains("Exit codes:"));
}

#[test]
fn every_file_of_the_reference_run_is_on_the_page() {
    let page = docs("cli.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    for entry in folder.read_dir().expect("the reference run") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        // Tables that were made of many runs lie beside the reference run's files.
        let known = match name.as_str() {
            "twenty_runs.md" => continue,
            truth if truth.starts_with("truth_before-") || truth.starts_with("truth_after-") => {
                "truth_<phase>-<repetition>.csv"
            }
            other => other,
        };
        assert!(page.contains(&format!("`{known}`")), "{known} is not in docs/cli.md");
    }
}

#[test]
fn the_workflow_of_the_ci_page_uses_flags_that_exist() {
    let page = docs("ci.md");
    let all: Vec<String> = commands()
        .iter()
        .flat_map(|command| flags(command).map(|(_, name)| format!("--{name}")).collect::<Vec<_>>())
        .collect();
    let of_others = [
        "--release --profile --locked --nocapture --test --port --manifest-path",
        "--silent --show-error --fail --output --retry --retry-delay --retry-all-errors",
        "--paginate --jq --method --repo --body-file",
    ];
    let of_others: Vec<&str> = of_others.iter().flat_map(|line| line.split(' ')).collect();
    for word in page.split(|letter: char| !(letter.is_alphanumeric() || letter == '-')) {
        let is_flag = word.starts_with("--") && word.len() > 2 && !word.starts_with("---");
        assert!(!is_flag || all.iter().any(|flag| flag == word) || of_others.contains(&word), "{word}?");
    }
}

/// First cell of each row of the table with this heading; the rule under the heading is no row.
fn row_names<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let table = page.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(1).expect("a cell").trim()).collect()
}

#[test]
fn every_row_of_the_comparison_with_other_tools_has_its_sources() {
    let (readme, sources) = (docs("../README.md"), docs("comparison.md"));
    let compared = row_names(&readme, "| | k6 | oha | wrk2 | AIPerf |");
    assert!(!compared.is_empty(), "README.md has no such table");
    assert_eq!(compared, row_names(&sources, "| row | k6 | oha | wrk2 | AIPerf |"));
    let labels = sources.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
    for (label, _) in labels {
        assert!(sources.contains(&format!("][{label}]")), "[{label}] is linked nowhere");
    }
}
