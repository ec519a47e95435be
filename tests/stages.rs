//! Delays each stage of a request in turn and sees that stage grow and no other; breaks each in turn and sees where the record ends.
mod failures;

use std::cell::Cell;
use std::future::poll_fn;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::common::load::{Load, endpoint, ms, reached};
use crate::common::undisturbed::{leeway, undisturbed};
use crate::common::wire::{Peer, Server, listener, pause, refusing};
use bytes::Bytes;
use spanload::host::Clock;
use spanload::host::Interrupt;
use spanload::model::{ErrorKind, Sample, Stage};
use spanload::transport::{Answer, Direct, Lane, Marks, Outgoing, Resolve, SystemResolver, Transport};

/// What a stage may take by itself when both cores are busy.
const NOISE_MS: f64 = 120.0;
/// The server's pause and the client's stage do not start at the same instant: the client may come to read what starts the
/// stage when the pause is on its way (1.5 ms were seen beside other work).
const EARLY_MS: f64 = 5.0;
const HEAD_OF_TEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

/// Only `grown` took long: the injected time, no less, and not much more.
#[track_caller]
fn only(sample: &Sample, grown: Stage, injected_ms: f64) {
    assert_eq!(sample.error, None, "{sample:?}");
    let took = ms(sample, grown).unwrap_or_else(|| panic!("{grown:?} is absent: {:?}", sample.stages));
    let early = EARLY_MS + leeway().as_secs_f64() * 1e3;
    assert!((injected_ms - early..injected_ms + NOISE_MS).contains(&took), "{grown:?} took {took} ms");
    for other in Stage::ALL.into_iter().filter(|stage| *stage != grown) {
        assert!(ms(sample, other).is_none_or(|took| took < NOISE_MS), "{other:?}: {:?}", sample.stages);
    }
}

#[test]
fn a_busy_pool_grows_the_queue() {
    undisturbed(|| {
        let server = Server::echo(200);
        let samples = Load::new(2, 2).pool(1).run(&server.url());
        only(&samples[0], Stage::Wait, 200.0);
        assert!(ms(&samples[1], Stage::Queue) >= Some(199.0), "{:?}", samples[1].stages);
        assert!(ms(&samples[1], Stage::Wait) < Some(200.0 + NOISE_MS), "{:?}", samples[1].stages);
        assert_eq!(
            reached(&samples[0]),
            ["queue", "connect", "send", "wait", "receive"],
            "no lookup of a literal"
        );
        assert_eq!(reached(&samples[1]), ["queue", "send", "wait", "receive"], "reused: no connect either");
        let used: Vec<_> = samples.iter().filter_map(|sample| sample.connection).collect();
        assert_eq!((used[0].reused, used[1].reused, used[0].id == used[1].id), (false, true, true));
    });
}

/// Sleeps, then knows one address for every name.
struct SlowResolver(u64, SocketAddr);

impl Resolve for SlowResolver {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> spanload::transport::Lookup<'a> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(self.0)).await;
            Ok(vec![self.1])
        })
    }
}

#[test]
fn a_slow_lookup_grows_dns() {
    undisturbed(|| {
        let server = Server::echo(0);
        let samples = Load::new(2, 1).run_resolving("http://test.invalid", SlowResolver(200, server.address));
        for sample in &samples {
            only(sample, Stage::Dns, 200.0);
            assert_eq!(reached(sample), ["queue", "dns", "connect", "send", "wait", "receive"]);
        }
    });
}

/// A listener whose accept queue is full, and the connection that fills it.
#[cfg(target_os = "linux")]
fn full() -> (TcpListener, TcpStream) {
    use std::os::fd::AsRawFd;
    let listener = listener();
    // SAFETY: a plain system call on a socket that `listener` owns.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    let filler = TcpStream::connect(listener.local_addr().expect("bound")).expect("one fits in");
    (listener, filler)
}

