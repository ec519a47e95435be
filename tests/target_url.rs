//! What a person writes as the target is what is requested, to the letter, and is said once; or it is refused.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::common::EXE;
use crate::common::run::{Run, fresh_folder};
use crate::common::wire::Server;

/// A server that notes the paths that it is asked for.
fn noting() -> (Server, Arc<Mutex<Vec<String>>>) {
    let paths = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&paths);
    let server = Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            noted.lock().expect("no panic").push(request.path().to_string());
            peer.answer("{}");
        }
    });
    (server, paths)
}

fn load(name: &str, target: &str, flags: &[&str]) -> Output {
    let folder = fresh_folder(name);
    let mut command = Command::new(EXE);
    command.current_dir(&folder).args(["load", "-n", "1", "-c", "1", "--no-metrics", "--target", target]);
    command.args(flags).output().expect("the binary starts")
}

#[test]
fn path_and_query_are_sent_as_they_are_written() {
    let (server, paths) = noting();
    for (written, requested) in [
        ("", "/v1/infer"),
        ("/", "/"),
        ("/v1/infer/", "/v1/infer/"),
        ("/a?b=/", "/a?b=/"),
        ("?b=1", "/v1/infer?b=1"),
        ("/%2e./x//y", "/%2e./x//y"),
    ] {
        let output = load("target_url_path", &format!("{}{written}", server.url()), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{written}: {said}");
        assert_eq!(paths.lock().expect("no panic").pop().as_deref(), Some(requested), "{written}");
        let shown = requested.split_once('?').map_or(requested.into(), |(path, _)| format!("{path}?***"));
        let line = format!("requests go to POST {}{shown}\n", server.url());
        assert_eq!(said.matches(&line).count(), 1, "no {line} in {said}");
        assert!(!said.contains("b="), "the value of a query can be a secret: {said}");
    }
}

#[test]
fn batches_have_the_query_of_the_target() {
    let (server, paths) = noting();
    let target = format!("{}/one?tenant=7", server.url());
    for (flags, batch) in [
        (&[][..], "/v1/infer/batch?tenant=7"),
        (&["--set", "target.batch_path=/many?own=1"][..], "/many?own=1"),
    ] {
        let flags = [&["--target", &target, "-n", "12", "-c", "12"], flags].concat();
        let run = Run::prove("target_url_batches", &flags);
        let shown = batch.split_once('?').map_or(batch, |(path, _)| path);
        let line = format!("requests go to POST {0}/one?***, batches to {0}{shown}?***\n", server.url());
        assert!(run.stderr().contains(&line), "no {line} in {}", run.stderr());
        let paths = std::mem::take(&mut *paths.lock().expect("no panic"));
        let asked = |path: &str| paths.iter().filter(|one| *one == path).count();
        assert!(asked("/one?tenant=7") > 0 && asked(batch) > 0, "{paths:?}");
        assert_eq!(asked("/one?tenant=7") + asked(batch), paths.len(), "{paths:?}");
    }
}

#[test]
fn what_would_be_put_right_in_silence_is_refused() {
    for (target, words) in [
        ("http://127.0.0.1:99999/", ["`99999`", "from 1 to 65535"]),
        ("http://127.0.0.1:99999", ["`99999`", "from 1 to 65535"]),
        ("http://127.0.0.1:80x", ["`80x`", "from 1 to 65535"]),
        ("http://127.0.0.1:-1", ["`-1`", "from 1 to 65535"]),
        ("http://127.0.0.1:", ["missing", ":8000"]),
        ("http://", ["no host", "http://host:port"]),
        ("http://127.0.0.1/a#b", ["`#`", "leave it out"]),
        ("http://127.0.0.1/a?key=s3cret#b", ["`#`", "?***"]),
    ] {
        let output = load("target_url_refused", target, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{target}: {said}");
        for word in words.into_iter().chain(["--target"]) {
            assert!(said.contains(word), "{target}: no `{word}` in {said}");
        }
        assert!(!said.contains("s3cret"), "{said}");
    }
    let both = load("target_url_refused", "http://127.0.0.1?a=1", &["--set", "target.path=/x?b=2"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&both.stderr).contains("target.path has a query too"), "{both:?}");
}
