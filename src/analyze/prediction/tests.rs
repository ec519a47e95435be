//! From synthetic logs to predictions: what is inferred, when it is a range, what it does not depend on.

use super::*;
use crate::analyze::observed::PhaseCollector;
use crate::model::Moment;
use crate::model::{ConnectionUse, Sample, ServerTimes, Stages, TraceId};
use simulate::{Arriving, Client, Economy, SimulatedServer, simulate};

const FIXED: u64 = 110_000;

/// Costs of 110 ms and an item of 20 to 60.
fn calls(requests: u64) -> Vec<u64> {
    (0..requests).map(|seq| FIXED + 20_000 + crate::model::mix(seq) % 40_000).collect()
}

/// What a server of so many replicas would log for callers with a connection each.
fn before(requests: u64, callers: usize, replicas: usize, reported: bool) -> PhaseData {
    let calls = calls(requests);
    let server =
        SimulatedServer { calls: &calls, economy: Economy::None, replicas, round_trip: 300, spread: None };
    let outcome = simulate(
        server,
        Client { arriving: Arriving::Closed { callers, think: 0 }, connections: callers, batch: 1 },
    );
    let mut ends: Vec<u64> = vec![0; callers];
    let mut samples = Vec::new();
    for (seq, call) in calls.iter().enumerate() {
        // in a closed loop a request is due when the caller who is free first ended the one before it
        let caller = (0..callers).min_by_key(|caller| ends[*caller]).expect("a caller");
        let due = ends[caller];
        ends[caller] = due + outcome.latencies[seq];
        let inside = outcome.latencies[seq] - 300;
        samples.push(sample(seq as u64, due, inside, reported.then_some(*call)));
    }
    let mut collector = PhaseCollector::new(requests, 1);
    samples.iter().for_each(|sample| collector.take(1, sample).expect("in the plan"));
    collector.finish()
}

fn sample(seq: u64, due: u64, inside: u64, compute: Option<u64>) -> Sample {
    let length = |micros| Some(Micros(micros));
    let stages = [length(0), None, None, length(100), None, length(100), length(inside + 50), length(50)];
    let queue = compute.map(|compute| Micros(inside - compute));
    Sample {
        due: Some(Moment::from_micros(due)),
        stages: Stages::from_lengths(stages),
        server: ServerTimes { queue, compute: compute.map(Micros), ..ServerTimes::default() },
        connection: Some(ConnectionUse {
            id: seq,
            reused: false,
            syn_retransmits: Some(0),
            ..ConnectionUse::default()
        }),
        attempts: 1,
        error: None,
        ..Sample::unsent(seq, TraceId(1), None)
    }
}

fn calibration(fixed: Option<f64>) -> Calibration {
    Calibration {
        fixed_ms: fixed,
        item_ms: fixed.map(|fixed| 150.0 - fixed),
        n: 23,
        fixed_ci95_ms: fixed.map(|fixed| [fixed - 1.0, fixed + 1.0]),
        item_ci95_ms: fixed.map(|fixed| [149.0 - fixed, 151.0 - fixed]),
        item_deviation_ms: 11.5,
        noise_ms: Some(0.1),
        call_ms: 150.0,
        round_trip_ms: 0.3,
        service: crate::analyze::document::Service::ServerCompute,
        sizes: Default::default(),
        notes: Vec::new(),
    }
}

fn pool(connections: usize, batch: usize) -> Strategy {
    Strategy { batch, ..Strategy::pool(connections) }
}

fn p95(prediction: &Prediction, connections: usize, batch: usize) -> f64 {
    let wanted = |one: &&Candidate| (one.connections, one.batch) == (connections, batch);
    let found = prediction.candidates.iter().find(wanted).expect("a candidate");
    found.p95_ms.expect("a point")
}

#[test]
fn the_server_is_inferred_from_the_log_alone() {
    for (callers, replicas) in [(64, 8), (20, 3), (16, 1)] {
        let server = predict(&before(600, callers, replicas, true), None, None).server.expect("a server");
        assert_eq!((server.replicas, server.saturated, server.callers), (replicas, true, Some(callers)));
    }
}

#[test]
fn a_server_that_nobody_waits_for_may_have_more_replicas() {
    let prediction = predict(&before(200, 4, 8, true), None, Some(pool(4, 1)));
    let server = prediction.server.expect("a server");
    assert_eq!((server.replicas, server.saturated), (4, false));
    assert!(prediction.assumptions.iter().any(|text| text.contains("or more")));
}