#[cfg(target_os = "linux")]
#[test]
fn a_dropped_syn_grows_connect_and_is_counted() {
    undisturbed(|| {
        let (listener, _filler) = full();
        let echo = |_, mut peer: Peer| {
            while let Some(request) = peer.request() {
                peer.answer(&request.body);
            }
        };
        let server = Server::start_on(listener, Duration::from_millis(300), echo);
        let samples = Load::new(2, 1).pool(1).run(&server.url());
        only(&samples[0], Stage::Connect, 1_000.0);
        for (sample, reused) in samples.iter().zip([false, true]) {
            let connection = sample.connection.expect("it had one");
            assert_eq!((connection.reused, connection.syn_retransmits), (reused, Some(1)), "kept with it");
            assert_eq!(sample.retransmits, Some(0), "the SYN is no data");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_timeout_while_connecting_keeps_its_evidence() {
    undisturbed(|| {
        let (listener, _filler) = full();
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let samples = Load::new(1, 1).timeout_ms(1_400).run(&url);
        assert_eq!(samples[0].error, Some(ErrorKind::Timeout));
        assert_eq!(reached(&samples[0]), ["queue", "connect"]);
        assert_eq!(samples[0].stages.latency().0, 1_400_000);
        let connection = samples[0].connection.expect("it came to one");
        assert_eq!((connection.syn_retransmits, samples[0].retransmits), (Some(1), None));
    });
}

#[test]
fn a_slow_reader_grows_send() {
    undisturbed(|| {
        // More than the buffers of both ends can hold.
        let body = format!("\"{}\"", "x".repeat(16 << 20));
        let listener = listener();
        small_receive_buffer(&listener);
        let server = Server::start_on(listener, Duration::ZERO, |_, mut peer| {
            pause(300);
            peer.request();
            peer.answer("{}");
        });
        let samples = Load::new(1, 1).body(&body).run(&server.url());
        let sent = ms(&samples[0], Stage::Send).expect("it was sent");
        assert!((300.0 - EARLY_MS..1_500.0).contains(&sent), "{:?}", samples[0].stages);
        for stage in [Stage::Queue, Stage::Connect, Stage::Receive] {
            assert!(ms(&samples[0], stage) < Some(NOISE_MS), "{:?}", samples[0].stages);
        }
        assert!(samples[0].bytes_sent > 16 << 20);
    });
}

fn small_receive_buffer(listener: &TcpListener) {
    use std::os::fd::AsRawFd;
    let size: libc::c_int = 64 << 10;
    // SAFETY: a plain system call on a socket that `listener` owns; `size` outlives it.
    let failed = unsafe {
        libc::setsockopt(
            listener.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUF,
            (&raw const size).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn a_slow_server_grows_wait() {
    undisturbed(|| {
        let server = Server::echo(200);
        let samples = Load::new(2, 1).pool(1).run(&server.url());
        samples.iter().for_each(|sample| only(sample, Stage::Wait, 200.0));
        assert_eq!(reached(&samples[1]), ["queue", "send", "wait", "receive"]);
    });
}

#[test]
fn an_answer_in_two_halves_grows_receive() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            while peer.request().is_some() {
                peer.write(&format!("{HEAD_OF_TEN}12345"));
                pause(200);
                peer.write("67890");
            }
        });
        let samples = Load::new(2, 1).pool(1).run(&server.url());
        samples.iter().for_each(|sample| only(sample, Stage::Receive, 200.0));
    });
}

#[test]
fn an_answer_that_comes_before_the_request_is_complete_ends_send() {
    undisturbed(|| {
        let body = format!("\"{}\"", "x".repeat(16 << 20));
        let listener = listener();
        small_receive_buffer(&listener);
        let server = Server::start_on(listener, Duration::ZERO, |_, mut peer| {
            pause(200);
            peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 10\r\n\r\n12345");
            pause(200);
            peer.write("67890");
            peer.until_closed();
        });
        let sample = &Load::new(1, 1).body(&body).run(&server.url())[0];
        assert_eq!((sample.error, sample.status), (Some(ErrorKind::Http4xx), Some(413)));
        assert!(
            (200.0 - EARLY_MS..200.0 + NOISE_MS).contains(&ms(sample, Stage::Send).expect("some")),
            "{:?}",
            sample.stages
        );
        assert_eq!(ms(sample, Stage::Wait), Some(0.0), "reached, and no time spent in it");
        assert!((200.0 - EARLY_MS..200.0 + NOISE_MS).contains(&ms(sample, Stage::Receive).expect("some")));
    });
}

/// The direct transport, but each exchange after the first starts late, so that what happens to an
/// idle connection in between comes as a surprise to it.
struct Hesitant {
    direct: Direct,
    sleep: fn() -> Pause,
}

type Pause = std::pin::Pin<Box<dyn Future<Output = ()>>>;

struct HesitantLane {
    lane: <Direct as Transport>::Lane,
    sleep: fn() -> Pause,
    exchanges: u32,
}

impl Transport for Hesitant {
    type Lane = HesitantLane;

    fn lane(&self, marks: Rc<Marks>, keep: bool) -> HesitantLane {
        HesitantLane { lane: self.direct.lane(marks, keep), sleep: self.sleep, exchanges: 0 }
    }
}

impl Lane for HesitantLane {
    async fn exchange(&mut self, outgoing: Outgoing) -> Result<Answer, ErrorKind> {
        if self.exchanges > 0 {
            (self.sleep)().await;
        }
        self.exchanges += 1;
        self.lane.exchange(outgoing).await
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) {
        self.lane.poll_idle(cx);
    }
}

fn run_hesitant(server: &Server, sleep: fn() -> Pause, resolver: impl Resolve + 'static) -> Vec<Sample> {
    let url = format!("http://test.invalid:{}", server.address.port());
    let direct = Direct::new(endpoint(&url), resolver);
    let transport = Hesitant { direct, sleep };
    Load::new(2, 1).pool(1).run_on(Clock::start(), transport, &Interrupt::never())
}

fn politely() -> Pause {
    Box::pin(tokio::time::sleep(Duration::from_millis(200)))
}

/// Keeps the whole engine from seeing what the network brings.
fn blocking() -> Pause {
    Box::pin(async { pause(200) })
}

#[test]
fn a_kept_connection_that_turns_out_closed_is_a_retry() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            peer.request();
            peer.answer("{}");
            pause(50);
        });
        let samples = run_hesitant(&server, politely, SlowResolver(0, server.address));
        only(&samples[1], Stage::Retry, 200.0);
        assert_eq!(reached(&samples[1]), ["queue", "retry", "dns", "connect", "send", "wait", "receive"]);
        let ids: Vec<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
        assert_eq!((samples[0].attempts, samples[1].attempts, ids), (1, 2, vec![1, 2]));
        assert_eq!(server.accepted(), 2);
    });
}

