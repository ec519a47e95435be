//! Answers as servers send them: how they end, what may follow, and what is an error.

use spanload::model::{ErrorKind, Micros};

use super::load::{Load, stages};
use super::net::{Net, answer, pause};

/// Two requests on one kept connection, if the server lets it be kept; each is answered with `text`.
fn answered_with(text: &str) -> (super::load::Outcome, usize) {
    let text = text.to_string();
    let net = Net::new(move |_, mut peer| {
        let text = text.clone();
        async move {
            while peer.request().await.is_some() {
                peer.write(&text).await;
                if text.contains("UNTIL CLOSE") {
                    return;
                }
            }
        }
    });
    let outcome = Load::new(2, 1).pool(1).timeout_ms(1_000).run(&net);
    let dialled = net.dialled();
    (outcome, dialled)
}

#[test]
fn every_framing_ends_where_it_says() {
    for (text, body, connections) in [
        (answer("[1, 2]"), "[1, 2]", 1),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n3;x=1\r\n 2]\r\n0\r\n\r\n"
                .into(),
            "[1, 2]",
            1,
        ),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n7".into(), "7", 2),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n7".into(), "7", 2),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n7".into(), "7", 1),
        ("HTTP/1.1 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 1\r\n\r\n7".into(), "7", 2),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n7".into(),
            "7",
            2,
        ),
        (
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n\r\n"
                .into(),
            "7",
            2,
        ),
        ("HTTP/1.1 200 OK\r\nX: UNTIL CLOSE\r\n\r\n\"all\"".into(), "\"all\"", 2),
        ("HTTP/1.1 204 No Content\r\n\r\n".into(), "", 1),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n1\r\n7\r\n0\r\n\r\n"
                .into(),
            "7",
            2,
        ),
    ] {
        let (outcome, dialled) = answered_with(&text);
        for seq in 0..2 {
            assert_eq!(
                (outcome.sample(seq).error, outcome.answer(seq)),
                (None, Some(body.as_bytes())),
                "{text:?}"
            );
        }
        assert_eq!(dialled, connections, "{text:?}");
    }
}

#[test]
fn what_is_no_answer_is_a_protocol_error_and_cut_off_is_closed() {
    for (text, kind) in [
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", ErrorKind::Protocol),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", ErrorKind::Protocol),
        ("HTTP/1.1 200 OK\r\nContent-Length: one\r\n\r\n1", ErrorKind::Protocol),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", ErrorKind::Protocol),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", ErrorKind::Protocol),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX: UNTIL CLOSE\r\n\r\nshort", ErrorKind::Closed),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: UNTIL CLOSE\r\n\r\n9\r\nshort",
            ErrorKind::Closed,
        ),
        ("HTTP/1.1 200 OK UNTIL CLOSE\r\nContent-", ErrorKind::Closed),
    ] {
        let (outcome, _) = answered_with(text);
        assert_eq!([0, 1].map(|seq| outcome.sample(seq).error), [Some(kind); 2], "{text:?}");
    }
}

#[test]
fn a_head_without_end_is_a_protocol_error_and_costs_no_more_than_its_limit() {
    let net = Net::new(|_, mut peer| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\n").await;
        for number in 0..20_000 {
            peer.write(&format!("x-{number}: {}\r\n", "y".repeat(500))).await;
        }
        peer.until_closed().await;
    });
    let outcome = Load::new(1, 1).run(&net);
    assert_eq!(outcome.sample(0).error, Some(ErrorKind::Protocol));
    assert!(outcome.sample(0).bytes_received < 400_000, "{}", outcome.sample(0).bytes_received);
}

#[test]
fn a_head_that_comes_byte_by_byte_is_the_same_head() {
    let net = Net::new(|_, mut peer| async move {
        peer.request().await;
        for byte in answer("true").chars() {
            pause(1).await;
            peer.write(&byte.to_string()).await;
        }
    });
    let outcome = Load::new(1, 1).run(&net);
    assert_eq!(outcome.answer(0), Some(b"true".as_slice()));
    let bytes = answer("true").len() as u64;
    assert_eq!(stages(outcome.sample(0))[3..], [("wait", 1_000), ("receive", (bytes - 1) * 1_000)]);
}

#[test]
fn bytes_that_nobody_asked_for_condemn_the_connection() {
    let (outcome, dialled) = answered_with(&format!("{}{}", answer("1"), answer("2")));
    assert_eq!(([0, 1].map(|seq| outcome.answer(seq)), dialled), ([Some(b"1".as_slice()); 2], 2));
}

#[test]
fn the_server_says_its_times_in_headers_and_in_a_trailer() {
    let text = "HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=1.5\r\nTransfer-Encoding: chunked\r\n\r\n\
        1\r\n7\r\n0\r\nServer-Timing: compute;dur=2.5\r\n\r\n";
    let (outcome, _) = answered_with(text);
    let server = outcome.sample(1).server;
    assert_eq!((server.queue, server.compute), (Some(Micros(1_500)), Some(Micros(2_500))));
}

#[test]
fn answers_from_a_connection_that_says_more_than_it_was_asked_may_be_those_of_others() {
    let net = Net::new(|index, mut peer| async move {
        if index > 0 {
            while let Some(request) = peer.request().await {
                peer.answer(&request.body).await;
            }
            return;
        }
        let mut bodies = Vec::new();
        for _ in 0..3 {
            bodies.push(peer.request().await.expect("a request").body);
            // The first answer comes twice, so that each request after it gets the answer of the one before it.
            if bodies.len() < 3 {
                peer.answer(&bodies[0]).await;
            }
        }
        peer.write(&format!("{}{}", answer(&bodies[1]), answer(&bodies[2]))).await;
        peer.until_closed().await;
    });
    let outcome = Load::new(5, 1).pool(1).run(&net);
    let ends: Vec<_> = outcome.samples().iter().map(|sample| sample.error).collect();
    let wrong = Some(ErrorKind::Protocol);
    assert_eq!(
        ends,
        [None, wrong, wrong, None, None],
        "the first answer of a connection is that of its first request"
    );
    assert_eq!([0, 1, 4].map(|seq| outcome.answer(seq)), [Some(&b"0"[..]), None, Some(b"4")]);
    assert_eq!((net.dialled(), outcome.health.surplus_connections), (2, 1));
}
