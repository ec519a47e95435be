//! Through a proxy, and along redirects.
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Ledger, certified, pooled, samples, secure_echo, trusting};
use crate::common::load::{Load, reached};
use crate::common::run::{Run, fresh_folder, prove_command};
use crate::common::wire::Server;
use spanload::model::Peer;
use spanload::transport::PoolSettings;

/// What was asked of a proxy.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that takes every request to the host that is asked for, by `CONNECT` and as it is.
fn proxy() -> (SocketAddr, Asked) {
    proxy_of(usize::MAX)
}

/// The same for so many connections; others get no answer.
fn proxy_of(most: usize) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let asked = Asked::default();
    let heads = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let (stream, heads) = (stream.expect("a connection"), Arc::clone(&heads));
            if number < most {
                std::thread::spawn(move || relay(stream, &heads));
            } else {
                held.push(stream);
            }
        }
    });
    (address, asked)
}

fn relay(client: TcpStream, heads: &Asked) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    heads.lock().expect("nobody panicked").push(head.clone());
    let target = head.split(' ').nth(1)?;
    let host = target.trim_start_matches("http://").split('/').next()?;
    let mut server = TcpStream::connect(host).ok()?;
    if head.starts_with("CONNECT ") {
        (&client).write_all(b"HTTP/1.1 200 Connected\r\n\r\n").ok()?;
    } else {
        server.write_all(head.as_bytes()).ok()?;
    }
    let (mut from, mut to) = (server.try_clone().ok()?, client.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        to.shutdown(std::net::Shutdown::Both)
    });
    std::io::copy(&mut reader, &mut server).ok()?;
    server.shutdown(std::net::Shutdown::Both).ok()
}

fn through(proxy: SocketAddr) -> PoolSettings {
    PoolSettings { proxy: Some(format!("http://me:s3cret@{proxy}")), ..PoolSettings::default() }
}

/// `me:s3cret`, as `Proxy-Authorization` has it.
fn authorised(head: &str) -> bool {
    head.to_ascii_lowercase().contains("proxy-authorization: basic ") && head.contains("bWU6czNjcmV0")
}

#[test]
fn a_proxy_is_asked_for_every_request() {
    let server = Server::echo(0);
    let (address, asked) = proxy();
    let completed = pooled(Load::new(3, 1), &server.url(), through(address));
    assert_eq!(Ledger::of(&completed).succeeded, 3);
    let asked = asked.lock().expect("nobody panicked");
    assert_eq!(asked.len(), 3);
    assert!(
        asked.iter().all(|head| head.starts_with(&format!("POST {}/v1/infer ", server.url()))),
        "{asked:?}"
    );
    assert!(asked.iter().all(|head| authorised(head)), "{asked:?}");
    let used = samples(&completed)[0].connection.expect("it is known");
    assert_eq!(used.peer, Some(Peer::Ip(address)), "who is at the other end of the connection");
}

#[test]
fn a_target_with_tls_is_reached_through_a_tunnel() {
    let folder = fresh_folder("transports_tunnel");
    let Some((authority, identity)) = certified(&folder) else { return };
    let server = secure_echo(&identity);
    let (address, asked) = proxy();
    let settings =
        PoolSettings { connect: trusting(&authority.certificate(), &server.url()), ..through(address) };
    let completed = pooled(Load::new(4, 1).pool(1), &server.url(), settings);
    assert_eq!(Ledger::of(&completed).succeeded, 4);
    assert_eq!(reached(samples(&completed)[0]), ["queue", "connect", "tls", "wait", "receive"]);
    let asked = asked.lock().expect("nobody panicked");
    assert!(asked.iter().all(|head| head.starts_with(&format!("CONNECT {} ", server.address))), "{asked:?}");
    assert!(asked.iter().all(|head| authorised(head)), "{asked:?}");
}

#[test]
fn who_is_served_by_anothers_connection_has_not_paid_for_one() {
    let folder = fresh_folder("transports_race");
    let Some((authority, identity)) = certified(&folder) else { return };
    let server = secure_echo(&identity);
    // Only one connection ever comes to be: whoever begins another one is left with the first.
    let (address, _) = proxy_of(1);
    let settings =
        PoolSettings { connect: trusting(&authority.certificate(), &server.url()), ..through(address) };
    let completed = pooled(Load::new(6, 2).pool(2), &server.url(), settings);
    assert_eq!(Ledger::of(&completed).succeeded, 6);
    let samples = samples(&completed);
    let ids: Vec<_> = samples.iter().map(|sample| sample.connection.map(|used| used.id)).collect();
    assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let (first, others): (Vec<_>, Vec<_>) =
        samples.into_iter().partition(|sample| sample.connection.is_some_and(|used| !used.reused));
    assert_eq!(first.len(), 1, "one has opened it");
    assert_eq!(reached(first[0]), ["queue", "connect", "tls", "wait", "receive"]);
    assert!(others.iter().all(|sample| reached(sample) == ["queue", "wait", "receive"]), "{others:?}");
}

