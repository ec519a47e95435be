//! How punctually requests of an open load leave: beside a loop that does nothing but sleep until the same moments.

use std::process::Command;
use std::time::Duration;

use super::figures::{Rounds, quantile};
use crate::common::EXE;
use crate::common::run::{Table, fresh_folder};
use crate::common::wire::Server;

const ROUNDS: usize = 5;
const RATE: u64 = 1_000;
const SECONDS: u64 = 4;
/// From due to sent at P99, in microseconds, on a calm machine …
const GOAL_US: f64 = 200.0;
/// … and against what the machine gives anybody in the same minute.
const GOAL_RATIO: f64 = 1.5;
/// Of the achieved rate against the offered one.
const GOAL_RATE: f64 = 0.005;

/// A request each, in order: when it was due, and when its last byte was sent, in microseconds.
fn sent(name: &str, flags: &[&str]) -> Vec<(f64, f64)> {
    let log = fresh_folder(name).join("load.csv");
    // With an answer at once.
    let server = Server::echo(0);
    let mut command = Command::new(EXE);
    command.args([
        "load",
        "--phase",
        "after",
        "--set",
        "after.batch=1",
        "--no-metrics",
        "--no-probe",
        "--quiet",
    ]);
    command.args(["--target", &server.url(), "--log"]).arg(&log).args(flags);
    let output = command.output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = Table::read(&std::fs::read_to_string(&log).expect("a log"));
    // A request on a kept connection has no connect; one without another of these stages would not have been sent.
    let micros = |name: &str| -> Vec<f64> {
        let of =
            |ms: &&str| if ms.is_empty() && name == "connect_ms" { 0.0 } else { ms.parse().expect(name) };
        table.column(name).iter().map(|ms| of(ms) * 1e3).collect()
    };
    let columns = ["due_ms", "queue_ms", "connect_ms", "send_ms"].map(micros);
    let [due, parts @ ..] = &columns;
    let sent = |row: usize| (due[row], due[row] + parts.iter().map(|part| part[row]).sum::<f64>());
    let mut rows: Vec<_> = (0..due.len()).map(sent).collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    rows
}

fn p99(mut late: Vec<f64>) -> f64 {
    late.sort_by(f64::total_cmp);
    quantile(&late, 0.99)
}

/// How late a thread is at P99 that sleeps until the same moments and does nothing, in microseconds.
fn asleep() -> f64 {
    let now = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place to write to.
        assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) }, 0);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    let late = move |number: u64| {
        let due = start + Duration::from_micros((number + 1) * 1_000_000 / RATE);
        let until = libc::timespec { tv_sec: due.as_secs() as i64, tv_nsec: i64::from(due.subsec_nanos()) };
        // SAFETY: `until` is a valid time, and nothing is written.
        unsafe {
            libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &until, std::ptr::null_mut())
        };
        (now() - due).as_secs_f64() * 1e6
    };
    let thread = std::thread::spawn(move || p99((0..RATE * SECONDS).map(late).collect()));
    thread.join().expect("no panic")
}

#[test]
fn requests_leave_when_they_are_due() {
    let (rate, lasts) = (RATE.to_string(), format!("{SECONDS}s"));
    let (mut bare, mut own, mut ratios) = (Rounds::default(), Rounds::default(), Rounds::default());
    for round in 0..ROUNDS {
        // By turns, so that what else the machine does meets both.
        let sleeper = asleep();
        let rows = sent(&format!("measured_release_{round}"), &["-q", &rate, "-d", &lasts]);
        assert_eq!(rows.len() as u64, RATE * SECONDS);
        // The first ones open the connections.
        let late = p99(rows[100..].iter().map(|(due, sent)| sent - due).collect());
        bare.add(sleeper);
        own.add(late);
        ratios.add(late / sleeper);
    }
    println!("at {RATE}/s, due to sent at P99: {}", own.text("us"));
    println!("a thread that sleeps by clock_nanosleep and does nothing: {}", bare.text("us"));
    println!("ratio: {}", ratios.text(""));
    assert!(own.median() <= GOAL_US, "due to sent at P99 is {:.0} us", own.median());
    assert!(ratios.median() <= GOAL_RATIO, "{:.2} times what a sleeping thread has", ratios.median());
}

#[test]
fn the_achieved_rate_is_the_offered_one() {
    let rows = sent("measured_rate", &["-q", "200", "-n", "10000"]);
    assert_eq!(rows.len(), 10_000);
    let (first, last) = (rows[0].1, rows[rows.len() - 1].1);
    let achieved = (rows.len() - 1) as f64 / (last - first) * 1e6;
    assert!((achieved / 200.0 - 1.0).abs() <= GOAL_RATE, "{achieved}/s");
    let middle = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        quantile(&of, 0.5)
    };
    let late = |rows: &[(f64, f64)]| middle(rows.iter().map(|(due, sent)| sent - due).collect());
    let drift = late(&rows[rows.len() - 500..]) - late(&rows[500..1_000]);
    // 5 ms is the gap of the plan.
    let off = middle(rows.windows(2).map(|pair| (pair[1].1 - pair[0].1 - 5_000.0).abs()).collect());
    println!(
        "10,000 requests at 200/s: achieved {achieved:.3}/s, drift {drift:.0} us, gaps off by {off:.0} us (median)"
    );
    assert!(drift.abs() <= GOAL_US, "the last ones are {drift:.0} us later than the first");
    assert!(off <= GOAL_US, "half of the gaps differ by more than {off:.0} us from the plan's");
}
