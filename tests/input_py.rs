//! The given load test stays as it was given, and the plan sends what it sends.

use std::process::Command;

use crate::common::run::{has_python, input_py};
use spanload::model::digest::sha256_hex;
use spanload::plan::Plan;

const FROZEN: &str = "8dc103e4a93988c70d89eef273837322c0e8858766a3f99f99becd643fce0fc7";
const REQUESTS: u64 = 600;
/// Prints one body a line; a body holds no line break.
const DUMP: &str = "import sys, input as script
for index in range(600):
    sys.stdout.buffer.write(script.build_payload(index) + b'\\n')";
const PARSE_AS_3_8: &str = "import ast, sys
ast.parse(open(sys.argv[1], encoding='utf-8').read(), feature_version=(3, 8))";

fn python(code: &str) -> Vec<u8> {
    let script = input_py();
    let folder = script.parent().expect("the script lies in a folder");
    let output = Command::new("python3").args(["-B", "-c", code]).arg(&script).current_dir(folder).output();
    let output = output.expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn it_is_frozen() {
    let bytes = std::fs::read(input_py()).expect("the script");
    assert_eq!(
        sha256_hex(&bytes),
        FROZEN,
        "input.py is the existing load test: it is compared with, never changed"
    );
}

#[test]
fn its_payloads_are_the_ones_of_the_plan() {
    if !has_python() {
        return;
    }
    let dump = python(DUMP);
    let bodies: Vec<_> = dump.strip_suffix(b"\n").expect("lines").split(|byte| *byte == b'\n').collect();
    assert_eq!(bodies.len() as u64, REQUESTS);
    let plan = Plan::of_prompts(REQUESTS, 7);
    for (seq, body) in (0..).zip(bodies) {
        let (given, planned) = (String::from_utf8_lossy(body), plan.body(seq).expect("a built-in prompt"));
        assert_eq!(given, String::from_utf8_lossy(&planned), "request {seq}");
    }
}

#[test]
fn it_runs_on_python_3_8() {
    if has_python() {
        python(PARSE_AS_3_8);
    }
}
