//! What a request is and what counts as its success, as a scenario says it: through the command line, against a server that sees
//! the bytes.
#[path = "requests/encoded.rs"]
mod encoded;
#[path = "requests/endpoints.rs"]
mod endpoints;
#[path = "requests/headers.rs"]
mod headers;
#[path = "requests/method.rs"]
mod method;
#[path = "requests/success.rs"]
mod success;
#[path = "requests/template.rs"]
mod template;
#[path = "requests/think.rs"]
mod think;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::common::EXE;
use crate::common::run::{Table, fresh_folder};
use crate::common::wire::{Request, Server};

/// A server that answers each request as it is told, and remembers all of them.
pub struct Witness {
    server: Server,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Witness {
    /// Answers with the bytes that `answer` makes of a request.
    pub fn start(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let server = Server::start(move |_, mut peer| {
            while let Some(request) = peer.request() {
                let bytes = answer(&request);
                kept.lock().expect("nobody panics with it").push(request);
                peer.write_bytes(&bytes);
            }
        });
        Witness { server, seen }
    }

    /// Answers 200 with an empty object.
    pub fn content() -> Self {
        Self::start(|_| answer("", b"{}"))
    }

    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("nobody panics with it").clone()
    }
}

/// An answer of 200 with more headers, each with its line break.
pub fn answer(headers: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", content.len());
    [head.as_bytes(), content].concat()
}

/// A finished `spanload load` of the before phase in a folder of its own.
pub struct Loaded {
    pub output: Output,
    log: PathBuf,
}

impl Loaded {
    /// With this scenario, which is all but its target.
    pub fn run(name: &str, scenario: &str, witness: &Witness, flags: &[&str]) -> Self {
        Self::run_with(name, scenario, witness, flags, |_| {})
    }

    /// The same with a command that is changed before it starts.
    pub fn run_with(
        name: &str,
        scenario: &str,
        witness: &Witness,
        flags: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let folder = fresh_folder(name);
        let (file, log) = (folder.join("scenario.toml"), folder.join("load.csv"));
        std::fs::write(&file, format!("{scenario}\n[sla]\np95 = \"30s\"\n")).expect("the folder is writable");
        let mut command = Command::new(EXE);
        command.arg("load").arg(&file).arg("--log").arg(&log).args([
            "--quiet",
            "--no-metrics",
            "--no-probe",
            "-n",
            "4",
            "-c",
            "1",
        ]);
        command.args(["--target", &witness.server.url()]).args(flags);
        change(&mut command);
        Loaded { output: command.output().expect("the binary starts"), log }
    }

    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).expect("text")
    }

    /// Its rows; it ended well.
    pub fn log(&self) -> Table {
        assert_eq!(self.output.status.code(), Some(0), "{}", self.stderr());
        self.table()
    }

    /// Its rows, however it ended.
    pub fn table(&self) -> Table {
        Table::read(&std::fs::read_to_string(&self.log).expect("a log"))
    }

    /// Refused as wrong use, with all of these words.
    pub fn assert_refused(&self, words: &[&str]) {
        assert_eq!(self.output.status.code(), Some(2), "{}", self.stderr());
        for word in words {
            assert!(self.stderr().contains(word), "no `{word}` in: {}", self.stderr());
        }
    }
}
