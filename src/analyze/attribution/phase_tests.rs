//! Whole phases: what is found, what adds up, what must not panic.

use proptest::option::of;
use proptest::prelude::*;

use super::context::Context;
use super::testing::{Row, phase, told};
use super::*;
use crate::analyze::document::{
    Cause, CauseFinding, Contribution, PhaseAnalysis, ReuseBuys, Table, TableKey,
};
use crate::analyze::document::{Prediction, ServerFigures};
use crate::model::{ErrorKind, Micros, Moment, Stage};

fn analysed(rows: &[Row]) -> PhaseAnalysis {
    attribute(&phase(rows), &ClientHealth::default())
}

/// Ninety ordinary requests and ten of another kind.
fn mixture(other: impl Fn(u64) -> Row) -> Vec<Row> {
    (0..100).map(|seq| if seq < 90 { told(112 + seq % 7) } else { other(seq) }).collect()
}

#[test]
fn the_tail_and_the_middle_are_the_stated_ranks() {
    let rows: Vec<Row> = (1..=100).map(|latency| Row::new().stage(Stage::Wait, latency)).collect();
    let tail = analysed(&rows).tail;
    assert_eq!((tail.threshold_ms, tail.n, tail.mean_ms), (Some(95.0), 6, Some(97.5)), "95 to 100");
    assert_eq!((tail.middle_n, tail.middle_mean_ms), (11, Some(50.0)), "45 to 55");
}

#[test]
fn what_only_the_tail_has_comes_first() {
    let found = analysed(&mixture(|_| told(115).syn(1).stage(Stage::Connect, 1_002)));
    let first = &found.causes[0];
    assert_eq!(first.cause, Cause::SynRetransmission);
    assert!(first.share_of_tail_excess.is_some_and(|share| (0.98..1.02).contains(&share)), "{first:?}");
    let number = |name: &'static str| first.evidence.get(name).and_then(serde_json::Value::as_u64);
    assert_eq!((number("connections"), number("of_connections")), (Some(10), Some(100)));
    assert!(first.explanation.contains("10 of 100"), "{}", first.explanation);
}

#[test]
fn only_what_was_sent_again_on_kept_connections_is_counted_there() {
    let kept = |seq: u64| {
        let row = told(412).stage(Stage::Connect, 0).reused();
        row.retransmits(u32::from(seq.is_multiple_of(2)))
    };
    let with_probes = |seq: u64| if seq < 20 { told(112).retransmits(1) } else { told(112 + seq % 7) };
    let rows: Vec<Row> = (0..90).map(with_probes).chain((0..10).map(kept)).collect();
    let found = analysed(&rows);
    let network = found.causes.iter().find(|one| one.cause == Cause::NetworkRoundTrip).expect("it weighs");
    let again = network.evidence.get("retransmitted_on_kept_connections").and_then(serde_json::Value::as_u64);
    assert_eq!(again, Some(5), "{network:?}");
}

#[test]
fn the_excess_is_signed() {
    let found = analysed(&mixture(|_| told(12).server(0, 2).stage(Stage::Receive, 1_000)));
    let share = |cause| {
        found.tail.excess_causes.get(cause).and_then(|part: &Contribution| part.share).expect("a share")
    };
    assert!(share(Cause::Compute) < -0.05, "{:?}", found.tail.excess_causes);
    assert!(share(Cause::SlowResponseBody) > 1.05);
    assert_eq!(found.causes.last().map(|last| last.cause), Some(Cause::Compute));
}

#[test]
fn refused_requests_outrank_what_takes_time() {
    let refused = || Row::new().stage(Stage::Wait, 1).failed(Some(503), ErrorKind::Http5xx);
    let found = analysed(&mixture(|_| refused()));
    assert_eq!(found.causes[0].cause, Cause::Shedding);
    assert_eq!(found.causes[0].share_of_slowest_lost, Some(1.0), "10 of 100 are more than the slowest 5");
    assert_eq!(
        (found.tail.failed_above, found.failures.get(ErrorKind::Http5xx).map(|one| one.n)),
        (10, Some(10))
    );
    let broken = analysed(&mixture(|_| Row::new().failed(Some(500), ErrorKind::Http5xx)));
    assert_ne!(broken.causes[0].cause, Cause::Shedding, "a 500 is no shedding");
}

