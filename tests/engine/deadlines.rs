//! What becomes of a request past its deadline.
use super::*;

#[track_caller]
pub fn timed_out_at(sample: &Sample, limit_ms: u64, stages: &[&str]) {
    assert_eq!(sample.error, Some(ErrorKind::Timeout), "{sample:?}");
    assert_eq!((sample.stages.latency(), reached(sample)), (Micros(limit_ms * 1_000), stages.to_vec()));
}

#[test]
fn a_timeout_ends_at_its_deadline_whether_under_way_or_waiting() {
    undisturbed(|| {
        let fake = Fake::new(|_| Act::Never);
        let samples = fake.run(Load::new(5, 2).pool(1).timeout_ms(150));
        for pair in [[0, 1], [2, 3]] {
            timed_out_at(&samples[pair[0]], 150, &["queue", "send", "wait"]);
            timed_out_at(&samples[pair[1]], 150, &["queue"]);
            let waiting = &samples[pair[1]];
            assert_eq!((waiting.attempts, waiting.connection, waiting.bytes_sent), (0, None, 0));
        }
        assert_eq!(samples[4].due, Some(Moment::from_micros(300_000)));
    });
}

#[test]
fn a_lane_is_gone_before_the_next_one_starts_in_its_place() {
    undisturbed(|| {
        let fake = Fake::new(|seq| if seq == 0 { Act::Never } else { Act::Answer { after_ms: 1 } });
        let samples = fake.run(Load::new(2, 1).pool(1).timeout_ms(100));
        assert_eq!(
            fake.events()[..3],
            [Event::Start(vec![0], false), Event::Gone, Event::Start(vec![1], false)]
        );
        let ids: Vec<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
        assert_eq!((ids, samples[1].error), (vec![1, 2], None));
    });
}

#[test]
fn a_request_past_its_deadline_is_not_sent_any_more() {
    undisturbed(|| {
        let fake =
            Fake::new(|seq| if seq == 0 { Act::Block { ms: 200 } } else { Act::Answer { after_ms: 1 } });
        let samples = fake.run(Load::new(3, 2).pool(1).timeout_ms(150));
        timed_out_at(&samples[0], 150, &["queue", "send", "wait"]);
        timed_out_at(&samples[1], 150, &["queue"]);
        assert_eq!(samples[1].attempts, 0);
        assert_eq!(fake.exchanges(), [[0], [2]]);
    });
}

#[test]
fn members_of_a_batch_time_out_one_by_one_while_the_exchange_goes_on() {
    undisturbed(|| {
        // 0 and 1 make 2 wait, so that it goes with 3, which is due 100 ms later.
        let fake = Fake::new(|seq| Act::Answer { after_ms: if seq == 2 { 250 } else { 100 } });
        let load = Load::new(4, 3).pool(1).batch(2).timeout_ms(300);
        let completed = load.complete(Clock::start(), fake.clone(), &Interrupt::never());
        assert_eq!(fake.exchanges(), [[0, 1], [2, 3]]);
        let answer = completed[3].answer.as_ref().and_then(AnswerBody::bytes);
        certain(answer.is_none_or(|answer| answer == b"3"), "not the answer of the one that left");
        timed_out_at(&completed[2].sample, 300, &["queue", "send", "wait"]);
        assert!(completed[2].answer.is_none());
        assert_eq!(completed[3].sample.error, None);
        assert_eq!(
            completed[3].answer.as_ref().and_then(AnswerBody::bytes),
            Some(b"3".as_slice()),
            "not the answer of the one that left"
        );
        assert_eq!(completed[2].sample.batch, completed[3].sample.batch);
    });
}

#[test]
fn an_exchange_ends_with_the_deadline_of_its_last_member() {
    undisturbed(|| {
        let fake = Fake::new(|seq| if seq == 2 { Act::Never } else { Act::Answer { after_ms: 100 } });
        let samples = fake.run(Load::new(6, 3).pool(1).batch(2).timeout_ms(300));
        assert_eq!(fake.exchanges()[..2], [[0, 1], [2, 3]]);
        timed_out_at(&samples[2], 300, &["queue", "send", "wait"]);
        timed_out_at(&samples[3], 300, &["queue", "send", "wait"]);
        assert!(samples[3].end() > samples[2].end(), "each at its own deadline");
        timed_out_at(&samples[4], 300, &["queue"]);
        assert_eq!(samples[5].error, None, "due at the first of these deadlines, sent after the last");
        assert!(ms(&samples[5], Stage::Queue) >= Some(99.0), "{:?}", samples[5].stages);
    });
}
