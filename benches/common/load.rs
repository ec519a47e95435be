//! What the benches of the client share: a trivial server as a process of its own, a load whose processor time is
//! known, and what it wrote.
#![allow(dead_code, reason = "each bench uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, bail};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spanload");

/// Whether this process is the server; then it serves until its parent is gone.
pub fn serve_if_asked() -> Option<anyhow::Result<()>> {
    let mut args = std::env::args().skip_while(|arg| arg != "--serve").skip(1);
    let delay = args.next()?;
    Some(delay.parse().context("--serve takes milliseconds").and_then(|ms| serve(Duration::from_millis(ms))))
}

fn serve(delay: Duration) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        // The body is read: actix closes a connection whose request it did not read to the end.
        let handler = move |_body: web::Bytes| async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            HttpResponse::Ok().content_type("application/json").body("{\"ok\":true}")
        };
        let app = move || App::new().route("/v1/infer", web::post().to(handler));
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0))?;
        println!("http://{}", server.addrs()[0]);
        std::io::stdout().flush()?;
        // Ends with the bench, however that ends.
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        Ok(server.run().await?)
    })
}

/// A server that answers each request after `delay`; killed when dropped.
pub struct Server {
    process: Child,
    url: String,
}

impl Server {
    pub fn start(delay: Duration) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").arg(delay.as_millis().to_string());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("standard output is piped")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        Ok(Server { process, url: url.trim().to_string() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A load with bodies of 40 bytes over kept connections.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    pub server: &'a Server,
    pub folder: &'a Path,
    pub requests: u64,
    pub connections: usize,
    pub flags: &'a [&'a str],
}

/// What it cost and left.
pub struct Cost {
    /// User + system time of the whole process, in microseconds a request.
    pub cpu_us: f64,
    pub log: PathBuf,
    pub said: String,
}

impl Load<'_> {
    pub fn run(&self) -> anyhow::Result<Cost> {
        let said = self.folder.join("load.err");
        let mut load = Command::new(PROGRAM);
        let log = self.prepare(&mut load)?;
        load.stderr(std::fs::File::create(&said)?);
        let seconds = cpu_seconds(&mut load)?;
        self.check(&log)?;
        Ok(Cost { cpu_us: seconds * 1e6 / self.requests as f64, log, said: std::fs::read_to_string(said)? })
    }

    /// Instructions in user space of the whole process, counted by callgrind; `None` where there is no valgrind.
    pub fn instructions(&self) -> anyhow::Result<Option<u64>> {
        let counts = self.folder.join("callgrind.out");
        let mut load = Command::new("valgrind");
        load.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counts.display())).arg(PROGRAM);
        let log = self.prepare(&mut load)?;
        let said = self.folder.join("load.err");
        load.stdout(Stdio::null()).stderr(std::fs::File::create(&said)?);
        match load.status() {
            Ok(status) if status.success() => self.check(&log)?,
            Ok(status) => {
                bail!("the load under valgrind ended with {status}: {}", std::fs::read_to_string(said)?)
            }
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause).context("cannot start valgrind"),
        }
        let counts = std::fs::read_to_string(counts)?;
        let total = counts.lines().find_map(|line| line.strip_prefix("totals: "));
        Ok(Some(total.context("callgrind gave no total")?.parse()?))
    }

    /// Writes the bodies and gives a command its arguments; returns where the log will be.
    fn prepare(&self, load: &mut Command) -> anyhow::Result<PathBuf> {
        let (bodies, log) = (self.folder.join("bodies.jsonl"), self.folder.join("load.csv"));
        std::fs::write(&bodies, format!("{}\n", body()))?;
        load.args([
            "load",
            "scenarios/default.toml",
            "--phase",
            "after",
            "--quiet",
            "--target",
            &self.server.url,
        ])
        .args(["-n", &self.requests.to_string(), "-c", &self.connections.to_string()])
        .args(["--set", "after.batch=1", "--set", &format!("after.connections={}", self.connections)])
        .arg("--set")
        .arg(format!("load.payloads={}", bodies.display()))
        .arg("-o")
        .arg(&log)
        .args(self.flags);
        Ok(log)
    }

    fn check(&self, log: &Path) -> anyhow::Result<()> {
        let rows = std::fs::read_to_string(log)?.lines().count() as u64 - 1;
        if rows != self.requests {
            bail!("the log has {rows} rows, not {}", self.requests);
        }
        Ok(())
    }
}

/// 40 bytes of JSON.
fn body() -> String {
    let body = format!("{{\"prompt\":\"{}\"}}", "x".repeat(27));
    assert_eq!(body.len(), 40);
    body
}

/// User + system time of a child process, as the kernel accounts it at its end.
fn cpu_seconds(command: &mut Command) -> anyhow::Result<f64> {
    let pid = libc::pid_t::try_from(command.spawn()?.id())?;
    let mut status = 0;
    // SAFETY: rusage is plain integers, for which all-zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid to write to; the child is ours and waited for only here.
    if unsafe { libc::wait4(pid, &mut status, 0, &mut usage) } != pid || status != 0 {
        bail!("the load ended with status {status}");
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}