#[test]
fn a_timeout_counts_for_what_it_waited_for() {
    let found = analysed(&mixture(|_| {
        Row::new().stage(Stage::Connect, 1_400).syn(1).failed(None, ErrorKind::Timeout)
    }));
    assert_eq!(found.causes[0].cause, Cause::SynRetransmission);
    assert_eq!(found.failures.get(ErrorKind::Timeout).map(|one| one.mostly), Some(Cause::SynRetransmission));
}

/// A closed loop of callers who each wait for `latency`, of which the server computes `compute`.
fn closed_loop(callers: u64, latency: u64, compute: u64) -> Vec<Row> {
    thinking_loop(callers, latency, compute, 0)
}

/// The same with callers who wait for `think` before their next request.
fn thinking_loop(callers: u64, latency: u64, compute: u64, think: u64) -> Vec<Row> {
    let rounds = 0..20;
    let turn = latency / callers;
    rounds
        .flat_map(|round| (0..callers).map(move |caller| (round, caller)))
        .map(|(round, caller)| {
            // Callers are out of step from their first request on.
            let first = turn * (caller + 1);
            let later = |round: u64| first + think + (latency + think) * (round - 1);
            let (due, wait) = if round == 0 { (0, first) } else { (later(round), latency) };
            Row::new()
                .due(due)
                .stage(Stage::Wait, wait)
                .server(wait.saturating_sub(compute), compute.min(wait))
        })
        .collect()
}

#[test]
fn saturation_needs_a_busy_server_not_only_littles_law() {
    let full = analysed(&closed_loop(8, 800, 200)).saturation.expect("a closed loop");
    assert_eq!((full.saturated, full.callers), (Some(true), 8), "{full:?}");
    assert!(full.explanation.contains("only more throughput per call"), "{}", full.explanation);
    let idle = analysed(&closed_loop(2, 800, 800)).saturation.expect("a closed loop");
    assert_eq!(idle.saturated, Some(false), "two callers, two at once: nobody waits {idle:?}");
    let untold: Vec<Row> = (0..8).map(|seq| Row::new().due(100 * seq).stage(Stage::Wait, 100)).collect();
    assert_eq!(analysed(&untold).saturation.expect("a closed loop").saturated, None);
    let open: Vec<Row> = (0..50).map(|seq| Row::new().due(seq * 17).stage(Stage::Wait, 100)).collect();
    assert!(analysed(&open).saturation.is_none(), "open load has no number of callers");
}

#[test]
fn what_callers_wait_between_two_requests_is_counted_by_littles_law() {
    let found = analysed(&thinking_loop(8, 800, 800, 1_600)).saturation.expect("a closed loop");
    assert_eq!((found.callers, found.think_ms), (8, Some(1_600.0)), "{found:?}");
    let (law, mean) = (found.callers_over_throughput_ms, found.mean_latency_ms);
    assert!((law + 1_600.0) / (mean + 1_600.0) < 1.15 && law < 1_200.0, "{found:?}");
    assert_eq!(found.saturated, Some(false), "{found:?}");
    assert!(found.explanation.contains("1600 ms between an answer and the next request"), "{found:?}");
}

/// Eight callers over so many kept connections, in order; each exchange is computed for 200 ms.
fn pool_of(connections: u64, round_trip: u64) -> Vec<Row> {
    let (callers, length) = (8, 200 + round_trip);
    let start = |seq: u64| seq / connections * length;
    let row = |seq: u64| {
        let due = if seq < callers { 0 } else { start(seq - callers) + length };
        let row = Row::new().due(due).stage(Stage::Queue, start(seq) - due).stage(Stage::Wait, length);
        row.server(0, 200).reused()
    };
    (0..160).map(row).collect()
}

