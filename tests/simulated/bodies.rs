//! Answers are bounded: one that is too long fails, and what there is no room for leaves its digest.

use spanload::model::{AnswerBody, ByteBudget, Digest, ErrorKind};

use super::load::Load;
use super::net::{Connect, Net, answer};

#[test]
fn an_answer_past_the_limit_is_too_large_and_ends_its_connection() {
    let net = Net::new(|_, mut peer| async move {
        while let Some(request) = peer.request().await {
            let length = if request.body == "1" { 101 } else { 100 };
            peer.answer(&"7".repeat(length)).await;
        }
    });
    let budget = ByteBudget::new(1 << 20);
    let outcome = Load::new(3, 1).pool(1).answers(100, &budget).run(&net);
    let errors: Vec<_> = outcome.samples().into_iter().map(|sample| sample.error).collect();
    assert_eq!(errors, [None, Some(ErrorKind::TooLarge), None]);
    assert_eq!(net.dialled(), 2, "nobody reads the rest");
    drop(outcome);
    assert_eq!(budget.used(), 0, "all memory is given back");
}

#[test]
fn an_answer_without_end_fails_at_the_limit_and_not_at_its_timeout() {
    let net = Net::with_room(
        1 << 16,
        |_| Connect::AT_ONCE,
        |_, mut peer| async move {
            peer.request().await;
            peer.write("HTTP/1.1 200 OK\r\n\r\n").await;
            for _ in 0..1_000 {
                peer.write(&"x".repeat(10_000)).await;
            }
        },
    );
    let budget = ByteBudget::new(1 << 20);
    let outcome = Load::new(1, 1).answers(200_000, &budget).run(&net);
    let sample = outcome.sample(0);
    assert_eq!(sample.error, Some(ErrorKind::TooLarge));
    assert!((200_000..400_000).contains(&sample.bytes_received), "{}", sample.bytes_received);
}

#[test]
fn where_no_copy_fits_the_row_has_the_digest_of_the_bytes() {
    let body = format!("\"{}\"", "x".repeat(3_000));
    let text = body.clone();
    let net = Net::new(move |_, mut peer| {
        let text = answer(&text);
        async move {
            while peer.request().await.is_some() {
                peer.write(&text).await;
            }
        }
    });
    // Nobody takes the answers while the load runs, so there is room for two of four.
    let budget = ByteBudget::new(7_000);
    let outcome = Load::new(4, 1).pool(1).answers(1 << 20, &budget).run(&net);
    let mut kinds = Vec::new();
    for completed in &outcome.completed {
        assert_eq!(completed.sample.error, None, "a row is never lost for it");
        match completed.answer.as_ref().expect("a success") {
            AnswerBody::Kept(kept) => kinds.push(kept.bytes() == body.as_bytes()),
            AnswerBody::Rolled(digest) => {
                assert_eq!(*digest, Digest::of(body.as_bytes()));
                kinds.push(false);
            }
            AnswerBody::Failed(said) => panic!("no success: {said:?}"),
        }
    }
    assert_eq!(kinds, [true, true, false, false]);
}

#[test]
fn a_batch_without_room_for_copies_is_still_taken_apart() {
    let budget = ByteBudget::new(4);
    let net = Net::new(|_, mut peer| async move {
        while peer.request().await.is_some() {
            peer.answer("{\"outputs\":[1,2,3]}").await;
        }
    });
    let outcome = Load::new(3, 3).pool(1).batch(3).answers(1 << 20, &budget).run(&net);
    for (completed, part) in outcome.completed.iter().zip(["1", "2", "3"]) {
        assert_eq!(completed.sample.error, None, "a budget of copies fails no request");
        let rolled = completed.answer.as_ref().expect("a success");
        assert!(matches!(rolled, AnswerBody::Rolled(digest) if *digest == Digest::of(part.as_bytes())));
    }
}
