//! Searches on servers that do what a test tells them, in time that stands still.

use std::time::Duration;

use super::*;
use crate::scenario::{Overrides, load_open};

/// How long a measurement takes.
const EACH: Duration = Duration::from_secs(10);

/// Holds up to a rate in each phase; the client is late above one of its own.
struct Scripted {
    holds: [f64; 2],
    client: f64,
    /// Stops before so many measurements.
    stops_at: usize,
    made: Vec<(Phase, u32, u32, f64)>,
}

impl Scripted {
    fn new(before: f64, after: f64) -> Self {
        Scripted { holds: [before, after], client: f64::MAX, stops_at: usize::MAX, made: Vec::new() }
    }
}

impl Measuring for Scripted {
    async fn measure(&mut self, at: AtRate) -> anyhow::Result<Option<RateMeasured>> {
        tokio::time::sleep(EACH).await;
        self.made.push((at.phase, at.pattern, at.repetition, at.rate));
        let client_late = at.rate > self.client;
        let holds = at.rate <= self.holds[at.phase as usize] && !client_late;
        let measured = RateMeasured {
            phase: at.phase,
            repetition: at.repetition,
            pattern: at.pattern,
            rate_rps: at.rate,
            requests: 200,
            succeeded: 200,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            achieved_rps: None,
            goodput_rps: None,
            overloaded: false,
            client_late,
            holds,
            valid: holds || !client_late,
            server_idle: None,
        };
        Ok((!self.stopped()).then_some(measured))
    }

    fn stopped(&self) -> bool {
        self.made.len() >= self.stops_at
    }
}

fn job(patterns: u32, time: Duration) -> CapacityJob {
    let settings = load_open("scenarios/default.toml".as_ref(), &Overrides::default());
    CapacityJob {
        settings: settings.expect("a closed loop can be searched"),
        out: "results".into(),
        each: EACH,
        patterns,
        precision: 1.05,
        time,
        least: None,
        quiet: true,
        command: Vec::new(),
    }
}

const LONG: Duration = Duration::from_secs(100_000);

/// The phases and patterns in the order in which they were searched.
fn order(made: &[(Phase, u32, u32, f64)]) -> Vec<(u32, Phase)> {
    let mut order: Vec<(u32, Phase)> = made.iter().map(|(phase, pattern, ..)| (*pattern, *phase)).collect();
    order.dedup();
    order
}

#[tokio::test(start_paused = true)]
async fn a_known_capacity_is_found_in_both_phases_and_the_phases_take_turns() {
    let (mut server, job) = (Scripted::new(57.0, 151.0), job(3, LONG));
    let mut hunt = Hunt::new(&job);
    hunt.search(&mut server).await.expect("nothing fails");
    assert_eq!(hunt.ended_by, CapacityEnd::Precision);
    for (phase, truth) in Phase::BOTH.into_iter().zip([57.0, 151.0]) {
        let brackets = &hunt.brackets[phase as usize];
        assert_eq!(brackets.iter().map(|one| one.pattern).collect::<Vec<_>>(), [1, 2, 3]);
        for one in brackets {
            let (holds, fails) = one.holds_rps.zip(one.fails_rps).expect("both");
            assert!(holds <= truth && truth < fails && fails / holds <= 1.0501, "{one:?}");
            // The measurements that a bracket names are those of its rates.
            for (repetitions, rate) in [(&one.holds_repetitions, holds), (&one.fails_repetitions, fails)] {
                assert_eq!(repetitions.len(), 2, "{one:?}");
                for repetition in repetitions {
                    let at = (phase, one.pattern, *repetition, rate);
                    assert!(server.made.contains(&at), "{at:?} in {:?}", server.made);
                }
            }
        }
    }
    use Phase::{After, Before};
    let turns = [(1, Before), (1, After), (2, After), (2, Before), (3, Before), (3, After)];
    assert_eq!(order(&server.made), turns);
    let later = server.made.iter().filter(|(_, pattern, ..)| *pattern > 1).count();
    assert!(later <= 4 * 5, "a pattern begins where the last one ended: {:?}", server.made);
}

#[tokio::test(start_paused = true)]
async fn no_measurement_begins_when_time_is_up_and_the_bracket_says_so() {
    let (mut server, job) = (Scripted::new(57.0, 151.0), job(3, 3 * EACH));
    let mut hunt = Hunt::new(&job);
    hunt.search(&mut server).await.expect("nothing fails");
    assert_eq!((hunt.ended_by, server.made.len()), (CapacityEnd::Time, 3));
    let [before, after] = &hunt.brackets;
    assert_eq!((before.len(), after.len()), (1, 0), "of what was not begun there is no bracket");
    assert_eq!((before[0].ended_by, before[0].holds_rps), (BracketEnd::Time, Some(40.0)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_late_is_no_limit_of_the_server() {
    let (mut server, job) = (Scripted { client: 100.0, ..Scripted::new(57.0, 151.0) }, job(1, LONG));
    let mut hunt = Hunt::new(&job);
    hunt.search(&mut server).await.expect("nothing fails");
    let [before, after] = hunt.brackets.each_ref().map(|brackets| &brackets[0]);
    assert_eq!(before.ended_by, BracketEnd::Precision, "below the client's limit the server's is found");
    assert_eq!((after.ended_by, after.fails_rps), (BracketEnd::ClientLate, None));
    assert!(after.holds_rps.is_some_and(|holds| holds <= 100.0), "{after:?}");
    let late: Vec<f64> = server.made.iter().map(|made| made.3).filter(|rate| *rate > 100.0).collect();
    assert!(
        late.iter().all(|rate| late.iter().filter(|one| *one == rate).count() == 2),
        "twice each: {late:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it_and_what_was_cut_short_does_not_count() {
    let (mut server, job) = (Scripted { stops_at: 2, ..Scripted::new(57.0, 151.0) }, job(3, LONG));
    let mut hunt = Hunt::new(&job);
    hunt.search(&mut server).await.expect("nothing fails");
    assert_eq!((hunt.ended_by, hunt.measured.len()), (CapacityEnd::Interrupted, 1));
    assert_eq!(hunt.brackets[0][0].ended_by, BracketEnd::Interrupted);
}
