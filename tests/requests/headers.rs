//! Headers of every request: where their values come from, and that these are written nowhere.

use super::{Loaded, Witness};

const SECRET: &str = "s3cret-4711";

/// The values of a header, in their order, in the first request.
fn sent(witness: &Witness, name: &str) -> Vec<String> {
    let head = witness.seen().first().expect("a request").head.clone();
    let of_line = |line: &str| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_string())
    };
    head.lines().filter_map(of_line).collect()
}

#[test]
fn a_list_is_sent_in_its_order_and_a_flag_replaces_it() {
    let scenario = "[target.headers]\nx-team = [\"b\", \"a\", 7]\nX-Other = \"file\"\n";
    let witness = Witness::content();
    Loaded::run("headers_list", scenario, &witness, &["-H", "X-OTHER: one", "-H", "x-other: two"]).log();
    assert_eq!(sent(&witness, "x-team"), ["b", "a", "7"]);
    assert_eq!(sent(&witness, "x-other"), ["one", "two"], "flags replace what the file has, and add up");
}

#[test]
fn a_value_is_that_of_a_variable_or_of_a_file_beside_the_scenario() {
    let scenario =
        "[target]\nbearer = \"env:SPANLOAD_TEST_TOKEN\"\n[target.headers]\nx-key = \"file:key.txt\"\n";
    let witness = Witness::content();
    let loaded = Loaded::run_with("headers_sources", scenario, &witness, &[], |command| {
        command.env("SPANLOAD_TEST_TOKEN", SECRET);
        let folder =
            std::path::Path::new(command.get_args().nth(1).expect("the scenario")).with_file_name("key.txt");
        std::fs::write(folder, "of a file\r\n").expect("the folder is writable");
    });
    loaded.log();
    assert_eq!(sent(&witness, "authorization"), [format!("Bearer {SECRET}")]);
    assert_eq!(sent(&witness, "x-key"), ["of a file"]);
}

#[test]
fn the_flag_for_a_token_replaces_the_header_of_the_file() {
    let scenario = "[target.headers]\nAuthorization = \"Basic abc\"\n";
    let witness = Witness::content();
    let flags = ["--bearer", "env:SPANLOAD_TEST_TOKEN"];
    Loaded::run_with("headers_bearer", scenario, &witness, &flags, |command| {
        command.env("SPANLOAD_TEST_TOKEN", SECRET);
    })
    .log();
    assert_eq!(sent(&witness, "authorization"), [format!("Bearer {SECRET}")]);
    let scenario = format!("target = {{ bearer = \"{SECRET}\" }}");
    let witness = Witness::content();
    Loaded::run("headers_basic", &scenario, &witness, &["-H", "authorization: Basic abc"]).log();
    assert_eq!(sent(&witness, "authorization"), ["Basic abc"]);
}

#[test]
fn what_cannot_be_meant_is_refused_and_no_secret_is_repeated() {
    let witness = Witness::content();
    let refused = |scenario: &str, flags: &[&str], words: &[&str]| {
        let loaded = Loaded::run("headers_refused", scenario, &witness, flags);
        loaded.assert_refused(words);
        assert!(!loaded.stderr().contains(SECRET), "{}", loaded.stderr());
    };
    let header = format!("authorization: Bearer {SECRET} ${{API_KEY}}");
    refused("", &["-H", &header], &["target.headers.authorization", "env:API_KEY"]);
    refused("", &["-H", &format!(": {SECRET}")], &["-H", "the name is empty"]);
    refused("", &["--bearer", SECRET], &["--bearer", "env:NAME"]);
    refused("", &["--bearer", "env:SPANLOAD_NOT_SET"], &["target.bearer", "SPANLOAD_NOT_SET", "not set"]);
    refused("", &["-H", "x: file:/nowhere"], &["target.headers.x", "/nowhere"]);
    let both = format!("[target]\nbearer = \"{SECRET}\"\n[target.headers]\nauthorization = \"x\"\n");
    refused(&both, &[], &["target.bearer", "leave one of them out"]);
    let twice = format!("[target.headers]\nX-A = \"{SECRET}\"\nx-a = \"1\"\n");
    refused(&twice, &[], &["`X-A` and `x-a`", "list"]);
    refused(&format!("[target]\nbearer = [\"{SECRET}\"]\n"), &[], &["bearer", "no text"]);
    refused(&format!("[target.headers]\nx = [[\"{SECRET}\"]]\n"), &[], &["header `x`", "list of texts"]);
    refused("", &["--set", &format!("target.bearer={SECRET}")], &["--set target.bearer", "env:NAME"]);
    refused("", &["--set", &format!("target.bearerr={SECRET}")], &["--set target.bearerr", "unknown field"]);
    refused("", &["--set", &format!("target.bearer: {SECRET}")], &["--set: ", "key=value"]);
    let word = format!("[target]\nbearer = \"Bearer {SECRET}\"\n");
    refused(&word, &[], &["target.bearer", "the token alone"]);
    assert!(witness.seen().is_empty());
}
