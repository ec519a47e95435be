//! The simulation against closed forms, and what must hold whatever the costs.

use proptest::prelude::*;

use super::*;

fn server(calls: &[u64], replicas: usize) -> SimulatedServer<'_> {
    SimulatedServer { calls, economy: Economy::Fixed(0), replicas, round_trip: 0, spread: None }
}

fn client(callers: usize, connections: usize, batch: usize) -> Client<'static> {
    Client { arriving: Arriving::Closed { callers, think: 0 }, connections, batch }
}

fn mean(outcome: &Outcome) -> f64 {
    outcome.latencies.iter().sum::<u64>() as f64 / outcome.latencies.len() as f64
}

/// When each request ended: in a closed loop it was due when the k-th one before it had.
fn ends(outcome: &Outcome, callers: usize) -> Vec<u64> {
    let mut free: BinaryHeap<Reverse<u64>> = std::iter::repeat_n(Reverse(0), callers).collect();
    let end = |latency: &u64| {
        let end = free.pop().expect("as many as there are callers").0 + latency;
        free.push(Reverse(end));
        end
    };
    outcome.latencies.iter().map(end).collect()
}

/// Costs that vary and are known.
fn varied(requests: u64) -> Vec<u64> {
    (0..requests).map(|seq| 50_000 + crate::model::mix(seq) % 200_000).collect()
}

#[test]
fn without_a_queue_a_request_takes_its_service_time_and_the_round_trip() {
    let calls = varied(500);
    let outcome = simulate(SimulatedServer { round_trip: 301, ..server(&calls, 8) }, client(4, 4, 1));
    let expected: Vec<u64> = calls.iter().map(|call| call + 301).collect();
    assert_eq!(outcome.latencies, expected);
}

#[test]
fn a_saturated_closed_loop_obeys_littles_law() {
    let calls = varied(6_000);
    let outcome = simulate(server(&calls, 8), client(64, 8, 1));
    let throughput = 6_000.0 / outcome.end as f64;
    let law = 64.0 / throughput;
    let service = calls.iter().sum::<u64>() as f64 / 6_000.0;
    // the closed loop fills at the start and runs dry at the end: one round of 94 each
    assert!((mean(&outcome) / law - 1.0).abs() < 0.015, "{} {law}", mean(&outcome));
    assert!((throughput * service / 8.0 - 1.0).abs() < 0.015, "all replicas are busy");
}

#[test]
fn what_callers_wait_takes_load_off_the_server_and_is_no_latency() {
    let calls = vec![100; 1_000];
    let alone = simulate(
        server(&calls, 8),
        Client { arriving: Arriving::Closed { callers: 8, think: 900 }, ..client(8, 8, 1) },
    );
    assert!(alone.latencies.iter().all(|latency| *latency == 100), "{:?}", alone.latencies);
    assert_eq!(alone.end, 125 * 100 + 124 * 900);
    let calls = varied(6_000);
    let full = simulate(
        server(&calls, 8),
        Client { arriving: Arriving::Closed { callers: 64, think: 300_000 }, ..client(64, 8, 1) },
    );
    let law = 64.0 / (6_000.0 / full.end as f64) - 300_000.0;
    assert!((mean(&full) / law - 1.0).abs() < 0.03, "N = X (R + Z): {} {law}", mean(&full));
}

#[test]
fn equal_costs_give_the_closed_form_exactly() {
    let calls = vec![150_000; 800];
    let outcome = simulate(server(&calls, 8), client(64, 8, 1));
    assert_eq!(outcome.end, 800 / 8 * 150_000);
    assert_eq!(outcome.latencies[400], 64 / 8 * 150_000);
}

#[test]
fn batches_share_the_fixed_part() {
    let calls = vec![150_000; 640];
    let shared = SimulatedServer { economy: Economy::Fixed(110_000), ..server(&calls, 8) };
    let outcome = simulate(shared, client(64, 8, 8));
    assert!(outcome.latencies.iter().all(|latency| *latency == 110_000 + 8 * 40_000), "{outcome:?}");
    let free = SimulatedServer { economy: Economy::Free, ..shared };
    assert_eq!(simulate(free, client(64, 8, 8)).latencies[0], 150_000);
    let none = SimulatedServer { economy: Economy::None, ..shared };
    assert_eq!(simulate(none, client(64, 8, 8)).latencies[0], 8 * 150_000);
}

#[test]
fn free_connections_share_what_waits() {
    let calls = vec![150_000; 12];
    let shared = SimulatedServer { economy: Economy::Fixed(110_000), ..server(&calls, 4) };
    let outcome = simulate(shared, client(12, 4, 8));
    assert!(outcome.latencies.iter().all(|latency| *latency == 110_000 + 3 * 40_000), "{outcome:?}");
}