/// A server that was seen to compute two exchanges at a time, with its queue full or not.
fn of_two(saturated: bool) -> Outlook {
    let server =
        ServerFigures { replicas: 2, saturated, callers: Some(8), call_ms: 200.0, round_trip_ms: 0.1 };
    Outlook::of(&Prediction { server: Some(server), ..Prediction::default() })
}

#[test]
fn a_full_server_whose_queue_stands_in_the_client_is_saturated_or_cannot_be_told_never_idle() {
    let with = |rows: &[Row], outlook: &Outlook| {
        let found = attribute_with(&phase(rows), &ClientHealth::default(), outlook);
        found.saturation.expect("a closed loop")
    };
    let full = with(&pool_of(2, 0), &of_two(true));
    assert_eq!((full.saturated, full.somebody_waits), (Some(true), Some(0.0)), "{full:?}");
    assert!(full.explanation.contains("the 2 exchanges that it computes"), "{}", full.explanation);
    let far = with(&pool_of(2, 100), &of_two(true));
    assert_eq!((far.saturated, far.replicas_busy), (None, Some(0.6667)), "more connections help: {far:?}");
    for outlook in [Outlook::default(), of_two(false)] {
        let untold = with(&pool_of(2, 0), &outlook);
        assert_eq!(untold.saturated, None, "{untold:?}");
        assert!(untold.explanation.contains("cannot be told from this phase"), "{}", untold.explanation);
        assert!(!untold.explanation.contains("not what limits"), "{}", untold.explanation);
    }
    let more = with(&pool_of(4, 0), &of_two(true));
    assert_eq!(
        (more.saturated, more.replicas),
        (None, None),
        "four at a time where two were thought: {more:?}"
    );
    let open = with(&pool_of(8, 0), &Outlook::default());
    assert_eq!(open.saturated, Some(false), "all callers are at the server and none waits: {open:?}");
}

#[test]
fn what_takes_next_to_no_time_is_no_cause() {
    let rows: Vec<Row> = (0..100).map(|seq| told(112 + seq / 9 * 100)).collect();
    let found = analysed(&rows);
    assert!(found.tail.excess_causes.get(Cause::NetworkRoundTrip).is_some(), "the sums have it");
    let tail = |cause: Cause| found.tail.causes.get(cause).map_or(0.0, |part| part.mean_ms);
    let weighs = |cause: &CauseFinding| {
        tail(cause.cause) >= 0.1 || cause.share_of_tail_excess.is_some_and(|share| share.abs() >= 0.001)
    };
    assert!(found.causes.iter().all(weighs), "{:#?}", found.causes);
    let short: Vec<Row> = rows.into_iter().map(|row| row.stage(Stage::Connect, 0)).collect();
    let found = analysed(&short);
    assert!(found.causes.iter().all(|one| one.cause != Cause::ConnectionSetup), "{:#?}", found.causes);
    let json = serde_json::to_string(&found).expect("JSON");
    assert!(!json.contains("-0.0,") && !json.contains("-0.0}"), "{json}");
}

#[test]
fn a_saturated_server_without_lost_packets_makes_reuse_useless() {
    let accept =
        |rows: Vec<Row>| rows.into_iter().map(|row| row.stage(Stage::Connect, 0)).collect::<Vec<_>>();
    let reuse = analysed(&accept(closed_loop(8, 800, 200))).reuse.expect("new connections");
    assert_eq!(reuse.buys, ReuseBuys::Nothing);
    assert!(reuse.explanation.contains("reuse buys nothing") && reuse.explanation.contains("8 callers"));
    let kept: Vec<Row> = closed_loop(8, 800, 200).into_iter().map(Row::reused).collect();
    assert!(analysed(&kept).reuse.is_none());
}

