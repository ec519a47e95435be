//! What a request costs the client: user + system time of the whole process, log included, against a
//! trivial handler over 32 kept connections with bodies of 40 bytes.
//!
//! `cargo bench --bench cpu_per_request` prints it. The server is this program again, as a process
//! of its own, so that its time is not counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, bail};

const REQUESTS: u64 = 200_000;
const CONNECTIONS: usize = 32;
const RUNS: usize = 5;
/// The aim, in microseconds a request.
const AIM_US: f64 = 16.0;

fn main() -> ExitCode {
    let serve = std::env::args().any(|arg| arg == "--serve");
    match if serve { serve_trivially() } else { measure() } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let bodies = folder.path().join("bodies.jsonl");
    std::fs::write(&bodies, format!("{}\n", body()))?;
    let (mut server, url) = start_server()?;
    let mut costs = (0..RUNS)
        .map(|_| {
            let log = folder.path().join("load.csv");
            let mut load = Command::new(env!("CARGO_BIN_EXE_spanload"));
            load.args(["load", "scenarios/default.toml", "--phase", "after", "--quiet", "--target", &url])
                .args(["-n", &REQUESTS.to_string(), "-c", &CONNECTIONS.to_string()])
                .args(["--set", "after.batch=1", "--set", &format!("after.connections={CONNECTIONS}")])
                .arg("--set")
                .arg(format!("load.payloads={}", bodies.display()))
                .arg("-o")
                .arg(&log);
            let seconds = cpu_seconds(&mut load)?;
            let rows = std::fs::read_to_string(&log)?.lines().count() as u64 - 1;
            if rows != REQUESTS {
                bail!("the log has {rows} rows, not {REQUESTS}");
            }
            Ok(seconds * 1e6 / REQUESTS as f64)
        })
        .collect::<anyhow::Result<Vec<f64>>>()?;
    server.kill()?;
    server.wait()?;
    costs.sort_by(f64::total_cmp);
    println!(
        "CPU per request, user + system, {REQUESTS} requests, {CONNECTIONS} kept connections, 40-byte bodies, \
         log on: median {:.1} µs, min {:.1}, max {:.1} over {RUNS} runs (aim: at most {AIM_US} µs)",
        costs[RUNS / 2],
        costs[0],
        costs[RUNS - 1]
    );
    Ok(())
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

fn start_server() -> anyhow::Result<(Child, String)> {
    let program = std::env::current_exe()?;
    let mut server =
        Command::new(program).arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let stdout = server.stdout.take().context("standard output is piped")?;
    let mut url = String::new();
    BufReader::new(stdout).read_line(&mut url)?;
    Ok((server, url.trim().to_string()))
}

fn serve_trivially() -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        // The body is read: actix closes a connection whose request it did not read to the end.
        let answer = "{\"ok\":true}";
        let handler = move |_body: web::Bytes| async move {
            HttpResponse::Ok().content_type("application/json").body(answer)
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
