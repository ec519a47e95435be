//! What an answer must say beyond its status.

use super::{Loaded, Witness, answer};

const SCENARIO: &str = "[target.success]\nabsent = [\"/error\"]\nequals = { \"/status\" = \"ok\" }\n";

#[test]
fn a_200_that_says_error_is_a_failure_with_its_own_word() {
    let witness = Witness::start(|request| {
        let wrong = request.body.contains("req-000001") || request.body.contains("req-000002");
        let content = match wrong {
            true => "{\"status\": \"ok\", \"error\": {\"code\": 7}}",
            false => "{\"error\": null, \"status\": \"\\u006fk\"}",
        };
        answer("", content.as_bytes())
    });
    let log = Loaded::run("success_error", SCENARIO, &witness, &[]).log();
    let mut rows = log.pairs("seq", "error");
    rows.sort_unstable();
    assert_eq!(rows, [("0", ""), ("1", "check_failed"), ("2", "check_failed"), ("3", "")]);
    assert!(log.column("status").iter().all(|status| *status == "200"));
}

#[test]
fn a_run_of_which_no_answer_passes_has_failed() {
    let witness = Witness::start(|_| answer("", b"no JSON"));
    let loaded = Loaded::run("success_none", SCENARIO, &witness, &[]);
    assert_eq!(loaded.output.status.code(), Some(1), "{}", loaded.stderr());
    assert!(loaded.table().column("error").iter().all(|error| *error == "check_failed"));
}

#[test]
fn a_check_that_cannot_be_made_is_refused() {
    let witness = Witness::content();
    let refused = |flags: &[&str], words: &[&str]| {
        Loaded::run("success_refused", "", &witness, flags).assert_refused(words);
    };
    refused(&["--set", "target.success.absent=[\"error\"]"], &["target.success.absent", "slash"]);
    refused(&["--set", "target.success.absent=[\"/error\"]", "-m", "HEAD"], &["target.success", "HEAD"]);
    refused(&["--set", "target.success.absnt=[\"/error\"]"], &["absnt", "absent"]);
}
