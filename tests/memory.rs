//! What answers cost in memory, whatever a server sends: the high-water mark that the kernel keeps of the real program, which
//! how busy the machine is does not change.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::processes::high_water_mark;
use crate::common::wire::{Peer, Server};
use crate::common::{EXE, kill, wait_until};

/// In kilobytes, of each of these loads.
const MOST_KB: u64 = 128 * 1024;
const PIECE: usize = 200_000;

/// Sends the load and returns the high-water mark in kilobytes, with how many rows there are of each outcome.
fn load(server: &Server, requests: u64, connections: u64, more: &[&str]) -> (u64, Vec<(String, usize)>) {
    load_and(server, requests, connections, more, |_, _| ())
}

/// The same, and does something once it has started.
fn load_and(
    server: &Server,
    requests: u64,
    connections: u64,
    more: &[&str],
    then: impl FnOnce(&Child, &Path),
) -> (u64, Vec<(String, usize)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.csv");
    let mut command = Command::new(EXE);
    command.args([
        "load",
        "scenarios/default.toml",
        "--phase",
        "after",
        "--quiet",
        "--no-metrics",
        "--no-probe",
    ]);
    command.args(["--target", &server.url(), "--set", "after.batch=1"]);
    // How long it takes is not what is asked here, and an unoptimised build on a busy machine is slow.
    command.args(["--set", "target.timeout_ms=3600000"]);
    command.args(["-n", &requests.to_string(), "-c", &connections.to_string()]);
    command.args(["--set", &format!("after.connections={connections}")]);
    command.args(more).arg("-o").arg(&log).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    then(&child, &log);
    let most = high_water_mark(&mut child);
    println!("{most} kB of {MOST_KB} kB");
    (most, outcomes(&log))
}

fn outcomes(log: &Path) -> Vec<(String, usize)> {
    let mut reader = csv::Reader::from_path(log).expect("a log");
    let column = reader.headers().expect("a header").iter().position(|name| name == "error");
    let (mut outcomes, mut row) = (BTreeMap::new(), csv::ByteRecord::new());
    while reader.read_byte_record(&mut row).expect("a row") {
        let word = String::from_utf8_lossy(&row[column.expect("the column")]).into_owned();
        *outcomes.entry(word).or_default() += 1;
    }
    outcomes.into_iter().collect()
}

fn sends(head: &'static str, pieces: usize) -> Server {
    let piece = "x".repeat(PIECE);
    Server::start(move |_, mut peer: Peer| {
        while peer.request().is_some() {
            peer.write(head);
            for _ in 0..pieces {
                if !peer.try_write(&piece) {
                    return;
                }
            }
        }
    })
}

#[test]
fn two_answers_of_200_megabytes_are_too_large() {
    let server = sends("HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n", 1_000);
    let (most, outcomes) = load(&server, 2, 2, &[]);
    assert_eq!(outcomes, [("too_large".to_string(), 2)]);
    assert!(most > 0 && most < MOST_KB, "{most} kB");
}

#[test]
fn answers_without_end_are_too_large() {
    let server = sends("HTTP/1.1 200 OK\r\n\r\n", usize::MAX);
    let (most, outcomes) = load(&server, 48, 48, &["--set", "target.max_answer_bytes=4000000"]);
    assert_eq!(outcomes, [("too_large".to_string(), 48)]);
    assert!(most > 0 && most < MOST_KB, "{most} kB");
}

#[test]
fn answers_that_come_faster_than_they_are_digested_do_not_pile_up() {
    let server = sends("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", 1);
    let (most, outcomes) = load(&server, 1_200, 32, &[]);
    assert_eq!(outcomes, [(String::new(), 1_200)], "no row is lost for it");
    assert!(most > 0 && most < MOST_KB, "{most} kB");
}