#[test]
fn connections_beyond_the_replicas_wait_in_the_server() {
    let calls = vec![100_000; 400];
    let outcome = simulate(server(&calls, 2), client(8, 8, 1));
    assert_eq!(outcome.latencies[200], 8 / 2 * 100_000);
    let fewer = simulate(server(&calls, 8), client(8, 2, 1));
    assert_eq!(fewer.latencies, outcome.latencies, "two connections are as good as two replicas");
}

#[test]
fn the_end_of_a_run_is_no_hang() {
    let calls = varied(5);
    let outcome = simulate(server(&calls, 3), client(64, 8, 8));
    assert_eq!(outcome.latencies.len(), 5);
    assert!(simulate(server(&[], 3), client(64, 8, 8)).latencies.is_empty());
}

#[test]
fn a_spread_moves_costs_by_one_percent_at_most() {
    let calls = varied(500);
    let run = |spread| simulate(SimulatedServer { spread, ..server(&calls, 8) }, client(4, 4, 1)).latencies;
    let (one, other) = (run(Some(1)), run(Some(2)));
    assert_ne!(one, other);
    assert_eq!(one, run(Some(1)), "the same seed, the same outcome");
    for (latency, call) in one.iter().zip(&calls) {
        assert!(latency.abs_diff(*call) <= call / 100 + 1, "{latency} {call}");
    }
}

fn costs() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(1_u64..100_000, 1..200)
}

proptest! {
    #[test]
    fn the_same_input_gives_the_same_outcome(
        calls in costs(), callers in 1_usize..40, connections in 1_usize..12, batch in 1_usize..9,
    ) {
        let run = || simulate(server(&calls, 4), client(callers, connections, batch));
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn more_replicas_never_end_a_request_later(
        calls in costs(), callers in 1_usize..40, replicas in 1_usize..10,
    ) {
        // The end, not the latency: a request that is due earlier may wait longer. Without batches and with a
        // connection a caller it follows by induction: the k-th end makes the next request due.
        let run = |replicas| ends(&simulate(server(&calls, replicas), client(callers, callers, 1)), callers);
        for (more, fewer) in run(replicas + 1).iter().zip(&run(replicas)) {
            prop_assert!(more <= fewer);
        }
    }

    #[test]
    fn the_callers_in_flight_are_conserved(
        calls in costs(), callers in 1_usize..40, connections in 1_usize..12, batch in 1_usize..9,
    ) {
        let server = SimulatedServer { economy: Economy::Fixed(20_000), round_trip: 7, ..server(&calls, 3) };
        let outcome = simulate(server, client(callers, connections, batch));
        // In a closed loop of C the sum of all latencies is C × the time in which all C are at work; only
        // at the end do callers find nothing to send.
        let sum: u64 = outcome.latencies.iter().sum();
        let longest = outcome.latencies.iter().copied().max().unwrap_or_default();
        let in_flight = callers.min(calls.len()) as u64;
        prop_assert!(sum <= in_flight * outcome.end);
        prop_assert!(sum + in_flight * longest >= in_flight * outcome.end);
        for (seq, call) in calls.iter().enumerate() {
            prop_assert!(outcome.latencies[seq] >= *call + 7, "{seq} ended before it was computed");
        }
    }

    #[test]
    fn a_batch_costs_between_its_dearest_member_and_all_of_them(
        calls in prop::collection::vec(1_u64..100_000, 1..9), fixed in 0_u64..100_000,
    ) {
        let cost = |economy| SimulatedServer { economy, ..server(&calls, 1) }.cost(0..calls.len());
        prop_assert!(cost(Economy::Free) <= cost(Economy::Fixed(fixed)));
        prop_assert!(cost(Economy::Fixed(fixed)) <= cost(Economy::None));
        prop_assert_eq!(cost(Economy::Fixed(0)), cost(Economy::None));
    }
}

/// An M/D/1 queue by hand: each waits for what is left of those before it.
#[test]
fn arrivals_that_wait_for_nobody_queue_as_lindley_says() {
    let calls = vec![10_000; 400];
    let dues: Vec<u64> = (0..400).map(|seq| seq * 9_000 + crate::model::mix(seq) % 6_000).collect();
    let client = Client { arriving: Arriving::Open(&dues), connections: 400, batch: 1 };
    let outcome = simulate(server(&calls, 1), client);
    let mut free = 0;
    let expected: Vec<u64> = dues
        .iter()
        .map(|due| {
            free = free.max(*due) + 10_000;
            free - due
        })
        .collect();
    assert_eq!((outcome.latencies, outcome.end), (expected, free));
    let few = Client { connections: 2, batch: 4, ..client };
    let free = SimulatedServer { economy: Economy::Free, ..server(&calls, 1) };
    let latest = simulate(free, few).latencies.into_iter().max();
    assert!(latest.is_some_and(|latest| latest < 30_000), "a batch costs no more than one: {latest:?}");
}