/// Leads from `/v1/infer` by way of `/there` to where it answers.
fn leading_on() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.request() {
            match request.path() {
                "/v1/infer" => peer.write("HTTP/1.1 307 On\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
                "/there" => peer.write("HTTP/1.1 308 On\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"),
                _ => peer.answer(&request.body),
            }
        }
    })
}

#[test]
fn redirects_are_followed_as_far_as_they_may() {
    let server = leading_on();
    for (redirects, statuses, failures) in
        [(0, 307, &[("http_3xx", 3)][..]), (1, 308, &[("http_3xx", 3)]), (2, 200, &[])]
    {
        for load in [|| Load::new(3, 1), || Load::new(3, 1).pool(1)] {
            let settings = PoolSettings { redirects, ..PoolSettings::default() };
            let completed = pooled(load(), &server.url(), settings);
            let ledger = Ledger::of(&completed);
            assert_eq!(ledger.failures, failures.iter().copied().collect(), "{redirects} redirects");
            assert_eq!(ledger.statuses, [Some(statuses); 3]);
            assert!(samples(&completed).iter().all(|sample| sample.attempts == 1));
            assert_eq!(reached(samples(&completed)[0]), ["queue", "connect", "wait", "receive"]);
        }
    }
}

#[test]
fn a_run_says_what_moved_its_bytes_and_keeps_the_password_of_the_proxy() {
    let server = Server::echo(0);
    let (address, asked) = proxy();
    let proxy = format!("http://me:s3cret@{address}");
    let target = server.url();
    let flags = ["--target", &target, "--transport", "reqwest", "--proxy", &proxy, "--set", "after.batch=1"];
    let run = Run::prove("transports_run", &flags);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let manifest = run.results().manifest();
    assert_eq!(manifest["transport"], "reqwest");
    assert_eq!(manifest["merged_stages"], serde_json::json!(["retry", "send"]));
    assert!(asked.lock().expect("nobody panicked").len() > 40, "a connection for each request before");
    assert!(run.stdout().contains("not seen by it: retry and send"), "{}", run.stdout());
    assert!(run.results().text("report.html").contains("not seen by it: retry and send"));
    for entry in run.results().0.read_dir().expect("a folder") {
        let path = entry.expect("a file").path();
        let text = std::fs::read(&path).expect("a file");
        assert!(!holds(&text, "s3cret"), "{}", path.display());
    }
    assert!(!run.stdout().contains("s3cret") && !run.stderr().contains("s3cret"));
}

fn holds(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part == word.as_bytes())
}

#[test]
fn what_needs_another_transport_is_refused_with_the_remedy() {
    for (name, flags, key) in [
        ("transports_no_proxy", ["--proxy", "http://me:s3cret@127.0.0.1:1"], "target.proxy"),
        ("transports_no_redirects", ["--set", "target.redirects=1"], "target.redirects"),
    ] {
        let run = Run::prove(name, &flags);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        let said = run.stderr();
        assert!(
            said.contains(key) && said.contains("--transport reqwest") && !said.contains("s3cret"),
            "{said}"
        );
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_used_and_that_is_said_once() {
    let server = Server::echo(0);
    let target = server.url();
    let said = |exempt: &str, folder: &Path| {
        let flags = ["--target", &target, "--transport", "reqwest", "--set", "after.batch=1"];
        let mut command = prove_command(folder, &flags);
        command.env_remove("NO_PROXY").env_remove("HTTP_PROXY");
        let command = command.env("http_proxy", "http://127.0.0.1:1").env("no_proxy", exempt);
        let output = command.output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stderr).expect("text").matches("names a proxy").count()
    };
    let folder = fresh_folder("transports_environment");
    assert_eq!((said("", &folder), said("127.0.0.1", &folder)), (1, 0));
}

#[test]
fn a_path_that_the_library_would_change_is_refused() {
    for path in ["/%2e./x", "/a/../b", "/x?key='s3cret'"] {
        let target = format!("http://127.0.0.1:1{path}");
        let run = Run::prove("transports_path", &["--target", &target, "--transport", "reqwest"]);
        let said = run.stderr();
        assert_eq!(run.code(), 2, "{said}");
        assert!(said.contains("target.transport = \"direct\"") && !said.contains("s3cret"), "{said}");
    }
}
