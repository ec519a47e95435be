//! What becomes of a request past its deadline.

use spanload::model::{ErrorKind, Micros, Sample};

use super::load::{Load, at, stages};
use super::net::{Connect, Names, Net, pause};
use super::scripted::{Act, Event, Scripted};

#[track_caller]
fn timed_out(sample: &Sample, limit_ms: u64, reached: &[(&str, u64)]) {
    assert_eq!(sample.error, Some(ErrorKind::Timeout), "{sample:?}");
    assert_eq!((sample.stages.latency(), stages(sample)), (Micros(limit_ms * 1_000), reached.to_vec()));
}

#[test]
fn a_timeout_ends_at_its_deadline_whether_under_way_or_waiting() {
    let outcome = Load::new(5, 2).pool(1).timeout_ms(150).run_on(Scripted::new(|_| Act::Never));
    for (under_way, waiting) in [(0, 1), (2, 3)] {
        let connect = [("queue", 0), ("connect", 0), ("send", 0), ("wait", 150_000)];
        timed_out(outcome.sample(under_way), 150, &connect);
        timed_out(outcome.sample(waiting), 150, &[("queue", 150_000)]);
        let waiting = outcome.sample(waiting);
        assert_eq!((waiting.attempts, waiting.connection, waiting.bytes_sent), (0, None, 0));
    }
    assert_eq!(outcome.sample(4).due, Some(at(300)));
}

#[test]
fn a_timeout_takes_the_evidence_of_what_was_under_way() {
    let net = Net::new(|_, mut peer| async move {
        peer.request().await;
        peer.retransmit(3);
        peer.until_closed().await;
    });
    let outcome = Load::new(1, 1).pool(1).timeout_ms(300).run(&net);
    let sample = outcome.sample(0);
    timed_out(sample, 300, &[("queue", 0), ("connect", 0), ("send", 0), ("wait", 300_000)]);
    assert_eq!(
        (sample.retransmits, sample.connection.and_then(|used| used.syn_retransmits)),
        (Some(3), Some(0))
    );

    let syn = Connect { after_ms: 1_000, syn_retransmits: 2, error: None };
    let outcome = Load::new(1, 1).timeout_ms(300).run(&Net::with_connect(move |_| syn, |_, _| async {}));
    let sample = outcome.sample(0);
    timed_out(sample, 300, &[("queue", 0), ("connect", 300_000)]);
    assert_eq!(
        (sample.retransmits, sample.connection.and_then(|used| used.syn_retransmits)),
        (None, Some(2))
    );
}

#[test]
fn a_lookup_that_hangs_ends_at_the_deadline() {
    let names = Names { after_ms: 10_000, ..Names::default() };
    let outcome = Load::new(1, 1).url("http://a.test").timeout_ms(300).run_resolving(&Net::echo(0), names);
    timed_out(outcome.sample(0), 300, &[("queue", 0), ("dns", 300_000)]);
    assert_eq!((outcome.sample(0).connection, outcome.ended), (None, at(300)));
}

#[test]
fn a_connection_is_gone_before_the_next_one_starts_in_its_place() {
    let transport = Scripted::new(|seq| if seq == 0 { Act::Never } else { Act::Answer { after_ms: 1 } });
    let outcome = Load::new(2, 1).pool(1).timeout_ms(100).run_on(transport.clone());
    let order = [Event::Start(vec![0], false), Event::Gone, Event::Start(vec![1], false)];
    assert_eq!(transport.events()[..3], order);
    let ids = outcome.samples().into_iter().filter_map(|sample| sample.connection).map(|used| used.id);
    assert_eq!((ids.collect::<Vec<_>>(), outcome.sample(1).error), (vec![1, 2], None));
}

#[test]
fn after_a_timeout_a_caller_goes_on_with_a_fresh_connection() {
    let net = Net::new(|index, mut peer| async move {
        peer.request().await;
        if index > 0 {
            peer.answer("{}").await;
        }
        peer.until_closed().await;
    });
    let outcome = Load::new(2, 1).pool(1).timeout_ms(300).run(&net);
    let next = outcome.sample(1);
    assert_eq!((next.error, next.attempts, next.due, net.dialled()), (None, 1, Some(at(300)), 2));
}