/// Callers out of step, each of whose exchanges waits so long at a server without a limit.
fn below_saturation(callers: u64, queue: u64, wait: impl Fn(u64) -> u64, reported: bool) -> PhaseData {
    let mut ends = vec![0; callers as usize];
    let mut collector = PhaseCollector::new(100, 1);
    for seq in 0..100 {
        let caller = (seq % callers) as usize;
        let wait = wait(seq) + if seq < callers { seq * 300 } else { 0 };
        let mut row = sample(seq, ends[caller], wait, reported.then_some(wait - queue));
        row.server.queue = (queue > 0).then_some(Micros(queue)).or(row.server.queue);
        ends[caller] += row.stages.latency().0;
        collector.take(1, &row).expect("in the plan");
    }
    collector.finish()
}

#[test]
fn where_nothing_shows_a_full_server_no_queue_is_invented() {
    // 10 ms on an idle server, 12 to 14 with eight callers: throughput × service time is 6 of them
    let log = below_saturation(8, 0, |seq| 11_500 + seq % 5 * 500, false);
    let costs = Calibration {
        call_ms: 10.0,
        item_deviation_ms: 0.3,
        service: crate::analyze::document::Service::WarmWait,
        ..calibration(None)
    };
    let prediction = predict(&log, Some(&costs), Some(pool(8, 1)));
    let server = prediction.server.as_ref().expect("a server");
    assert!((5..8).contains(&server.replicas) && !server.saturated, "{server:?}");
    let measured = log.latency().percentile(950).expect("successes").as_millis();
    let predicted = prediction.p95_ms.expect("a point");
    assert!((predicted / measured - 1.0).abs() < 0.1, "{predicted} {measured}");
    assert_eq!(prediction.range, None, "six at a time would have shown a queue: {:?}", prediction.range);
}

/// A server with a header for its queue and none for the rest.
#[test]
fn what_a_server_queues_that_tells_no_more_of_itself_counts_once() {
    let log = below_saturation(8, 3_000, |seq| 11_500 + seq % 5 * 500, false);
    let costs = Calibration {
        call_ms: 10.0,
        item_deviation_ms: 0.3,
        service: crate::analyze::document::Service::WarmWait,
        ..calibration(None)
    };
    let predicted = predict(&log, Some(&costs), Some(pool(8, 1))).p95_ms.expect("a point");
    let measured = log.latency().percentile(950).expect("successes").as_millis();
    assert!((predicted / measured - 1.0).abs() < 0.1, "{predicted} {measured}");
}

#[test]
fn a_line_that_the_log_contradicts_is_none() {
    let log = below_saturation(4, 3_000, |_| 10_000, true);
    let prediction = predict(&log, None, Some(pool(4, 1)));
    let server = prediction.server.as_ref().expect("a server");
    assert!(server.replicas >= 3 && !server.saturated, "{server:?}");
    let (rate, p95) = (prediction.throughput_rps.expect("a point"), prediction.p95_ms.expect("a point"));
    assert!((380.0..410.0).contains(&rate) && (10.0..10.6).contains(&p95), "{rate} {p95}");
}

/// Thirty in a row, each of which is said to queue beside the one before it, then three at the same time, none of which waits.
#[test]
fn a_server_that_would_have_been_slower_than_the_log_is_none() {
    let mut collector = PhaseCollector::new(330, 1).open(true);
    for seq in 0..330 {
        let (start, place) = (seq / 33 * 500_000, seq % 33);
        let (due, inside) = if place < 30 { (place * 10_000, 15_000) } else { (400_000, 10_000) };
        collector.take(1, &sample(seq, start + due, inside, Some(10_000))).expect("in the plan");
    }
    let server = predict(&collector.finish(), None, None).server.expect("a server");
    assert!(
        !server.saturated && server.replicas >= 3,
        "one at a time would have made the three wait: {server:?}"
    );
}

#[test]
fn a_server_that_may_be_as_small_as_was_seen_is_the_slower_end() {
    // eight callers who mostly think, so that hardly more than two are there at once
    let mut ends = [0; 8];
    let mut collector = PhaseCollector::new(400, 1);
    for seq in 0..400 {
        let caller = seq as usize % 8;
        let wait = 10_000 + if seq < 8 { seq * 6_000 } else { 0 };
        let mut row = sample(seq, ends[caller], wait, Some(wait));
        row.server.compute = Some(Micros(10_000));
        ends[caller] += row.stages.latency().0 + 40_000;
        collector.take(1, &row).expect("in the plan");
    }
    let prediction = predict(&collector.finish(), None, Some(pool(8, 1)));
    let server = prediction.server.as_ref().expect("a server");
    assert!(server.replicas < 4 && !server.saturated, "{server:?}");
    let range = prediction.range.as_ref().expect("two ends");
    let p95 = prediction.p95_ms.expect("a point");
    assert!(range.between.starts_with("no request waits") && range.p95_ms[0] == p95, "{range:?}");
    assert!(range.p99_ms[1] > range.p99_ms[0], "all at once at the start: {range:?}");
}

