//! A name with several addresses (RFC 8305): who answers first is taken, and what the others cost is counted.

use std::io::ErrorKind::ConnectionRefused;
use std::sync::Arc;
use std::time::Duration;

use spanload::model::{ErrorKind, Peer};
use spanload::transport::dial::Attempts;
use spanload::transport::{ConnectSettings, Direct};

use super::load::{Load, Outcome, stages};
use super::net::{Connect, Names, Net};

/// One request to a name with these addresses, whose connects fare like this.
fn outcome(connects: impl Into<Vec<Connect>>, attempts: Attempts) -> (Outcome, Net) {
    let connects = connects.into();
    let net = Net::with_connect(
        move |index| connects[index],
        |_, mut peer| async move {
            while let Some(request) = peer.request().await {
                peer.answer(&request.body).await;
            }
        },
    );
    let addresses =
        ["[::1]:80", "[::2]:80", "10.0.0.1:80"].map(|address| address.parse().expect("an address"));
    let names = Names { after_ms: 0, addresses: addresses.into() };
    let load = Load::new(1, 1).url("http://name:80");
    let direct = Direct::new(Arc::clone(&load.repetition.endpoint), names, net.clone());
    let settings = ConnectSettings { attempts, ..ConnectSettings::default() };
    (load.run_on(direct.connecting(settings)), net)
}

fn connect_micros(outcome: &Outcome) -> u64 {
    stages(outcome.sample(0)).into_iter().find(|(stage, _)| *stage == "connect").expect("it connected").1
}

fn peer(outcome: &Outcome) -> Option<String> {
    let connection = outcome.sample(0).connection;
    connection.and_then(|used| used.peer).as_ref().map(Peer::to_string)
}

#[test]
fn the_next_address_is_tried_after_a_quarter_of_a_second_and_families_take_turns() {
    let (outcome, net) = outcome([Connect::after(60_000), Connect::after(5)], Attempts::default());
    assert_eq!((connect_micros(&outcome), peer(&outcome)), (255_000, Some("10.0.0.1:80".into())));
    assert_eq!(net.dialled(), 2);
}

#[test]
fn who_fails_is_followed_at_once() {
    let (outcome, net) =
        outcome([Connect::fails(10, ConnectionRefused), Connect::after(5)], Attempts::default());
    assert_eq!((connect_micros(&outcome), net.dialled()), (15_000, 2));
}

#[test]
fn the_first_to_answer_is_taken_and_what_all_have_sent_again_is_counted() {
    const FIRST: Connect = Connect { after_ms: 300, syn_retransmits: 1, error: None };
    const SECOND: Connect = Connect { after_ms: 100, syn_retransmits: 2, error: None };
    let (outcome, _) = outcome([FIRST, SECOND], Attempts::default());
    assert_eq!((connect_micros(&outcome), peer(&outcome)), (300_000, Some("[::1]:80".into())));
    let syns = outcome.sample(0).connection.and_then(|used| used.syn_retransmits);
    assert_eq!(syns, Some(3));
}

#[test]
fn without_a_delay_one_follows_the_other() {
    let attempts = Attempts { delay: None, limit: None };
    let (outcome, net) = outcome([Connect::fails(1_000, ConnectionRefused), Connect::after(5)], attempts);
    assert_eq!((connect_micros(&outcome), net.dialled()), (1_005_000, 2));
}

#[test]
fn an_address_has_a_limit_of_its_own() {
    let attempts = Attempts { delay: None, limit: Some(Duration::from_millis(100)) };
    let (first, net) = outcome([Connect::after(60_000), Connect::after(5)], attempts);
    assert_eq!((connect_micros(&first), net.dialled()), (105_000, 2));
    let (none, net) = outcome([Connect::after(60_000); 3], attempts);
    assert_eq!((none.sample(0).error, net.dialled()), (Some(ErrorKind::ConnectFailed), 3));
    assert_eq!(connect_micros(&none), 300_000);
}
