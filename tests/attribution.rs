//! Injects known delays and sees that the analysis finds them: the right cause first, its share within 3 points of the truth,
//! nothing above 10 % that was neither injected nor is known to come with it.
#![allow(clippy::disallowed_methods, reason = "the tests time the servers from outside")]
mod common;
#[cfg(target_os = "linux")]
#[path = "attribution/namespace.rs"]
mod namespace;
#[path = "attribution/server.rs"]
mod server;
#[path = "attribution/truth.rs"]
mod truth;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard};
use std::task::Context;
use std::time::Duration;

use common::load::{Load, endpoint};
use common::{Mock, wait_until};
use server::{Injected, Log};
use spanload::analyze::{ClientHealth, ClientStall, PhaseAnalysis, PhaseData, ReuseBuys, attribute};
use spanload::clock::Clock;
use spanload::interrupt::Interrupt;
use spanload::plan::Plan;
use spanload::sample::{ErrorWord, Sample, Stage};
use spanload::transport::{
    Answer, Direct, Lane, Lookup, Marks, Outgoing, Resolve, SystemResolver, Transport,
};
use truth::{AtServer, latency, share_of_excess};

/// Points of a share.
const TOLERANCE: f64 = 0.03;
/// What is neither injected nor a companion may not weigh more.
const STRANGER: f64 = 0.10;

/// One scenario at a time: each needs the machine to itself for its times to be its own.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn analysed_with(samples: &[Sample], health: &ClientHealth) -> PhaseAnalysis {
    let mut collector = PhaseData::collect(samples.len() as u64, 1);
    for sample in samples {
        collector.take(1, sample).expect("a sample of this phase");
    }
    attribute(&collector.finish(), health)
}

fn analysed(samples: &[Sample]) -> PhaseAnalysis {
    analysed_with(samples, &ClientHealth::default())
}

/// What must be found.
struct Expected<'a> {
    first: &'a str,
    /// Causes that the truth cannot tell apart, and their share of the tail's excess.
    shares: &'a [(&'a [&'a str], f64)],
    /// What may weigh something beside these.
    companions: &'a [&'a str],
}

#[track_caller]
fn check(found: &PhaseAnalysis, expected: &Expected<'_>) {
    let share = |name: &str| found.tail.excess_causes.get(name).and_then(|part| part.share).unwrap_or(0.0);
    let table = format!("{:#?}", found.tail.excess_causes);
    let first = found.causes.first().map(|cause| cause.cause.name());
    assert_eq!(first, Some(expected.first), "{table}");
    for (causes, truth) in expected.shares {
        let sum: f64 = causes.iter().map(|cause| share(cause)).sum();
        println!("{causes:?}: found {:.1} %, truth {:.1} %", sum * 100.0, truth * 100.0);
        assert!((sum - truth).abs() <= TOLERANCE, "{causes:?}: {sum:.3}, in truth {truth:.3}: {table}");
    }
    let known = |name: &str| {
        expected.companions.contains(&name)
            || expected.shares.iter().any(|(causes, _)| causes.contains(&name))
    };
    for (name, part) in &found.tail.excess_causes.0 {
        let share = part.share.unwrap_or(0.0);
        assert!(share <= STRANGER || known(name), "{name} has {share:.3}, where nobody put it: {table}");
    }
}

/// A mock with a truth log, a run against it, and what it says happened, by sequence number.
fn run_mock(name: &str, flags: &[&str], mut load: Load) -> (Vec<Sample>, HashMap<u64, AtServer>) {
    load.plan = Plan::of_prompts(load.plan.requests(), 7);
    let log: PathBuf = common::run::fresh_folder(&format!("attribution_{name}")).join("truth.csv");
    let flag = format!("--truth-log={}", log.display());
    let mut mock = Mock::start(&[flags, &[flag.as_str()]].concat());
    let samples = load.run(&mock.hello.infer);
    mock.signal(libc::SIGTERM);
    wait_until("the mock ends", || mock.process.try_wait().expect("a child"));
    let by_trace = truth::of_log(&log);
    let at_server = |sample: &Sample| Some((sample.seq, *by_trace.get(&sample.trace_id.to_string())?));
    let found = samples.iter().filter_map(at_server).collect();
    (samples, found)
}

/// The truth's share of something that happened at the server.
fn at_server(samples: &[Sample], truth: &HashMap<u64, AtServer>, part: fn(&AtServer) -> f64) -> f64 {
    share_of_excess(samples, |sample| part(&truth[&sample.seq]))
}

