//! What is predicted from the before phase and the calibration, against what the after phase brings: on a simulated server in
//! paused time, where nothing but the model can be off, and through the command line, where it must be pure.
mod command;
mod server;

use serde_json::Value;
use server::{Predicted, Variation};
use spanload::analyze::prediction::Method;

/// How far a predicted P95 may be from the measured one. Which item goes with which is all that the model cannot know.
const AIM: f64 = 0.02;

/// Costs of 44 + 16 ms, before a backlog that loses no connection.
fn scaled() -> Variation {
    Variation {
        requests: 300,
        callers: 64,
        replicas: 8,
        fixed_ms: 44,
        item_ms: 16.0,
        backlog: 128,
        pool: 8,
        batch: 8,
    }
}

/// The default scenario's own figures.
fn full() -> Variation {
    Variation { requests: 600, fixed_ms: 110, item_ms: 40.0, backlog: 32, ..scaled() }
}

#[track_caller]
fn within_the_aim(variation: Variation) -> Predicted {
    let predicted = variation.run();
    let prediction = &predicted.prediction;
    let error = prediction.error.expect("both are there");
    assert!(error.abs() <= AIM, "{variation:?}: {prediction:#?}");
    predicted
}

#[test]
fn default_shape() {
    let predicted = within_the_aim(scaled());
    let server = predicted.prediction.server.as_ref().expect("it was inferred");
    assert_eq!((server.replicas, server.saturated, server.callers), (8, true, Some(64)));
    let calibration = &predicted.calibration;
    assert_eq!(calibration.n, 23, "an exchange counts once, however many rows it has");
    let fixed = calibration.fixed_ms.expect("batches tell it");
    assert!((fixed - 44.0).abs() < 0.6, "costs are whole milliseconds: {fixed}");
    let silent = variation_of_a_silent_server(&scaled());
    assert_eq!(silent.prediction.server.as_ref().map(|server| server.replicas), Some(8));
}

/// The same where the server reports nothing.
#[track_caller]
fn variation_of_a_silent_server(variation: &Variation) -> Predicted {
    let predicted = variation.run_silent();
    let error = predicted.prediction.error.expect("both are there");
    assert!(error.abs() <= AIM, "{variation:?}: {:#?}", predicted.prediction);
    predicted
}

#[test]
fn half_the_replicas() {
    let half = Variation { replicas: 4, callers: 32, pool: 4, ..scaled() };
    let predicted = within_the_aim(half);
    assert_eq!(predicted.prediction.server.map(|server| server.replicas), Some(4));
    variation_of_a_silent_server(&half);
}

#[test]
fn without_a_fixed_cost_batches_are_predicted_to_hurt_and_do() {
    let batches = Variation { fixed_ms: 0, item_ms: 60.0, ..scaled() };
    let hurt = within_the_aim(batches);
    let reuse = within_the_aim(Variation { batch: 1, ..batches });
    let [batched, single] = [8, 1].map(|batch| hurt.candidate_p95_ms(8, batch));
    assert!(batched > 1.05 * single, "{batched} and {single}");
    assert!(hurt.prediction.measured_p95_ms > reuse.prediction.measured_p95_ms);
    // Items differ several times over: forty of them do not tell whether eight or ten are computed at a time. A server that
    // reports nothing leaves only the range.
    let silent = batches.run_silent().prediction;
    let range = silent.range.as_ref().expect("batches go out").p95_ms;
    let measured = silent.measured_p95_ms.expect("it was measured");
    println!("{measured} in {range:?}");
    assert!(range[0] <= measured * (1.0 + AIM) && measured * (1.0 - AIM) <= range[1], "{silent:#?}");
}

#[test]
fn other_costs_smaller_batches() {
    let other =
        Variation { fixed_ms: 60, item_ms: 10.0, replicas: 6, callers: 48, pool: 6, batch: 4, ..scaled() };
    within_the_aim(other);
    variation_of_a_silent_server(&other);
}

#[test]
fn reuse_alone() {
    let predicted = within_the_aim(Variation { batch: 1, ..scaled() });
    // With single calls alone, what a batch saves is not known.
    assert_eq!(predicted.calibration.fixed_ms, None);
    let batched = predicted.candidate(8, 8);
    assert_eq!((batched.method, batched.p95_ms), (Method::Range, None));
    let range = batched.range.as_ref().expect("two ends").p95_ms;
    assert!(range[0] < range[1], "{range:?}");
}

#[test]
fn more_connections_than_replicas() {
    within_the_aim(Variation { replicas: 4, pool: 12, batch: 4, ..scaled() });
}

#[test]
fn below_saturation() {
    let predicted = within_the_aim(Variation { callers: 4, requests: 100, pool: 4, batch: 4, ..scaled() });
    let server = predicted.prediction.server.expect("it was inferred");
    assert_eq!((server.replicas, server.saturated), (4, false), "no more show");
}

/// Lost connections and all.
#[test]
fn full_size() {
    let variations = [
        full(),
        Variation { batch: 1, ..full() },
        Variation { batch: 4, ..full() },
        Variation { fixed_ms: 0, item_ms: 150.0, ..full() },
        Variation { fixed_ms: 0, item_ms: 150.0, batch: 1, ..full() },
        Variation { backlog: 64, ..full() },
        Variation { replicas: 4, callers: 40, pool: 4, ..full() },
        Variation { callers: 100, requests: 1_200, batch: 16, ..full() },
    ];
    for variation in variations {
        let predicted = within_the_aim(variation);
        assert_eq!(predicted.lost_syns > 0, variation.loses_connections(), "{variation:?}");
    }
}

fn figure(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}
