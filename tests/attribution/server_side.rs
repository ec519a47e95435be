//! Delays at the server that it tells of, or that stand in the answer.
use spanload::model::ErrorKind;

use super::checks::{Expected, analysed, at_server, check, chosen, injected_share, log_of, samples};
use super::server;
use super::server::Injected;
use crate::simulated::inference::{Costs, Inference};
use crate::simulated::load::Load;

#[test]
fn few_replicas_are_a_server_queue() {
    let server = Inference::new(2, Costs { fixed_ms: 0, item_ms: 20.0, sigma: 1.2 });
    let samples = samples(Load::new(300, 24).pool(24).run(&server.net()));
    let truth = log_of(&server);
    let shares: &[(&[&str], f64)] = &[
        (&["server_queue"], at_server(&samples, &truth, |one| one.queue)),
        (&["compute"], at_server(&samples, &truth, |one| one.compute)),
    ];
    check(&analysed(&samples), &Expected { first: "server_queue", shares, companions: &[] });
}

#[test]
fn dear_items_are_compute() {
    let server = Inference::new(64, Costs { fixed_ms: 5, item_ms: 40.0, sigma: 1.2 });
    let samples = samples(Load::new(300, 6).run(&server.net()));
    let shares: &[(&[&str], f64)] =
        &[(&["compute"], at_server(&samples, &log_of(&server), |one| one.compute))];
    check(&analysed(&samples), &Expected { first: "compute", shares, companions: &[] });
}

#[test]
fn a_full_server_sheds() {
    let server = Inference::limited(1, 2, Costs { fixed_ms: 10, item_ms: 0.0, sigma: 0.0 });
    let samples = samples(Load::new(200, 12).pool(12).run(&server.net()));
    let refused = log_of(&server).values().filter(|one| one.status == 503).count();
    assert!(refused > 10, "the scenario sheds");
    let found = analysed(&samples);
    let first = &found.causes[0];
    assert_eq!(first.cause.name(), "shedding", "{first:#?}");
    assert_eq!(first.evidence.get("refused").and_then(serde_json::Value::as_u64), Some(refused as u64));
    assert_eq!(first.share_of_slowest_lost, Some(1.0), "nothing else is lost, and it is more than 5 %");
    assert_eq!(samples.iter().filter(|one| one.error == Some(ErrorKind::Http5xx)).count(), refused);
}

fn slow_body(seq: u64) -> Injected {
    Injected { compute: 20, body: if chosen(seq) { 300 } else { 0 }, silent: 0 }
}

#[test]
fn a_slow_body_is_a_slow_body() {
    let (net, _) = server::start(slow_body);
    let samples = samples(Load::new(200, 4).pool(4).run(&net));
    let shares: &[(&[&str], f64)] = &[(&["slow_response_body"], injected_share(&samples, 300.0))];
    check(&analysed(&samples), &Expected { first: "slow_response_body", shares, companions: &[] });
}

fn compute_and_body(seq: u64) -> Injected {
    let dear = chosen(seq);
    Injected { compute: if dear { 320 } else { 20 }, body: if dear { 200 } else { 0 }, silent: 0 }
}

#[test]
fn two_causes_keep_their_proportion() {
    let (net, _) = server::start(compute_and_body);
    let samples = samples(Load::new(200, 4).run(&net));
    let shares: &[(&[&str], f64)] = &[
        (&["compute"], injected_share(&samples, 300.0)),
        (&["slow_response_body"], injected_share(&samples, 200.0)),
    ];
    check(&analysed(&samples), &Expected { first: "compute", shares, companions: &[] });
}