#[test]
fn phases_with_nothing_to_compare_are_empty_not_wrong() {
    for rows in [vec![], vec![Row::new().failed(None, ErrorKind::Reset)]] {
        let found = analysed(&rows);
        assert_eq!((found.succeeded, found.tail.n, found.tail.mean_ms), (0, 0, None));
        assert!(found.causes.iter().all(|cause| cause.cause == Cause::Failure), "{:?}", found.causes);
        assert_eq!(
            (found.causes.len(), found.saturation.is_none(), found.reuse.is_none()),
            (rows.len(), true, true)
        );
    }
    let one = analysed(&[told(112)]);
    assert_eq!((one.tail.n, one.tail.middle_n), (1, 1));
    assert!(one.causes.iter().all(|cause| cause.share_of_tail_excess.is_none()), "no excess to share");
    let unsent = Row::new().failed(None, ErrorKind::Unsent);
    assert_eq!(analysed(&[unsent]).failures.0.len(), 0);
}

prop_compose! {
    fn any_row()(
        (due, lengths) in (0..5_000_u64, prop::array::uniform8(of(0..3_000_u64))),
        server in of((0..3_000_u64, 0..3_000_u64)),
        (reused, syn, again) in (any::<bool>(), 0..3_u32, 0..40_u32),
        (kernel, batch) in (any::<bool>(), of((0..5_u64, 1..4_u32))),
        failed in prop::sample::select(vec![None, None, None, Some(None), Some(Some(503))]),
    ) -> Row {
        let mut row = Row::new().due(due).syn(syn).retransmits(again);
        for (stage, length) in Stage::ALL.into_iter().zip(lengths) {
            row = length.map_or(row.clone(), |length| row.stage(stage, length));
        }
        row = server.map_or(row.clone(), |(queue, compute)| row.server(queue, compute));
        row = batch.map_or(row.clone(), |(id, size)| row.batch(id, size));
        row = failed.map_or(row.clone(), |status| row.failed(status, ErrorKind::Timeout));
        row = if reused { row.reused() } else { row };
        if kernel { row } else { row.no_kernel_evidence() }
    }
}

fn adds_up<K: TableKey + std::fmt::Debug>(
    table: &Table<K, Contribution>,
    whole: f64,
) -> Result<(), TestCaseError> {
    let means: f64 = table.0.iter().map(|(_, part)| part.mean_ms).sum();
    prop_assert!((means - whole).abs() < 0.02, "{means} is not {whole}: {table:?}");
    let shares: Vec<f64> = table.0.iter().filter_map(|(_, part)| part.share).collect();
    if !shares.is_empty() && whole.abs() > 0.1 {
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 2e-5, "{shares:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_microsecond_has_one_cause(rows in prop::collection::vec(any_row(), 1..60), stall in 0..4_000_u64) {
        let phase = phase(&rows);
        let stall =
            ClientStall { repetition: 1, from: Moment::from_micros(stall * 1_000), length: Micros(700_000) };
        let health = ClientHealth::new(vec![stall]);
        let context = Context::new(&phase, &health);
        for (index, row) in phase.rows().iter().enumerate() {
            let sum: Micros = context.split(index).parts().map(|(_, length)| length).sum();
            prop_assert_eq!(sum, row.latency());
        }
    }

    #[test]
    fn parts_add_up_by_stage_and_by_cause(rows in prop::collection::vec(any_row(), 0..120)) {
        let found = analysed(&rows);
        let tail = found.tail.mean_ms.unwrap_or(0.0);
        let excess = tail - found.tail.middle_mean_ms.unwrap_or(0.0);
        adds_up(&found.causes_of_all, found.mean_ms.unwrap_or(0.0))?;
        adds_up(&found.tail.stages, tail)?;
        adds_up(&found.tail.causes, tail)?;
        adds_up(&found.tail.excess, excess)?;
        adds_up(&found.tail.excess_causes, excess)?;
        let shares: Vec<f64> = found.causes.iter().filter_map(|cause| cause.share_of_tail_excess).collect();
        let listed = |cause: Cause| found.causes.iter().any(|one| one.cause == cause);
        let rest = found.tail.excess_causes.0.iter().filter(|(cause, _)| !listed(*cause));
        let rest: Vec<f64> = rest.filter_map(|(_, part)| part.share).collect();
        prop_assert!(rest.iter().all(|share| share.abs() < 1e-3), "what is not listed weighs nothing: {rest:?}");
        let off = (shares.iter().chain(&rest).sum::<f64>() - 1.0).abs();
        prop_assert!(shares.len() + rest.len() == 0 || off < 2e-5 || excess.abs() < 0.1, "{shares:?}");
        let again = serde_json::to_string(&analysed(&rows)).expect("JSON");
        prop_assert_eq!(serde_json::to_string(&found).expect("JSON"), again);
    }
}

