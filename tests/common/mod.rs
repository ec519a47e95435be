//! Helpers of the tests that talk to a running mock: raw HTTP over blocking sockets, so that nothing hides a connection.
#![allow(dead_code, reason = "the two test binaries use a part each")]
pub mod certificates;
pub mod coverage;
pub mod exposition;
pub mod handmade;
pub mod handmade_run;
pub mod holes;
pub mod latencies;
pub mod load;
#[cfg(target_os = "linux")]
pub mod namespace;
pub mod otlp;
#[cfg(target_os = "linux")]
pub mod packets;
pub mod page;
pub mod processes;
pub mod pty;
pub mod queues;
pub mod run;
pub mod svg;
pub mod tls;
pub mod truth;
pub mod wire;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use spanload::mock::Hello;

pub const EXE: &str = env!("CARGO_BIN_EXE_spanload");
/// It only ends what hangs: a machine with other work takes several times as long for everything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mock of its own for each test, killed when the test ends however it ends.
pub struct Mock {
    pub process: Child,
    pub hello: Hello,
}

impl Mock {
    pub fn start(flags: &[&str]) -> Self {
        let mut process = spawn(flags);
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a hello");
        let hello = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { process, hello }
    }

    pub fn infer(&self) -> SocketAddr {
        address(&self.hello.infer)
    }

    pub fn control(&self) -> SocketAddr {
        address(&self.hello.control)
    }

    pub fn signal(&self, signal: libc::c_int) {
        kill(self.process.id(), signal);
    }

    pub fn wait(&mut self) -> ExitStatus {
        wait_until("the mock ends", || self.process.try_wait().expect("a child"))
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        exchange(self.infer(), &request("POST", path, "", body)).expect("an answer")
    }

    /// Waits until its metrics have all these lines.
    pub fn wait_for_metrics(&self, lines: &[&str]) {
        wait_until(&format!("{lines:?}"), || {
            let metrics = get(self.control(), "/metrics").expect("an answer").body;
            lines.iter().all(|line| metrics.lines().any(|other| other == *line)).then_some(())
        });
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn spawn(flags: &[&str]) -> Child {
    let mut command = Command::new(EXE);
    command.arg("mock").args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

pub fn kill(pid: u32, signal: libc::c_int) {
    // SAFETY: a plain system call on a process that this test started and has not reaped
    let result = unsafe { libc::kill(pid as libc::pid_t, signal) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

pub fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").expect("a URL").parse().expect("an address")
}

/// Asks until there is an answer, for at most a minute.
pub fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The durations of a metric in Server-Timing, as text.
    pub fn timings(&self, metric: &str) -> Vec<String> {
        let entries = self.header("server-timing").expect("a Server-Timing header").split(", ");
        let durations = entries.filter_map(|entry| entry.strip_prefix(metric)?.strip_prefix(";dur="));
        durations.map(str::to_owned).collect()
    }
}

pub fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: mock\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

pub fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    exchange(address, &request("GET", path, "", ""))
}

/// The metrics as Prometheus asks for them.
pub fn get_open_metrics(address: SocketAddr) -> io::Result<Answer> {
    let accept =
        "Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4\r\n";
    exchange(address, &request("GET", "/metrics", accept, ""))
}

/// One request on a connection of its own.
pub fn exchange(address: SocketAddr, request: &str) -> io::Result<Answer> {
    send(&mut connect(address)?, request)
}

pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

pub fn send(stream: &mut TcpStream, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes())?;
    read_answer(stream)
}

pub fn read_answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut answer = Answer { status: 0, head, body: String::new() };
    answer.status = answer.head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
    let length = answer.header("content-length").and_then(|value| value.parse().ok()).expect("a length");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    answer.body = String::from_utf8(body).expect("text");
    Ok(answer)
}

/// A test that cannot be done here says why; in CI it fails, for there nothing is left out silently.
pub fn cannot(why: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
    eprintln!("left out: {why}");
}
