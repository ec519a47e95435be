//! What an answer must say: looked at whatever room there is, and after the end is known.

use std::sync::Arc;

use spanload::model::{
    AnswerBody, AnswerCheck, AnswerChecks, ByteBudget, Demanded, Digest, ErrorKind, Sample,
};

use super::load::{Load, at};
use super::net::{Net, pause};

fn no_error() -> Arc<AnswerChecks> {
    let pointer = "/error".parse().expect("a pointer");
    Arc::new(AnswerChecks::new(vec![AnswerCheck { pointer, wanted: Demanded::Absent }]))
}

fn checked(mut load: Load) -> Load {
    load.repetition.checks = no_error();
    load
}

fn errors(samples: &[&Sample]) -> Vec<Option<ErrorKind>> {
    samples.iter().map(|sample| sample.error).collect()
}

/// Odd requests are answered with an error and 200.
fn item(request: &str) -> String {
    let odd = request.parse::<u64>().is_ok_and(|number| number % 2 == 1);
    let word = if odd { "error" } else { "result" };
    format!("{{\"{word}\":\"{}\"}}", "x".repeat(3_000))
}

fn answers_some_with_an_error() -> Net {
    Net::new(|_, mut peer| async move {
        while let Some(request) = peer.request().await {
            pause(10).await;
            match request.body.strip_prefix("{\"inputs\":[") {
                Some(items) => {
                    let items: Vec<_> = items.trim_end_matches("]}").split(',').map(item).collect();
                    peer.answer(&format!("{{\"error\":\"of nobody\",\"outputs\":[{}]}}", items.join(",")))
                        .await;
                }
                None => peer.answer(&item(&request.body)).await,
            }
        }
    })
}

const EXPECTED: [Option<ErrorKind>; 4] =
    [None, Some(ErrorKind::CheckFailed), None, Some(ErrorKind::CheckFailed)];

#[test]
fn an_answer_that_fails_its_check_is_a_failure_with_its_status_and_its_whole_time() {
    let outcome = checked(Load::new(4, 1).pool(1)).run(&answers_some_with_an_error());
    assert_eq!(errors(&outcome.samples()), EXPECTED);
    for (seq, sample) in outcome.samples().into_iter().enumerate() {
        assert_eq!((sample.status, sample.end()), (Some(200), Some(at(10 * (seq as u64 + 1)))));
        assert_eq!(outcome.answer(seq).is_some(), sample.succeeded());
    }
}

#[test]
fn each_member_of_a_batch_is_checked_by_itself() {
    let outcome = checked(Load::new(4, 4).pool(1).batch(4)).run(&answers_some_with_an_error());
    assert_eq!(errors(&outcome.samples()), EXPECTED, "what stands around the parts is nobody's answer");
    assert_eq!(outcome.answer(2), Some(item("2").as_bytes()));
}

#[test]
fn without_room_for_copies_every_answer_is_still_looked_at() {
    for batch in [1, 2] {
        let budget = ByteBudget::new(0);
        // Room for the answer to one request on its way, while there are two of each kind at once.
        let load = checked(Load::new(8, 8).pool(4).batch(batch)).answers(16_000, &budget);
        let outcome = load.run(&answers_some_with_an_error());
        assert_eq!(errors(&outcome.samples()), [EXPECTED, EXPECTED].concat());
        let rolled = outcome.completed[2].answer.as_ref().expect("a success");
        let expected = Digest::of(item("2").as_bytes());
        assert!(matches!(rolled, AnswerBody::Rolled(digest) if *digest == expected), "{rolled:?}");
    }
}

#[test]
fn a_late_answer_is_a_timeout_whatever_it_says() {
    let outcome = checked(Load::from(1, 1, 1).timeout_ms(5)).run(&answers_some_with_an_error());
    assert_eq!(errors(&outcome.samples()), [Some(ErrorKind::Timeout)]);
}
