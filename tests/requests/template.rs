//! Bodies from a template and the rows of a file, as a server sees them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Loaded, Witness, answer};
use crate::common::run::fresh_folder;

const TEMPLATE: &str =
    "{\n  \"id\": \"{{uuid}}\", \"n\": {{seq}},\n  \"prompt\": \"Q: {{question}}\", \"k\": {{k}}\n}\n";

/// A folder with a template and a file of columns.
fn folder(name: &str, template: &str, columns: &str, rows: &[u8]) -> PathBuf {
    let folder = fresh_folder(name);
    std::fs::write(folder.join("body.json.tmpl"), template).expect("the folder is writable");
    std::fs::write(folder.join(columns), rows).expect("the folder is writable");
    folder
}

fn flags(folder: &Path, columns: &str, more: &[&str]) -> Vec<String> {
    let [template, columns] = ["body.json.tmpl", columns].map(|file| folder.join(file).display().to_string());
    let own = [format!("load.template={template}"), format!("load.columns={columns}")];
    own.iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .flat_map(|key| ["--set".into(), key.to_string()])
        .collect()
}

fn load(name: &str, witness: &Witness, flags: &[String]) -> Loaded {
    Loaded::run(name, "", witness, &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

fn bodies(witness: &Witness) -> Vec<Value> {
    witness.seen().iter().map(|request| serde_json::from_str(&request.body).expect("JSON")).collect()
}

#[test]
fn each_request_has_its_row_and_its_own_parts() {
    let folder = folder(
        "template_csv",
        TEMPLATE,
        "data.csv",
        b"\xef\xbb\xbfquestion,k\n\"a \"\"b\"\"\nc\",1\nd,[2]\n",
    );
    let sent = |seed: &str| {
        let witness = Witness::content();
        load("template_csv_run", &witness, &flags(&folder, "data.csv", &[seed])).log();
        bodies(&witness)
    };
    let first = sent("load.seed=0");
    let [one, other] = [("Q: a \"b\"\nc", json!(1)), ("Q: d", json!([2]))];
    for (n, (body, (prompt, k))) in first.iter().zip([&one, &other, &one, &other]).enumerate() {
        assert_eq!((&body["n"], &body["prompt"], &body["k"]), (&json!(n), &json!(prompt), k));
    }
    let ids: std::collections::BTreeSet<_> =
        first.iter().map(|body| body["id"].as_str().expect("text")).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(sent("load.seed=0"), first, "the same whenever it is sent");
    let next = sent("load.seed=1");
    assert_eq!(next[0]["prompt"], json!("Q: d"));
    assert_ne!(next[0]["id"], first[0]["id"]);
}

#[test]
fn a_random_order_takes_each_row_once() {
    let rows: String = (0..4).map(|k| format!("{{\"k\":{k},\"question\":null}}\n")).collect();
    let folder = folder("template_jsonl", TEMPLATE, "data.jsonl", rows.as_bytes());
    let orders = [1, 2, 3].map(|seed| {
        let witness = Witness::content();
        let more = ["load.order=random", &format!("load.seed={seed}")];
        load("template_jsonl_run", &witness, &flags(&folder, "data.jsonl", &more)).log();
        bodies(&witness).iter().map(|body| body["k"].as_u64().expect("a number")).collect::<Vec<_>>()
    });
    for order in &orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3], "{order:?}");
    }
    assert!(orders.iter().any(|order| *order != orders[0]), "{orders:?}");
}

#[test]
fn what_cannot_be_filled_in_is_refused_before_anything_is_sent() {
    let witness = Witness::content();
    let refused = |template: &str, rows: &str, more: &[&str], words: &[&str]| {
        let folder = folder("template_bad", template, "data.csv", rows.as_bytes());
        load("template_bad_run", &witness, &flags(&folder, "data.csv", more)).assert_refused(words);
    };
    let good = "question,k\na,1\n";
    let unknown = ["load.template", "body.json.tmpl line 2, column 7", "`q`", "`question`, `k`"];
    refused("{\n\"q\": \"{{q}}\"}", good, &[], &unknown);
    refused("[\"{{question\"]", good, &[], &["body.json.tmpl line 1, column 3", "not closed"]);
    refused("[{{question}]}}", good, &[], &["line 1, column 2", "`question}]`"]);
    refused("{\"q\": {{k}}", good, &[], &["body.json.tmpl line 1", "no JSON"]);
    refused(TEMPLATE, "question,k\n", &[], &["load.columns", "data.csv", "at least one row"]);
    refused(TEMPLATE, "question,k\na,1\nb\n", &[], &["data.csv line 3", "1 cells"]);
    refused(TEMPLATE, "question,k\na,1\nb,two\n", &[], &["data.csv line 3", "no JSON in `k`", "quotes"]);
    refused(TEMPLATE, good, &["load.payloads=x.jsonl"], &["load.template", "load.payloads", "remove one"]);
    refused(TEMPLATE, good, &["load.template="], &["load.columns", "load.template too"]);
    refused(TEMPLATE, good, &["load.order=shuffle"], &["load.order", "`shuffle`", "\"random\""]);
    refused(TEMPLATE, good, &["load.columns=none.csv"], &["load.columns", "none.csv", "cannot be read"]);
    assert!(witness.seen().is_empty());
}

#[test]
fn a_file_that_changes_on_the_way_ends_the_run_and_is_named() {
    let folder = fresh_folder("payloads_changed");
    let path = folder.join("bodies.jsonl");
    std::fs::write(&path, "{\"n\": 1}\n".repeat(5_000)).expect("the folder is writable");
    let (changed, changing) = (AtomicBool::new(false), path.clone());
    let witness = Witness::start(move |_| {
        if !changed.swap(true, Ordering::SeqCst) {
            std::fs::write(&changing, "{\"n\": 22}\n".repeat(5_000)).expect("the folder is writable");
        }
        answer("", b"{}")
    });
    let payloads = format!("load.payloads={}", path.display());
    let load = Loaded::run(
        "payloads_changed_run",
        "",
        &witness,
        &["--set", "load.requests=5000", "--set", &payloads],
    );
    assert_eq!(load.output.status.code(), Some(1), "{}", load.stderr());
    for word in ["load.payloads", "bodies.jsonl", "was changed", "run again"] {
        assert!(load.stderr().contains(word), "no {word} in {}", load.stderr());
    }
    let seen = witness.seen();
    assert!(seen.len() < 5_000 && seen.iter().all(|request| request.body == "{\"n\": 1}"), "{}", seen.len());
    let rows = load.table();
    assert_eq!(rows.column("error").len(), 5_000, "every planned request has its row");
}
