//! How often the 95 % intervals hold the truth, and how wide they are: 2,000 simulated runs of each process.
//!
//! `cargo bench --bench interval_coverage` prints it and fails below the aim. The processes are
//! autoregressive log-normal latencies (correlation φ of neighbours, spread of the level between
//! repetitions) without and with 7 % of the requests 1,000 ms slower.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/coverage.rs"]
mod coverage;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/common/latencies.rs"]
mod latencies;

#[path = "../tests/common/queues.rs"]
mod queues;

use std::process::ExitCode;

use coverage::{Count, Counts, Process, measure};
use queues::Queues;

const DRAWS: u32 = 2_000;
const REPETITIONS: u32 = 3;
/// The least coverage.
const AIM: f64 = 0.92;
/// Runs of two queues, and the least coverage of the intervals over their pairs.
const PAIR_DRAWS: u32 = 1_000;
const PAIR_AIM: f64 = 0.90;

fn main() -> ExitCode {
    let mut reached = true;
    for (title, slow) in [("log-normal", 0.0), ("7 % of the requests 1,000 ms slower", 0.07)] {
        head(&format!("{title}, t over {REPETITIONS} repetitions"));
        for (process, counts) in all(Process::grid(slow), REPETITIONS) {
            row(process, &counts);
            reached &= counts.named().iter().all(|(_, count)| count.coverage() >= AIM);
        }
    }
    head("log-normal, blocks of one repetition, which knows nothing of the spread between");
    for (process, counts) in all(Process::grid(0.0), 1) {
        row(process, &counts);
        reached &= process.between > 0.0 || counts.p95.coverage() >= AIM;
    }
    reached &= pairs();
    println!("\naim: at least {} % in each line with repetitions, and of P95 within one", AIM * 1e2);
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The intervals over pairs of requests, each line on a thread of its own.
fn pairs() -> bool {
    println!(
        "\npairs of requests, two queues, {REPETITIONS} repetitions: coverage % of after − before (width, % of the truth)"
    );
    println!("{:>14}{:>10}{:>20}{:>20}{:>20}{:>20}", "busy", "requests", "P50", "P95", "P99", "mean");
    let cases = [
        ([0.8, 0.5], 600),
        ([0.8, 0.5], 2_000),
        ([0.8, 0.5], 10_000),
        ([0.7, 0.6], 2_000),
        ([0.9, 0.6], 10_000),
    ];
    let cases = cases.map(|(busy, requests)| Queues { busy, requests, repetitions: REPETITIONS });
    let counted = std::thread::scope(|scope| {
        let threads = cases.map(|queues| scope.spawn(move || (queues, queues.measure(PAIR_DRAWS, 5))));
        threads.map(|thread| thread.join().expect("a simulation does not panic"))
    });
    let mut reached = true;
    for (Queues { busy, requests, .. }, counts) in counted {
        let figures: String = counts.iter().map(|(_, count)| format!("{:>20}", figure(*count))).collect();
        println!("{:>14}{requests:>10}{figures}", format!("{} → {}", busy[0], busy[1]));
        // Of a hundred intervals or fewer no coverage is known.
        let rare = |count: &Count| count.stated() <= 0.1;
        reached &= counts.iter().all(|(_, count)| rare(count) || count.coverage() >= PAIR_AIM);
    }
    println!("aim of pairs: at least {} %", PAIR_AIM * 1e2);
    reached
}

/// One thread for each process, in the order given.
fn all(processes: Vec<Process>, repetitions: u32) -> Vec<(Process, Counts)> {
    std::thread::scope(|scope| {
        let start = |(seed, process): (u64, Process)| {
            scope.spawn(move || (process, measure(process, repetitions, DRAWS, seed)))
        };
        let threads: Vec<_> = (1..).zip(processes).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("a simulation does not panic")).collect()
    })
}

fn head(title: &str) {
    println!(
        "\n{title}: coverage % (mean width, % of the truth), in the share of runs that state an interval"
    );
    println!(
        "{:>4}{:>9}{:>20}{:>20}{:>20}{:>20}{:>20}",
        "φ", "between", "P50", "P95", "P99", "difference", "ratio"
    );
}

fn figure(count: Count) -> String {
    let stated = count.stated() * 1e2;
    let rare = if stated < 99.95 { format!("{stated:.0} %: ") } else { String::new() };
    format!("{rare}{:.1} ({:.1})", count.coverage() * 1e2, count.width() * 1e2)
}

fn row(process: Process, counts: &Counts) {
    let figures: String = counts.named().iter().map(|(_, count)| format!("{:>20}", figure(*count))).collect();
    println!("{:>4}{:>7} %{figures}", process.phi, process.between * 1e2);
}
