//! What a request costs the client: user + system time of the whole process, log and metrics included, against a
//! trivial handler over 32 kept connections with bodies of 40 bytes.
//!
//! `cargo bench --bench cpu_per_request` prints it, and where there is a valgrind also the instructions in user space,
//! which other work on the machine hardly changes. The server is this program again, as a process of its own, so that
//! its time is not counted. What it should cost is judged by `benches/peers/run`, against other tools in the same run:
//! microseconds alone depend on the machine.

#[path = "common/load.rs"]
mod load;
#[path = "common/outcome.rs"]
mod outcome;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use load::{Load, Server, serve_if_asked};

const REQUESTS: u64 = 200_000;
const CONNECTIONS: usize = 32;
const RUNS: usize = 5;
/// Under valgrind; of two loads, so that the start is not in the difference.
const COUNTED: [u64; 2] = [5_000, 15_000];

fn main() -> ExitCode {
    outcome::exit_code(serve_if_asked().unwrap_or_else(measure))
}

fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(Duration::ZERO)?;
    let flags = ["--metrics-port", "0"];
    let load = Load {
        server: &server,
        folder: folder.path(),
        requests: REQUESTS,
        connections: CONNECTIONS,
        flags: &flags,
    };
    let costs = (0..RUNS).map(|_| load.run().map(|cost| cost.cpu_us));
    let mut costs = costs.collect::<anyhow::Result<Vec<f64>>>()?;
    costs.sort_by(f64::total_cmp);
    println!(
        "CPU per request, user + system, {REQUESTS} requests, {CONNECTIONS} kept connections, 40-byte bodies, \
         log and metrics on: median {:.1} µs, min {:.1}, max {:.1} over {RUNS} runs",
        costs[RUNS / 2],
        costs[0],
        costs[RUNS - 1]
    );
    let counted = |requests| Load { requests, ..load }.instructions();
    match (counted(COUNTED[0])?, counted(COUNTED[1])?) {
        (Some(few), Some(many)) => {
            let more = many.checked_sub(few).context("more requests took fewer instructions")?;
            println!("Instructions per request, user space: {}", more / (COUNTED[1] - COUNTED[0]));
        }
        _ => println!("Instructions per request: not counted, there is no valgrind"),
    }
    Ok(())
}
