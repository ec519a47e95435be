//! A closed loop: who is due when, who is served first, and how many at once.

use spanload::model::{ErrorKind, Sample, Stage};

use super::load::{Load, at, stages};
use super::net::Net;
use super::scripted::{Act, Event, Scripted};

#[test]
fn a_closed_loop_keeps_exactly_its_callers_busy() {
    let transport = Scripted::new(|seq| Act::Answer { after_ms: 1 + seq % 7 });
    let outcome = Load::new(200, 8).run_on(transport.clone());
    assert_eq!((transport.most_in_flight(), transport.exchanges().len()), (8, 200), "each once");
    assert!(outcome.samples().into_iter().all(Sample::succeeded));
}

#[test]
fn latency_ends_with_the_last_byte_to_the_microsecond() {
    let transport = Scripted::new(|seq| Act::Answer { after_ms: seq % 5 });
    let outcome = Load::new(120, 7).pool(3).batch(2).run_on(transport.clone());
    let mut checked = 0;
    for event in transport.events() {
        let Event::LastByte(requests, last) = event else { continue };
        for seq in requests {
            assert_eq!(outcome.sample(seq as usize).end(), Some(last), "request {seq}");
            checked += 1;
        }
    }
    assert_eq!(checked, 120);
}

#[test]
fn first_come_first_served_and_the_wait_is_in_the_queue() {
    let transport = Scripted::new(|_| Act::Answer { after_ms: 10 });
    let outcome = Load::new(6, 3).pool(1).run_on(transport.clone());
    assert_eq!(transport.exchanges().concat(), [0, 1, 2, 3, 4, 5]);
    // One connection, ten milliseconds each: a request waits for the two before it, but for the first two.
    let queues =
        outcome.samples().into_iter().map(|sample| sample.stages.get(Stage::Queue).expect("always").0);
    assert_eq!(queues.collect::<Vec<_>>(), [0, 10_000, 20_000, 20_000, 20_000, 20_000]);
    assert_eq!(outcome.sample(3).due, Some(at(10)));
    assert_eq!(outcome.ended, at(60));
}

#[test]
fn a_caller_thinks_after_each_end_whatever_it_was_and_that_is_no_latency() {
    let transport = Scripted::new(|seq| match seq {
        2 => Act::Never,
        _ => Act::Answer { after_ms: 10 + seq },
    });
    let outcome = Load::new(6, 2).timeout_ms(100).think_ms(30).run_on(transport.clone());
    let times: Vec<_> = outcome.samples().into_iter().map(|sample| (sample.due, sample.end())).collect();
    let expected = [(0, 10), (0, 11), (40, 140), (41, 54), (84, 98), (128, 143)];
    assert_eq!(times, expected.map(|(due, end)| (Some(at(due)), Some(at(end)))));
    assert_eq!(outcome.sample(2).error, Some(ErrorKind::Timeout));
    let queues = outcome.samples().into_iter().filter(|sample| sample.seq != 2);
    assert!(queues.clone().all(|sample| sample.stages.get(Stage::Queue).is_some_and(|queue| queue.0 == 0)));
    assert_eq!(outcome.ended, at(143), "nobody thinks after the last request");
}

#[test]
fn whoever_thinks_for_a_shorter_time_than_the_engine_sleeps_is_not_late() {
    let outcome = Load::new(40, 3).pool(3).think_ms(1).run_on(Scripted::new(|_| Act::Answer { after_ms: 2 }));
    assert!(outcome.samples().iter().all(|sample| sample.stages.latency().0 == 2_000));
    assert_eq!(outcome.ended, at(2 * 14 + 13));
}

#[test]
fn deadlines_noticed_late_do_not_mix_up_the_order() {
    // By 300 ms the engine is busy with 4. What it has not seen when it looks again at 500 ms: the
    // deadline of 3 at 400 ms, on the first slot, and that of 1 at 300 ms, on the second.
    let transport = Scripted::new(|seq| match seq {
        0 => Act::Answer { after_ms: 100 },
        2 => Act::Answer { after_ms: 250 },
        4 => Act::Block { ms: 200 },
        1 | 3 => Act::Never,
        _ => Act::Answer { after_ms: 1 },
    });
    let outcome = Load::new(9, 3).timeout_ms(300).run_on(transport.clone());
    for (seq, end) in [(1, 300), (3, 400)] {
        let sample = outcome.sample(seq);
        assert_eq!((sample.error, sample.end()), (Some(ErrorKind::Timeout), Some(at(end))));
    }
    let taken = transport.exchanges().concat();
    let successor = |seq: usize| {
        let is_successor = |next: &u64| outcome.sample(*next as usize).due == outcome.sample(seq).end();
        taken.iter().position(is_successor).expect("it was sent")
    };
    assert!(successor(1) < successor(3), "due first, served first: {taken:?}");
}

#[test]
fn a_pool_opens_its_connections_and_never_one_more() {
    for (callers, size, opened) in [(6, 3, 3), (2, 5, 2), (4, 4, 4)] {
        let net = Net::echo(3);
        let outcome = Load::new(60, callers).pool(size).run(&net);
        assert!(outcome.samples().into_iter().all(Sample::succeeded));
        let used: Vec<_> = outcome.samples().into_iter().filter_map(|sample| sample.connection).collect();
        assert_eq!((net.dialled(), used.len()), (opened, 60));
        assert_eq!(used.iter().filter(|used| !used.reused).count(), opened, "one request paid for each");
    }
}

#[test]
fn a_connection_per_request_is_announced_and_used_once() {
    let net = Net::new(|_, mut peer| async move {
        let request = peer.request().await.expect("a request");
        let announced = request.has_header("connection: close");
        peer.answer(if announced { "true" } else { "false" }).await;
        assert!(peer.request().await.is_none(), "nothing follows");
    });
    let outcome = Load::new(30, 4).run(&net);
    assert_eq!(net.dialled(), 30);
    assert!((0..30).all(|seq| outcome.answer(seq) == Some(b"true".as_slice())));
    assert!(outcome.samples().iter().all(|sample| sample.connection.is_some_and(|used| !used.reused)));
}

#[test]
fn each_request_carries_its_own_trace() {
    let net = Net::new(|_, mut peer| async move {
        while let Some(request) = peer.request().await {
            let header = request.head.lines().find_map(|line| line.strip_prefix("traceparent: "));
            peer.answer(&format!("\"{}\"", header.expect("a traceparent"))).await;
        }
    });
    let outcome = Load::new(9, 2).pool(2).run(&net);
    for sample in outcome.samples() {
        let (trace, span) = (sample.trace_id, sample.trace_id.root_span());
        let expected = format!("\"00-{trace}-{span:016x}-01\"");
        assert_eq!(outcome.answer(sample.seq as usize), Some(expected.as_bytes()));
    }
}

#[test]
fn a_kept_connection_costs_its_set_up_once() {
    let net = Net::with_connect(
        |_| super::net::Connect::after(30),
        |_, mut peer| async move {
            while let Some(request) = peer.request().await {
                super::net::pause(5).await;
                peer.answer(&request.body).await;
            }
        },
    );
    let outcome = Load::new(2, 1).pool(1).run(&net);
    let first = [("queue", 0), ("connect", 30_000), ("send", 0), ("wait", 5_000), ("receive", 0)];
    assert_eq!(stages(outcome.sample(0)), first);
    assert_eq!(stages(outcome.sample(1)), [("queue", 0), ("send", 0), ("wait", 5_000), ("receive", 0)]);
}
