//! A place by itself: what room it has, and what becomes of a connection that is not kept.

use std::rc::Rc;

use spanload::client::{AnswerCollector, ConnectionPlace, Seat};
use spanload::host::Clock;
use spanload::model::StageSet;
use spanload::transport::{ExchangeMarks, Request, Transport};
use tokio::task::JoinSet;

use super::load::{Load, paused};
use super::net::pause;
use super::scripted::{Act, Scripted};

/// One exchange in a seat; whether it used a connection that another one had opened.
async fn exchange<T: Transport>(seat: Seat<T>, clock: Clock) -> bool {
    let repetition = Load::new(1, 1).repetition;
    let marks = ExchangeMarks::new(clock, StageSet::ALL);
    marks.begin(clock.now());
    let request = Request {
        route: &repetition.endpoint.routes[0].single,
        body: repetition.plan.body(0).expect("the file is as it was"),
        traceparent: repetition.traces.traceparent(0),
        keep: true,
    };
    let mut collector = AnswerCollector::new(&repetition.answers, false);
    seat.exchange(&request, &marks, &mut collector, || 1).await.expect("it is answered");
    marks.connection().expect("it was sent").reused
}

/// The room in an empty place, before and after its connection has opened, under one exchange and after another; whether the
/// second exchange shared the connection, and how many were opened.
fn rooms(keep: bool) -> ([usize; 4], bool, usize) {
    let transport = Scripted::with(4, 1, StageSet::ALL, |_| Act::Answer { after_ms: 10 });
    let opened = transport.clone();
    let runtime = paused();
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let clock = Clock::start();
        let place = ConnectionPlace::new(Rc::new(transport), clock, keep, Rc::default());
        let empty = place.room();
        let mut first = JoinSet::new();
        first.spawn_local(exchange(Seat::take(&place), clock));
        let opening = place.room();
        pause(5).await;
        let open = place.room();
        assert!(!first.join_next().await.expect("it is there").expect("no panic"));
        let after = place.room();
        let reused = exchange(Seat::take(&place), clock).await;
        ([empty, opening, open, after], reused, opened.opened())
    })
}

#[test]
fn a_place_has_room_for_what_its_connection_carries_without_what_is_on_it() {
    assert_eq!(rooms(true), ([1, 0, 3, 4], true, 1));
}

#[test]
fn a_connection_that_is_not_kept_carries_one_exchange_whatever_it_could() {
    assert_eq!(rooms(false), ([1, 0, 0, 1], false, 2));
}