#[test]
fn a_request_past_its_deadline_is_not_sent_any_more() {
    let transport =
        Scripted::new(|seq| if seq == 0 { Act::Block { ms: 200 } } else { Act::Answer { after_ms: 1 } });
    let outcome = Load::new(3, 2).pool(1).timeout_ms(150).run_on(transport.clone());
    timed_out(outcome.sample(0), 150, &[("queue", 0), ("connect", 0), ("send", 0), ("wait", 150_000)]);
    timed_out(outcome.sample(1), 150, &[("queue", 150_000)]);
    assert_eq!((outcome.sample(1).attempts, transport.exchanges()), (0, vec![vec![0], vec![2]]));
}

#[test]
fn members_of_a_batch_time_out_one_by_one_while_the_exchange_goes_on() {
    // 0 and 1 make 2 wait, so that it goes with 3, which is due 100 ms later.
    let transport = Scripted::new(|seq| Act::Answer { after_ms: if seq == 2 { 250 } else { 100 } });
    let outcome = Load::new(4, 3).pool(1).batch(2).timeout_ms(300).run_on(transport.clone());
    assert_eq!(transport.exchanges(), [[0, 1], [2, 3]]);
    timed_out(outcome.sample(2), 300, &[("queue", 100_000), ("send", 0), ("wait", 200_000)]);
    assert!(outcome.answer(2).is_none());
    assert_eq!((outcome.sample(3).error, outcome.sample(3).end()), (None, Some(at(350))));
    assert_eq!(outcome.answer(3), Some(b"3".as_slice()), "not the answer of the one that left");
    assert_eq!(outcome.sample(2).batch, outcome.sample(3).batch);
}

#[test]
fn an_exchange_ends_with_the_deadline_of_its_last_member() {
    let transport = Scripted::new(|seq| if seq == 2 { Act::Never } else { Act::Answer { after_ms: 100 } });
    let outcome = Load::new(6, 3).pool(1).batch(2).timeout_ms(300).run_on(transport.clone());
    assert_eq!(transport.exchanges()[..2], [[0, 1], [2, 3]]);
    timed_out(outcome.sample(2), 300, &[("queue", 100_000), ("send", 0), ("wait", 200_000)]);
    timed_out(outcome.sample(3), 300, &[("queue", 0), ("send", 0), ("wait", 300_000)]);
    assert_eq!([2, 3].map(|seq| outcome.sample(seq).end()), [Some(at(300)), Some(at(400))]);
    timed_out(outcome.sample(4), 300, &[("queue", 300_000)]);
    assert_eq!(outcome.sample(5).error, None, "due at the first of these deadlines, sent after the last");
    assert_eq!(stages(outcome.sample(5))[0], ("queue", 100_000));
}

#[test]
fn an_answer_a_moment_before_the_deadline_is_in_time_and_a_moment_after_it_is_not() {
    for (after_ms, error, end) in [(99, None, 99), (101, Some(ErrorKind::Timeout), 100)] {
        let net = Net::new(move |_, mut peer| async move {
            peer.request().await;
            pause(after_ms).await;
            peer.answer("1").await;
        });
        let outcome = Load::new(1, 1).timeout_ms(100).run(&net);
        assert_eq!((outcome.sample(0).error, outcome.sample(0).end()), (error, Some(at(end))));
    }
}

#[test]
fn a_member_that_leaves_takes_none_of_the_evidence_with_it() {
    // 0 and 1 make 2 wait, so that it goes with 3, which is due 100 ms later and stays after 2 had to leave.
    let net = Net::new(|_, mut peer| async move {
        for (pause_ms, again) in [(100, 0), (250, 3)] {
            let Some(request) = peer.request().await else { return };
            peer.retransmit(again);
            pause(pause_ms).await;
            peer.answer(&request.body.replace("inputs", "outputs")).await;
        }
    });
    let outcome = Load::new(4, 3).pool(1).batch(2).timeout_ms(300).run(&net);
    assert_eq!((outcome.sample(2).error, outcome.sample(3).error), (Some(ErrorKind::Timeout), None));
    assert_eq!([2, 3].map(|seq| outcome.sample(seq).retransmits), [Some(3); 2]);
}