#[test]
fn what_broke_stays_among_the_causes_and_comes_first_where_the_slowest_have_no_answer() {
    let rows = |failed: usize| {
        let slow = |at: usize| {
            Row::new()
                .stage(Stage::Connect, if at.is_multiple_of(10) { 900 } else { 1 })
                .syn(u32::from(at.is_multiple_of(10)))
        };
        let broken = Row::new().failed(Some(500), ErrorKind::Http5xx).stage(Stage::Wait, 3);
        let mut rows: Vec<Row> = (0..100 - failed).map(|at| slow(at).stage(Stage::Wait, 10)).collect();
        rows.extend(vec![broken; failed]);
        analysed(&rows).causes
    };
    let few = rows(2);
    assert_eq!(few[0].cause, Cause::SynRetransmission);
    let failure = few.last().expect("causes");
    assert_eq!((failure.cause, failure.share_of_slowest_lost), (Cause::Failure, Some(0.4)));
    assert!(failure.explanation.contains("2 × http_5xx"), "{}", failure.explanation);
    assert_eq!(rows(30)[0].cause, Cause::Failure);
}

#[test]
fn a_client_that_is_late_by_less_than_a_timers_grain_is_no_cause_of_short_requests() {
    let named = |late_us: u64, wait: u64| {
        let late = |at: u64| if at.is_multiple_of(10) { late_us } else { 0 };
        let row = |at: u64| Row::new().due(at * 100).stage(Stage::Wait, wait).micros(Stage::Queue, late(at));
        let causes = analysed(&(0..100).map(row).collect::<Vec<_>>()).causes;
        causes.iter().any(|cause| cause.cause == Cause::ClientQueueScheduler)
    };
    assert_eq!([named(500, 2), named(1_500, 2), named(500, 20)], [false, true, true]);
}

#[test]
fn where_the_slowest_are_hardly_slower_no_remedy_is_given() {
    let late = |queue: u64| {
        let row = |at: u64| {
            let queue = if at.is_multiple_of(10) { queue } else { 0 };
            Row::new().due(at * 100).stage(Stage::Queue, queue).stage(Stage::Wait, 12)
        };
        analysed(&(0..100).map(row).collect::<Vec<_>>())
    };
    let remedy = |found: &PhaseAnalysis, cause| {
        let of = found.causes.iter().find(|one| one.cause == cause);
        of.map(|one| one.remedy.clone()).expect("it is among the causes")
    };
    let (little, much) = (late(1), late(30));
    let [none, some] = [&little, &much].map(|found| remedy(found, Cause::ClientQueueScheduler));
    assert!(little.has_no_tail() && none.starts_with("none: the slowest"), "{none}");
    assert!(!much.has_no_tail() && some.contains("processor time"), "{some}");
    let of_all = remedy(&little, Cause::Unexplained);
    assert_eq!(of_all, "none before the cause is known", "most of the middle too");
}

#[test]
fn who_ran_out_of_time_while_it_waited_has_a_remedy() {
    let found = analysed(&mixture(|_| Row::new().stage(Stage::Wait, 900).failed(None, ErrorKind::Timeout)));
    let first = &found.causes[0];
    assert_eq!((first.cause, first.share_of_slowest_lost), (Cause::Unexplained, Some(1.0)));
    assert!(
        first.remedy.contains("--timeout") && first.explanation.starts_with("10 requests ran out of time")
    );
}