#[test]
fn without_reports_littles_law_gives_the_replicas() {
    for (callers, replicas) in [(64, 8), (20, 3)] {
        let log = before(600, callers, replicas, false);
        let prediction = predict(&log, Some(&calibration(Some(110.0))), Some(pool(replicas, 1)));
        let server = prediction.server.as_ref().expect("a server");
        assert_eq!((server.replicas, server.saturated), (replicas, true));
        let (drawn, reported) = (p95(&prediction, replicas, 1), {
            let log = before(600, callers, replicas, true);
            p95(&predict(&log, Some(&calibration(Some(110.0))), None), replicas, 1)
        });
        assert!((drawn / reported - 1.0).abs() < 0.05, "{drawn} {reported}");
    }
}

#[test]
fn a_calibration_that_is_a_little_off_does_not_add_a_replica() {
    // 6 % too dear, as forty items can be: throughput × service time says 8.5
    let costs = Calibration { call_ms: 160.0, ..calibration(Some(110.0)) };
    let prediction = predict(&before(600, 64, 8, false), Some(&costs), None);
    let server = prediction.server.expect("a server");
    assert_eq!(server.replicas, 8);
    assert!(
        (server.call_ms / 150.0 - 1.0).abs() < 0.02,
        "throughput tells the cost better: {}",
        server.call_ms
    );
}

#[test]
fn stragglers_at_the_end_do_not_hide_a_replica() {
    let mut collector = PhaseCollector::new(600, 1);
    for row in before(600, 64, 8, false).rows() {
        // five requests lost a packet again and again: the run goes on for 14 s without load
        let late = if row.seq() % 120 == 119 { 14_000_000 } else { 0 };
        let due = row.due().expect("sent").as_micros();
        collector.take(1, &sample(row.seq(), due, row.latency().0 - 300 + late, None)).expect("in the plan");
    }
    let prediction = predict(&collector.finish(), Some(&calibration(Some(110.0))), None);
    assert_eq!(prediction.server.map(|server| server.replicas), Some(8));
}

#[test]
fn batches_help_where_there_is_a_fixed_cost_and_hurt_where_there_is_none() {
    let log = before(600, 64, 8, true);
    let helps = predict(&log, Some(&calibration(Some(110.0))), Some(pool(8, 8)));
    assert!(p95(&helps, 8, 8) < 0.5 * p95(&helps, 8, 1));
    assert_eq!(helps.p95_ms, Some(p95(&helps, 8, 8)), "the after phase's own stands in front");
    let hurts = predict(&log, Some(&calibration(Some(0.0))), Some(pool(8, 8)));
    assert!(p95(&hurts, 8, 8) > p95(&hurts, 8, 1));
    assert_eq!(p95(&hurts, 8, 1), p95(&helps, 8, 1), "a request alone costs what it costs");
}

#[test]
fn without_calibrated_batches_a_batch_is_a_range_and_says_so() {
    let log = before(600, 64, 8, true);
    for costs in [None, Some(calibration(None))] {
        let prediction = predict(&log, costs.as_ref(), Some(pool(8, 8)));
        assert_eq!((prediction.p95_ms, prediction.method), (None, Method::Range));
        let [low, high] = prediction.range.as_ref().expect("a range").p95_ms;
        let known = predict(&log, Some(&calibration(Some(110.0))), None);
        assert!(low < p95(&known, 8, 8) && p95(&known, 8, 8) < high, "{low} {high}");
        assert!(prediction.assumptions.iter().any(|text| text.contains("batches are a range")));
        assert!(p95(&prediction, 8, 1) > 0.0, "reuse alone is a point all the same");
    }
}

#[test]
fn without_reports_and_calibration_nothing_is_predicted() {
    let prediction = predict(&before(100, 8, 2, false), None, Some(pool(2, 4)));
    assert_eq!((prediction.p95_ms, prediction.method, prediction.candidates.len()), (None, Method::None, 0));
    assert!(prediction.assumptions[0].contains("nothing is predicted"));
}

#[test]
fn an_empty_log_predicts_nothing() {
    let empty = PhaseCollector::new(100, 2).finish();
    for costs in [None, Some(calibration(Some(110.0)))] {
        let prediction = predict(&empty, costs.as_ref(), Some(pool(2, 4)));
        assert_eq!(prediction.p95_ms, None, "{prediction:?}");
    }
}

#[test]
fn the_measured_phase_changes_nothing_of_the_prediction() {
    let log = before(300, 32, 4, true);
    let prediction = predict(&log, Some(&calibration(Some(110.0))), Some(pool(4, 4)));
    let found = beside(prediction.clone(), &log);
    assert_eq!(found.candidates, prediction.candidates);
    let (measured, error) = found.measured_p95_ms.zip(found.error).expect("measured");
    let predicted = prediction.p95_ms.expect("a point");
    assert!((error - (predicted - measured) / measured).abs() < 1e-4);
    let absent = beside(prediction, &PhaseCollector::new(300, 1).finish());
    assert_eq!((absent.measured_p95_ms, absent.error), (None, None));
}
