//! Where a request's time goes, to the microsecond, on a network whose delays are known.

use spanload::model::{ErrorKind, Micros};

use super::load::{Load, stages};
use super::net::{Connect, Names, Net, answer, pause};

#[test]
fn each_stage_is_as_long_as_the_network_and_the_server_make_it() {
    let connect = Connect { after_ms: 1_030, syn_retransmits: 1, error: None };
    let net = Net::with_connect(
        move |_| connect,
        |_, mut peer| async move {
            peer.request().await;
            pause(80).await;
            peer.write("HTTP/1.1 200 OK\r\nContent-").await;
            pause(3).await;
            peer.write("Length: 4\r\n\r\ntr").await;
            pause(17).await;
            peer.write("ue").await;
        },
    );
    let names = Names { after_ms: 25, addresses: vec!["10.0.0.2:80".parse().expect("an address")] };
    let outcome = Load::new(1, 1).url("http://a.test").run_resolving(&net, names);
    let sample = outcome.sample(0);
    let expected = [
        ("queue", 0),
        ("dns", 25_000),
        ("connect", 1_030_000),
        ("send", 0),
        ("wait", 80_000),
        ("receive", 20_000),
    ];
    assert_eq!(stages(sample), expected);
    assert_eq!(sample.stages.ttfb(), Some(Micros(1_135_000)));
    assert_eq!(sample.connection.and_then(|used| used.syn_retransmits), Some(1));
    assert_eq!((sample.retransmits, outcome.answer(0)), (Some(0), Some(b"true".as_slice())));
}

#[test]
fn a_long_body_is_sent_for_as_long_as_the_server_takes_it() {
    let body = format!("\"{}\"", "x".repeat(10_000));
    let net = Net::with_room(
        4_096,
        |_| Connect::AT_ONCE,
        |_, mut peer| async move {
            pause(40).await;
            peer.read_some(4_096).await;
            pause(60).await;
            let request = peer.request().await.expect("a request");
            assert_eq!(request.body.len(), 10_002);
            pause(7).await;
            peer.answer("1").await;
        },
    );
    let outcome = Load::new(1, 1).pool(1).body(&body).run(&net);
    let expected = [("queue", 0), ("connect", 0), ("send", 100_000), ("wait", 7_000), ("receive", 0)];
    assert_eq!(stages(outcome.sample(0)), expected);
    assert!(outcome.sample(0).bytes_sent > 10_002);
}

#[test]
fn an_answer_that_overtakes_its_request_ends_send_and_condemns_the_connection() {
    let body = format!("\"{}\"", "x".repeat(10_000));
    let net = Net::with_room(
        2_048,
        |_| Connect::AT_ONCE,
        |index, mut peer| async move {
            peer.read_some(1).await;
            pause(10).await;
            if index == 0 {
                peer.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n").await;
                pause(5).await;
                peer.write("no").await;
                peer.until_closed().await;
            } else {
                peer.request().await;
                peer.answer("1").await;
            }
        },
    );
    let outcome = Load::new(2, 1).pool(1).body(&body).run(&net);
    let early = outcome.sample(0);
    assert_eq!((early.error, early.status), (Some(ErrorKind::Http4xx), Some(413)));
    let expected = [("queue", 0), ("connect", 0), ("send", 10_000), ("wait", 0), ("receive", 5_000)];
    assert_eq!(stages(early), expected);
    let next = outcome.sample(1);
    assert_eq!((next.error, net.dialled()), (None, 2), "it is not charged for the rest of the first body");
    assert!(next.bytes_sent > 10_002 && next.bytes_sent < 11_000, "{}", next.bytes_sent);
}

#[test]
fn an_interim_answer_is_not_the_first_byte_of_the_answer() {
    let net = Net::new(|index, mut peer| async move {
        peer.request().await;
        pause(10).await;
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
        peer.write(hints).await;
        if index > 0 {
            pause(290).await;
        }
        peer.answer("1").await;
    });
    let outcome = Load::new(2, 1).run(&net);
    let expected = |wait| [("queue", 0), ("connect", 0), ("send", 0), ("wait", wait), ("receive", 0)];
    assert_eq!(stages(outcome.sample(0)), expected(10_000), "both in one piece");
    assert_eq!(stages(outcome.sample(1)), expected(300_000));
}

#[test]
fn an_interim_answer_with_a_part_of_the_answer_behind_it_is_told_from_it() {
    let net = Net::new(|_, mut peer| async move {
        peer.request().await;
        pause(10).await;
        let text = answer("true");
        let (first, rest) = text.split_at(20);
        peer.write(&format!("HTTP/1.1 100 Continue\r\n\r\n{first}")).await;
        pause(30).await;
        peer.write(rest).await;
    });
    let outcome = Load::new(1, 1).run(&net);
    let expected = [("queue", 0), ("connect", 0), ("send", 0), ("wait", 10_000), ("receive", 30_000)];
    assert_eq!(stages(outcome.sample(0)), expected);
    assert_eq!(outcome.answer(0), Some(b"true".as_slice()));
}

#[test]
fn the_second_address_is_tried_where_the_first_one_refuses() {
    let net = Net::with_connect(
        |index| {
            if index == 0 {
                Connect::fails(4, std::io::ErrorKind::ConnectionRefused)
            } else {
                Connect::after(6)
            }
        },
        |_, mut peer| async move {
            peer.request().await;
            peer.answer("1").await;
        },
    );
    let addresses =
        ["10.0.0.2:80", "10.0.0.3:80"].map(|address| address.parse().expect("an address")).to_vec();
    let names = Names { after_ms: 0, addresses: addresses.clone() };
    let outcome = Load::new(1, 1).url("http://a.test").run_resolving(&net, names);
    assert_eq!(stages(outcome.sample(0))[2], ("connect", 10_000));
    assert_eq!((net.addresses(), outcome.sample(0).error), (addresses, None));
}

#[test]
fn data_sent_again_is_counted_where_the_answer_was_slow_enough_for_it() {
    // The kernel sends nothing again within 200 ms: there is nothing to ask of a fast answer on a kept connection.
    let net = Net::new(|_, mut peer| async move {
        for (after, again) in [(10, 0), (900, 2), (10, 1), (500, 1)] {
            peer.request().await;
            pause(after).await;
            peer.retransmit(again);
            peer.answer("1").await;
        }
    });
    let outcome = Load::new(4, 1).pool(1).run(&net);
    let counted: Vec<_> = outcome.samples().into_iter().map(|sample| sample.retransmits).collect();
    assert_eq!(counted, [Some(0), Some(2), Some(0), Some(2)], "what was not asked is part of the next count");
}