#[test]
fn requests_that_an_interrupt_leaves_unsent_do_not_pile_up() {
    const PLANNED: usize = 2_000_000;
    let server = Server::echo(0);
    let interrupt = |child: &Child, log: &Path| {
        wait_until("there are rows", || std::fs::metadata(log).ok().filter(|log| log.len() > 10_000));
        kill(child.id(), libc::SIGINT);
    };
    let (most, outcomes) = load_and(&server, PLANNED as u64, 4, &[], interrupt);
    assert_eq!(outcomes.iter().map(|(_, rows)| rows).sum::<usize>(), PLANNED, "every request has its row");
    assert!(outcomes.iter().any(|(word, rows)| word == "unsent" && *rows > PLANNED / 2), "{outcomes:?}");
    assert!(most > 0 && most < MOST_KB, "{most} kB");
}

#[test]
fn a_batch_answer_of_millions_of_items_or_members_is_not_built() {
    let items = format!("{{\"outputs\":[{}1]}}", "1,".repeat(7_500_000));
    let members: String = (0..1_100_000).map(|number| format!("\"{number:07}\":0,")).collect();
    for body in [items, format!("{{{members}\"outputs\":[1]}}")] {
        let server = Server::start(move |_, mut peer| {
            while peer.request().is_some() {
                peer.answer(&body);
            }
        });
        let (most, outcomes) =
            load(&server, 2, 2, &["--set", "after.batch=2", "--set", "after.connections=1"]);
        assert_eq!(outcomes, [("protocol".to_string(), 2)]);
        assert!(most > 0 && most < MOST_KB, "{most} kB");
    }
}

#[test]
fn answers_to_batches_without_end_wait_for_room() {
    let server = sends("HTTP/1.1 200 OK\r\n\r\n", usize::MAX);
    for (batch, connections) in [(8, 16), (2, 64)] {
        let batched = [format!("after.batch={batch}"), format!("after.connections={connections}")];
        let (most, outcomes) = load(&server, 128, 128, &["--set", &batched[0], "--set", &batched[1]]);
        assert_eq!(outcomes, [("too_large".to_string(), 128)], "each is read to its limit");
        assert!(most > 0 && most < MOST_KB, "{most} kB");
    }
}

#[test]
fn answers_that_are_costly_to_put_in_order_are_not() {
    let members: String = (0..1_300_000).rev().map(|number| format!("\"{number:07}\":0,")).collect();
    let body = format!("{{{members}\"a\":0}}");
    let server = Server::start(move |_, mut peer| {
        while peer.request().is_some() {
            peer.answer(&body);
        }
    });
    let (most, outcomes) = load(&server, 6, 2, &[]);
    assert_eq!(outcomes, [(String::new(), 6)]);
    assert!(most > 0 && most < MOST_KB, "{most} kB");
}

#[test]
fn a_file_of_payloads_is_not_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bodies.jsonl");
    let server = Server::echo(0);
    let payloads = format!("load.payloads={}", path.display());
    let [few, many] = [100, 30_000].map(|lines: usize| {
        std::fs::write(&path, format!("{{\"text\": \"{}\"}}\n", "x".repeat(1_000)).repeat(lines))
            .expect("room");
        let flags = ["--set", &payloads, "--set", "load.order=random"];
        let (most, outcomes) = load(&server, 5_000, 4, &flags);
        assert_eq!(outcomes, [(String::new(), 5_000)]);
        most
    });
    assert!(few > 0 && many < few + 8 * 1024, "{few} kB, and {many} kB with 30 MB of payloads");
}

#[test]
fn small_requests_cost_the_same_memory_however_many_there_are() {
    let server = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.answer("1");
        }
    });
    let [few, many] = [20_000, 120_000].map(|requests| {
        let (most, outcomes) = load(&server, requests, 4, &[]);
        assert_eq!(outcomes, [(String::new(), requests as usize)]);
        most
    });
    assert!(few > 0 && many < few + 4 * 1024, "{few} kB, {many} kB: not even 50 bytes a request");
}
