//! What becomes of a request past its deadline.
use super::*;
use spanload::model::AnswerBody;

#[track_caller]
pub fn timed_out_at(sample: &Sample, limit_ms: u64, stages: &[&str]) {
    assert_eq!(sample.error, Some(ErrorKind::Timeout), "{sample:?}");
    assert_eq!((sample.stages.latency(), reached(sample)), (Micros(limit_ms * 1_000), stages.to_vec()));
}

const OPENED: &[&str] = &["queue", "connect", "send", "wait"];
const KEPT: &[&str] = &["queue", "send", "wait"];

#[test]
fn a_timeout_ends_at_its_deadline_whether_under_way_or_waiting() {
    let fake = Fake::new(|_| Act::Never);
    let samples = fake.run(Load::new(5, 2).pool(1).timeout_ms(150));
    for pair in [[0, 1], [2, 3]] {
        timed_out_at(&samples[pair[0]], 150, OPENED);
        timed_out_at(&samples[pair[1]], 150, &["queue"]);
        let waiting = &samples[pair[1]];
        assert_eq!((waiting.attempts, waiting.connection, waiting.bytes_sent), (0, None, 0));
    }
    assert_eq!(samples[4].due, Some(Moment::from_micros(300_000)));
}

#[test]
fn a_connection_is_gone_before_the_next_one_starts_in_its_place() {
    let fake = Fake::new(|seq| if seq == 0 { Act::Never } else { Act::Answer { after_ms: 1 } });
    let samples = fake.run(Load::new(2, 1).pool(1).timeout_ms(100));
    assert_eq!(fake.events()[..3], [Event::Start(vec![0], false), Event::Gone, Event::Start(vec![1], false)]);
    let ids: Vec<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
    assert_eq!((ids, samples[1].error), (vec![1, 2], None));
}

#[test]
fn a_request_past_its_deadline_is_not_sent_any_more() {
    let fake = Fake::new(|seq| if seq == 0 { Act::Block { ms: 200 } } else { Act::Answer { after_ms: 1 } });
    let samples = fake.run(Load::new(3, 2).pool(1).timeout_ms(150));
    timed_out_at(&samples[0], 150, OPENED);
    timed_out_at(&samples[1], 150, &["queue"]);
    assert_eq!(samples[1].attempts, 0);
    assert_eq!(fake.exchanges(), [[0], [2]]);
}

#[test]
fn deadlines_noticed_late_do_not_mix_up_the_order() {
    // By 300 ms the engine is busy with 4. What it has not seen when it looks again at 500 ms: the
    // deadline of 3 at 400 ms, on the first connection, and that of 1 at 300 ms, on the second.
    let fake = Fake::new(|seq| match seq {
        0 => Act::Answer { after_ms: 100 },
        2 => Act::Answer { after_ms: 250 },
        4 => Act::Block { ms: 250 },
        1 | 3 => Act::Never,
        _ => Act::Answer { after_ms: 1 },
    });
    let samples = fake.run(Load::new(9, 3).timeout_ms(300));
    let ends = [1, 3].map(|seq: usize| {
        assert_eq!(samples[seq].error, Some(ErrorKind::Timeout));
        samples[seq].end().expect("it was sent").as_micros()
    });
    assert_eq!(ends, [300_000, 400_000], "at the deadline, whenever it is noticed");
    let taken = fake.exchanges().concat();
    let successor = |seq: usize| {
        let is_successor = |next: &u64| samples[*next as usize].due == samples[seq].end();
        taken.iter().position(is_successor).expect("it was sent")
    };
    assert!(successor(1) < successor(3), "due first, served first: {taken:?}");
}

#[test]
fn members_of_a_batch_time_out_one_by_one_while_the_exchange_goes_on() {
    // 0 and 1 make 2 wait, so that it goes with 3, which is due 100 ms later.
    let fake = Fake::new(|seq| Act::Answer { after_ms: if seq == 2 { 250 } else { 100 } });
    let load = Load::new(4, 3).pool(1).batch(2).timeout_ms(300);
    let completed = load.paused_completely(fake.clone()).completed;
    assert_eq!(fake.exchanges(), [[0, 1], [2, 3]]);
    timed_out_at(&completed[2].sample, 300, KEPT);
    assert!(completed[2].answer.is_none());
    let stayed = &completed[3];
    assert_eq!(
        lengths(&stayed.sample),
        [("queue", 0), ("send", 0), ("wait", 250_000), ("receive", 0)],
        "due when the first exchange ended"
    );
    let answer = stayed.answer.as_ref().and_then(AnswerBody::bytes);
    assert_eq!(answer, Some(b"3".as_slice()), "not the answer of the one that left");
    assert_eq!(completed[2].sample.batch, stayed.sample.batch);
}

#[test]
fn an_exchange_ends_with_the_deadline_of_its_last_member() {
    let fake = Fake::new(|seq| if seq == 2 { Act::Never } else { Act::Answer { after_ms: 100 } });
    let samples = fake.run(Load::new(6, 3).pool(1).batch(2).timeout_ms(300));
    assert_eq!(fake.exchanges()[..2], [[0, 1], [2, 3]]);
    timed_out_at(&samples[2], 300, KEPT);
    timed_out_at(&samples[3], 300, KEPT);
    let ends = [2, 3].map(|seq: usize| samples[seq].end().expect("it was sent").as_micros());
    assert_eq!(ends, [300_000, 400_000], "each at its own deadline");
    assert_eq!(samples[5].error, None, "due at the first of these deadlines, sent after the last");
    assert_eq!(samples[5].stages.get(Stage::Queue), Some(Micros(100_000)));
}
