//! The workflow of docs/ci.md does what the page says: its steps are run as they stand there.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::EXE;
use crate::common::run::{Results, fresh_folder, write_program};
use crate::common::wire::{Server, pause};

const BODIES: &str = "{\"prompt\":\"one\"}\n{\"prompt\":\"two\"}\n";

/// The script of a step of the workflow: `run: >` is one line, `run: |` is several.
fn script(step: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let from = page.find(&format!("- name: {step}\n")).unwrap_or_else(|| panic!("no step {step}"));
    let rest = &page[from..];
    let (_, rest) = rest.split_once("        run: ").expect("a script");
    let (style, rest) = rest.split_once('\n').expect("a block");
    let lines = rest.lines().map_while(|line| line.strip_prefix("          "));
    let glue = match style {
        ">" => " ",
        "|" => "\n",
        other => panic!("{other}: of which kind is the block?"),
    };
    lines.collect::<Vec<_>>().join(glue)
}

/// A plain HTTP API: one endpoint, no batches.
fn api() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.request() {
            if request.path() != "/v1/infer" {
                peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
                continue;
            }
            pause(1);
            peer.answer(&request.body);
        }
    })
}

fn run(folder: &Path, script: &str, path: &str) -> Output {
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", script]).current_dir(folder);
    shell.env("PATH", path).env_remove("GITHUB_STEP_SUMMARY");
    shell.env("NUMBER", "7").env("GITHUB_REPOSITORY", "team/api").output().expect("bash")
}

fn path() -> String {
    std::env::var("PATH").expect("a PATH")
}

/// With a limit that a busy machine meets, too: what is tested is the page.
#[test]
fn the_workflow_proves_a_plain_api() {
    let (folder, api) = (fresh_folder("ci_workflow"), api());
    std::fs::write(folder.join("bodies.jsonl"), BODIES).expect("writable");
    let written = script("Prove the SLA");
    let changes = [
        ("spanload/target/release/spanload", EXE),
        ("http://127.0.0.1:8000", &api.url()),
        ("p95=800ms", "p95=30s"),
    ];
    let script = changes.iter().fold(written, |script, (from, to)| {
        assert!(script.contains(from), "no {from} in {script}");
        script.replace(from, to)
    });
    let output = run(&folder, &script, &path());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let comment = std::fs::read_to_string(folder.join("comment.md")).expect("a comment");
    assert!(comment.starts_with("<!-- spanload -->\n### spanload: ✅ SLA met"), "{comment}");
    assert!(comment.contains("- after: `pool of 32; "), "no batches, for this API takes none: {comment}");
    let comparison = Results(folder.join("results/latest")).comparison();
    for phase in ["before", "after"] {
        let phase = &comparison["phases"][phase];
        assert_eq!(phase["succeeded"], phase["planned"], "{phase}");
    }
    let junit = std::fs::read_to_string(folder.join("results/junit.xml")).expect("JUnit XML");
    assert!(junit.contains("failures=\"0\""), "{junit}");
}

/// A `gh` that notes its arguments, and says what it is told to where comments are asked for.
fn fake_gh(folder: &Path, found: &str) -> String {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).expect("writable");
    let text = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\ncase \"$*\" in *--paginate*) printf '{found}';; esac\n",
        folder.join("called").display()
    );
    write_program(&bin.join("gh"), &text);
    format!("{}:{}", bin.display(), path())
}

/// What `gh` was called with after it was asked for the comments that are there.
fn posted(name: &str, found: &str, comment: &str) -> Vec<String> {
    let folder = fresh_folder(name);
    std::fs::write(folder.join("comment.md"), comment).expect("writable");
    let output = run(&folder, &script("Post the comparison"), &fake_gh(&folder, found));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let called = std::fs::read_to_string(folder.join("called")).unwrap_or_default();
    called.lines().skip(1).map(String::from).collect()
}

#[test]
fn the_comment_is_made_once_and_then_replaced() {
    let made = posted("ci_comment_new", "", "text");
    assert_eq!(made, ["pr comment 7 --repo team/api --body-file comment.md"]);
    let replaced = posted("ci_comment_again", "11\\n12\\n", "text");
    assert_eq!(replaced, ["api --method PATCH repos/team/api/issues/comments/11 -F body=@comment.md"]);
    assert!(posted("ci_comment_none", "", "").is_empty(), "a run that failed has nothing to say");
}