#[test]
fn a_kept_connection_that_was_reset_before_a_byte_was_sent_is_a_retry_too() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            peer.request();
            peer.answer("{}");
            pause(50);
            peer.reset();
        });
        for sleep in [politely, blocking] {
            let samples = run_hesitant(&server, sleep, SlowResolver(0, server.address));
            only(&samples[1], Stage::Retry, 200.0);
            assert_eq!(samples[1].attempts, 2);
        }
    });
}

#[test]
fn a_farewell_on_a_kept_connection_is_no_answer_to_the_next_request() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            peer.request();
            peer.answer("{}");
            pause(50);
            peer.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        let samples = run_hesitant(&server, politely, SlowResolver(0, server.address));
        only(&samples[1], Stage::Retry, 200.0);
        assert_eq!((samples[1].attempts, samples[1].status), (2, Some(200)));
    });
}

/// Knows the address once and then no more.
struct Forgetful(Cell<bool>, SocketAddr);

impl Resolve for Forgetful {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> spanload::transport::Lookup<'a> {
        let known = self.0.replace(false);
        Box::pin(
            async move { if known { Ok(vec![self.1]) } else { Err(std::io::ErrorKind::NotFound.into()) } },
        )
    }
}

#[test]
fn a_retry_that_finds_no_address_had_no_connection() {
    undisturbed(|| {
        let server = Server::start(|_, mut peer| {
            peer.request();
            peer.answer("{}");
            pause(50);
        });
        let samples = run_hesitant(&server, politely, Forgetful(Cell::new(true), server.address));
        assert_eq!((samples[1].error, samples[1].attempts), (Some(ErrorKind::Dns), 2));
        assert_eq!(reached(&samples[1]), ["queue", "retry", "dns"]);
        assert_eq!(samples[1].connection, None);
    });
}

/// Drives a lane without the engine: an exchange, an idle while, another exchange.
fn idle_between(server: &Server) -> Rc<Marks> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (clock, direct) = (Clock::start(), Direct::new(endpoint(&server.url()), SystemResolver));
    let marks = Marks::new(clock);
    let mut lane = direct.lane(Rc::clone(&marks), true);
    runtime.block_on(async {
        for _ in 0..2 {
            marks.begin(clock.now());
            let outgoing = Outgoing { batched: false, body: Bytes::from("{}"), traceparent: "t".into() };
            lane.exchange(outgoing).await.expect("an answer");
            let idle = poll_fn(|cx| {
                lane.poll_idle(cx);
                Poll::<()>::Pending
            });
            let _ = tokio::time::timeout(Duration::from_millis(100), idle).await;
        }
    });
    marks
}

#[test]
fn a_connection_that_is_closed_while_idle_is_never_tried() {
    undisturbed(|| {
        let closing = Server::start(|_, mut peer| {
            peer.request();
            peer.answer("{}");
            pause(20);
        });
        let marks = idle_between(&closing);
        let used = marks.connection().expect("it had one");
        assert_eq!((marks.attempts(), used.id, used.reused), (1, 2, false));
        let used = idle_between(&Server::echo(0)).connection().expect("it had one");
        assert_eq!((used.id, used.reused), (1, true), "kept while nobody closes it");
    });
}

#[test]
fn a_server_that_announces_the_close_costs_no_retry() {
    let server = Server::start(|_, mut peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n12345");
        pause(5);
        peer.write("67890");
        peer.until_closed();
    });
    for sample in Load::new(6, 2).pool(2).run(&server.url()) {
        assert_eq!((sample.error, sample.attempts), (None, 1));
        assert_eq!(reached(&sample), ["queue", "connect", "send", "wait", "receive"]);
    }
    assert_eq!(server.accepted(), 6);
}
