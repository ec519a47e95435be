//! HTTP/2: answers that wait for room do not keep others from coming.

use std::sync::Arc;

use bytes::Bytes;
use spanload::model::{AnswerCheck, AnswerChecks, ByteBudget, Demanded};

use super::load::Load;
use super::net::Net;

/// Answers a little below the limit, and so many of them that no window takes what waits.
const ANSWER: usize = 3 << 20;
const STREAMS: u64 = 8;

async fn respond(mut to: h2::server::SendResponse<Bytes>, answer: Bytes) -> Result<(), h2::Error> {
    to.send_response(http::Response::new(()), false)?.send_data(answer, true)
}

/// Sends all answers at once, as far as the windows are open.
fn generous() -> Net {
    Net::new(|_, peer| async move {
        let answer = Bytes::from(vec![b'1'; ANSWER]);
        let mut connection = h2::server::handshake(peer.into_stream()).await.expect("a client");
        while let Some(Ok((_, to))) = connection.accept().await {
            respond(to, answer.clone()).await.expect("it waits");
        }
    })
}

#[test]
fn answers_without_room_leave_the_connection_to_the_one_that_may_go_on() {
    let pointer = "/error".parse().expect("a pointer");
    let mut load = Load::new(STREAMS, STREAMS).pool(1).answers(ANSWER as u64, &ByteBudget::new(64 << 20));
    // Each must be looked at, and there is room for one.
    load.repetition.checks =
        Arc::new(AnswerChecks::new(vec![AnswerCheck { pointer, wanted: Demanded::Absent }]));
    let outcome = load.run_http2(&generous(), STREAMS as usize);
    let errors: Vec<_> = outcome.samples().iter().filter_map(|sample| sample.error).collect();
    assert_eq!(errors, []);
}