/// The truth's share of what happened before the request reached the server.
fn before_server(samples: &[Sample], truth: &HashMap<u64, AtServer>) -> f64 {
    share_of_excess(samples, |sample| latency(sample) - truth[&sample.seq].handled)
}

/// What the server logged of so many requests; it writes a line after the answer has left.
fn of_log(log: &Log, requests: usize) -> HashMap<u64, AtServer> {
    wait_until("the server has logged every request", || {
        let log = log.lock().expect("nothing panics with it");
        (log.len() >= requests).then(|| log.clone())
    })
}

/// One request in ten, so that the slowest 5 % all have it and the middle has not.
fn chosen(seq: u64) -> bool {
    seq % 10 == 3
}

fn injected_share(samples: &[Sample], millis: f64) -> f64 {
    share_of_excess(samples, |sample| if chosen(sample.seq) { millis } else { 0.0 })
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_backlog_is_lost_packets() {
    let _alone = alone();
    let kernel = namespace::enter();
    let flags = ["--backlog=4", "--max-connections=4", "--replicas=2", "--fixed-ms=20", "--item-ms=0"];
    let (samples, truth) = run_mock("small_backlog", &flags, Load::new(300, 24));
    let found = analysed(&samples);
    let lost = ["syn_retransmission", "not_yet_accepted", "accept_queue_wait", "connection_setup"];
    // A SYN that was not dropped takes no second.
    let in_connect =
        |sample: &Sample| sample.stages.get(Stage::Connect).map_or(0.0, |length| length.as_millis());
    let slow_connect = |sample: &Sample| if in_connect(sample) > 900.0 { in_connect(sample) } else { 0.0 };
    let dropped = share_of_excess(&samples, slow_connect);
    let all = before_server(&samples, &truth);
    // Nine places in the queue in front of 100 answers/s: who waits longer than a second was not accepted.
    let first = if dropped > all / 2.0 { "syn_retransmission" } else { "not_yet_accepted" };
    let shares: &[(&[&str], f64)] = &[(&lost, all), (&["syn_retransmission"], dropped)];
    check(&found, &Expected { first, shares, companions: &[] });
    if let Some(kernel) = kernel {
        let evidence = |cause: &str| {
            let cause = found.causes.iter().find(|one| one.cause.name() == cause).expect("it was found");
            cause.evidence.get("retransmissions").and_then(serde_json::Value::as_u64).expect("a count")
        };
        let counted = kernel.since_start();
        println!("kernel: {counted:?}");
        assert_eq!(evidence("not_yet_accepted"), counted.data, "each data retransmission of the kernel's");
        // The server's own SYN-ACKs are among the kernel's.
        assert!((1..=counted.syn).contains(&evidence("syn_retransmission")), "{counted:?}");
    }
}

#[test]
fn few_replicas_are_a_server_queue() {
    let _alone = alone();
    let flags = [
        "--backlog=128",
        "--max-connections=64",
        "--replicas=2",
        "--fixed-ms=0",
        "--item-ms=20",
        "--item-sigma=1.2",
    ];
    let (samples, truth) = run_mock("few_replicas", &flags, Load::new(300, 24).pool(24));
    let shares: &[(&[&str], f64)] = &[
        (&["server_queue"], at_server(&samples, &truth, |one| one.queue)),
        (&["compute"], at_server(&samples, &truth, |one| one.compute)),
    ];
    check(&analysed(&samples), &Expected { first: "server_queue", shares, companions: &[] });
}

#[test]
fn dear_items_are_compute() {
    let _alone = alone();
    let flags = [
        "--backlog=128",
        "--max-connections=64",
        "--replicas=64",
        "--fixed-ms=5",
        "--item-ms=40",
        "--item-sigma=1.2",
    ];
    let (samples, truth) = run_mock("dear_items", &flags, Load::new(300, 6));
    let shares: &[(&[&str], f64)] = &[(&["compute"], at_server(&samples, &truth, |one| one.compute))];
    check(&analysed(&samples), &Expected { first: "compute", shares, companions: &[] });
}

#[test]
fn a_full_server_sheds() {
    let _alone = alone();
    let flags = ["--backlog=128", "--max-connections=64", "--replicas=1", "--queue-limit=2", "--fixed-ms=10"];
    let (samples, truth) = run_mock("shedding", &flags, Load::new(200, 12).pool(12));
    let refused = truth.values().filter(|one| one.status == 503).count();
    assert!(refused > 10, "the scenario sheds");
    let found = analysed(&samples);
    let first = &found.causes[0];
    assert_eq!(first.cause.name(), "shedding", "{first:#?}");
    assert_eq!(first.evidence.get("refused").and_then(serde_json::Value::as_u64), Some(refused as u64));
    assert_eq!(first.share_of_slowest_lost, Some(1.0), "nothing else is lost, and it is more than 5 %");
    assert_eq!(samples.iter().filter(|one| one.error == Some(ErrorWord::Http5xx)).count(), refused);
}

fn slow_body(seq: u64) -> Injected {
    Injected { compute: 20, body: if chosen(seq) { 300 } else { 0 }, silent: 0 }
}

#[test]
fn a_slow_body_is_a_slow_body() {
    let _alone = alone();
    let (server, _) = server::start(slow_body);
    let samples = Load::new(200, 4).pool(4).run(&server.url());
    let shares: &[(&[&str], f64)] = &[(&["slow_response_body"], injected_share(&samples, 300.0))];
    check(&analysed(&samples), &Expected { first: "slow_response_body", shares, companions: &[] });
}

fn compute_and_body(seq: u64) -> Injected {
    let dear = chosen(seq);
    Injected { compute: if dear { 320 } else { 20 }, body: if dear { 200 } else { 0 }, silent: 0 }
}

#[test]
fn two_causes_keep_their_proportion() {
    let _alone = alone();
    let (server, _) = server::start(compute_and_body);
    let samples = Load::new(200, 4).run(&server.url());
    let shares: &[(&[&str], f64)] = &[
        (&["compute"], injected_share(&samples, 300.0)),
        (&["slow_response_body"], injected_share(&samples, 200.0)),
    ];
    check(&analysed(&samples), &Expected { first: "compute", shares, companions: &[] });
}

fn stall(seq: u64) -> Injected {
    // Unequal, lest the callers fall into step and nobody is served while somebody stalls.
    Injected { compute: 20 + seq * 17 % 41, silent: if stalls(seq) { 400 } else { 0 }, body: 0 }
}

/// Not the first requests: where all connections are opened at once no later one shows that the server accepts.
fn stalls(seq: u64) -> bool {
    seq >= 24 && seq % 15 == 3
}

/// On new connections as well: the server works on later ones meanwhile, so it is not slow to accept. Until
/// the next one, some milliseconds here, nothing tells the two apart.
#[test]
fn a_silent_server_stays_unexplained() {
    let _alone = alone();
    for load in [Load::new(450, 24).pool(24), Load::new(450, 24)] {
        let (server, _) = server::start(stall);
        let samples = load.run(&server.url());
        let truth = share_of_excess(&samples, |sample| if stalls(sample.seq) { 400.0 } else { 0.0 });
        let shares: &[(&[&str], f64)] = &[(&["unexplained"], truth)];
        let found = analysed(&samples);
        check(&found, &Expected { first: "unexplained", shares, companions: &[] });
        assert!(found.causes[0].explanation.contains("needed:"), "{}", found.causes[0].explanation);
    }
}

fn always_20(_: u64) -> Injected {
    Injected { compute: 20, ..Injected::default() }
}

#[test]
fn a_slow_accept_is_a_wait_in_the_accept_queue() {
    let _alone = alone();
    let (url, log) = server::start_slow_to_accept(always_20, |index| if index % 40 == 39 { 400 } else { 0 });
    let samples = Load::new(240, 4).run(&url);
    let shares: &[(&[&str], f64)] =
        &[(&["accept_queue_wait"], before_server(&samples, &of_log(&log, samples.len())))];
    check(&analysed(&samples), &Expected { first: "accept_queue_wait", shares, companions: &[] });
}

fn dearer_at_the_end(seq: u64) -> Injected {
    Injected { compute: if seq < 216 { 10 } else { 40 }, ..Injected::default() }
}

#[test]
fn too_few_connections_are_a_client_queue() {
    let _alone = alone();
    let (server, log) = server::start(dearer_at_the_end);
    let samples = Load::new(240, 12).pool(2).run(&server.url());
    let truth = of_log(&log, samples.len());
    let shares: &[(&[&str], f64)] = &[
        (&["client_queue"], before_server(&samples, &truth)),
        (&["compute"], at_server(&samples, &truth, |one| one.compute)),
    ];
    let found = analysed(&samples);
    check(&found, &Expected { first: "client_queue", shares, companions: &[] });
    assert_eq!(found.saturation.and_then(|found| found.saturated), Some(false), "the server keeps up");
}

/// Slow at one lookup in ten.
struct SlowAtTimes(Cell<u64>, SocketAddr);

impl Resolve for SlowAtTimes {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Lookup<'a> {
        let slow = chosen(self.0.replace(self.0.get() + 1));
        Box::pin(async move {
            if slow {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Ok(vec![self.1])
        })
    }
}

#[test]
fn slow_lookups_are_dns() {
    let _alone = alone();
    let (server, _) = server::start(always_20);
    let resolver = SlowAtTimes(Cell::new(0), server.address);
    // One caller, one connection a request: the lookups come in the order of the requests.
    let samples = Load::new(60, 1).run_resolving("http://test.invalid", resolver);
    let shares: &[(&[&str], f64)] = &[(&["dns"], injected_share(&samples, 300.0))];
    check(&analysed(&samples), &Expected { first: "dns", shares, companions: &[] });
}

/// The direct transport on a client that now and then does something else.
struct Busy {
    direct: Direct,
    clock: Clock,
    stalls: Rc<RefCell<Vec<ClientStall>>>,
    exchanges: Rc<Cell<u64>>,
}

struct BusyLane {
    lane: <Direct as Transport>::Lane,
    clock: Clock,
    stalls: Rc<RefCell<Vec<ClientStall>>>,
    exchanges: Rc<Cell<u64>>,
}

impl Transport for Busy {
    type Lane = BusyLane;

    fn lane(&self, marks: Rc<Marks>, keep: bool) -> BusyLane {
        let lane = self.direct.lane(marks, keep);
        let (stalls, exchanges) = (Rc::clone(&self.stalls), Rc::clone(&self.exchanges));
        BusyLane { lane, clock: self.clock, stalls, exchanges }
    }
}

impl Lane for BusyLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorWord> {
        self.exchanges.set(self.exchanges.get() + 1);
        if self.exchanges.get() % 40 == 20 {
            let from = self.clock.now();
            common::wire::pause(300);
            let length = self.clock.now().since(from);
            self.stalls.borrow_mut().push(ClientStall { repetition: 1, from, length });
        }
        self.lane.exchange(outgoing).await
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) {
        self.lane.poll_idle(cx);
    }
}

#[test]
fn a_busy_client_is_found_where_its_stalls_were_measured() {
    let _alone = alone();
    let (server, log) = server::start(always_20);
    let (clock, stalls) = (Clock::start(), Rc::<RefCell<Vec<ClientStall>>>::default());
    let direct = Direct::new(endpoint(&server.url()), SystemResolver);
    let transport = Busy { direct, clock, stalls: Rc::clone(&stalls), exchanges: Rc::default() };
    let samples = Load::new(200, 4).pool(4).run_on(clock, transport, &Interrupt::never());
    let found = analysed_with(&samples, &ClientHealth::new(stalls.take()));
    let shares: &[(&[&str], f64)] =
        &[(&["client_overload"], before_server(&samples, &of_log(&log, samples.len())))];
    check(&found, &Expected { first: "client_overload", shares, companions: &[] });
    let unmeasured = analysed(&samples);
    assert!(unmeasured.causes.iter().all(|cause| cause.cause.name() != "client_overload"), "not guessed");
}

/// The negative: the accept queue is long enough, so nothing is lost, and the wait would only move.
#[test]
fn with_a_long_backlog_reuse_buys_nothing_and_the_analysis_says_why() {
    let _alone = alone();
    let flags = [
        "--backlog=64",
        "--max-connections=16",
        "--replicas=8",
        "--fixed-ms=30",
        "--item-ms=10",
        "--item-sigma=0.5",
    ];
    let (samples, _) = run_mock("long_backlog", &flags, Load::new(600, 64));
    let found = analysed(&samples);
    let saturation = found.saturation.as_ref().expect("a closed loop");
    assert_eq!((saturation.saturated, saturation.callers), (Some(true), 64));
    let reuse = found.reuse.as_ref().expect("new connections");
    assert_eq!(reuse.buys, ReuseBuys::Nothing, "{reuse:?}");
    for words in ["reuse buys nothing", "64 callers", "would only move into the client's queue"] {
        assert!(reuse.explanation.contains(words), "{}", reuse.explanation);
    }
    for lost in ["syn_retransmission", "not_yet_accepted"] {
        assert!(found.causes_of_all.get(lost).is_none(), "{:#?}", found.causes_of_all);
    }
    // And it is true.
    let (kept, _) = run_mock("long_backlog_kept", &flags, Load::new(600, 64).pool(8));
    let mean = |samples: &[Sample]| samples.iter().map(latency).sum::<f64>() / samples.len() as f64;
    let ratio = mean(&kept) / mean(&samples);
    assert!((0.9..1.15).contains(&ratio), "kept connections: mean × {ratio:.2}");
}
