//! What the before log and the calibration tell of the server: how many exchanges it computes at the same
//! time, what each request costs alone, and how long an exchange is outside the server.

use std::collections::{BTreeMap, BTreeSet};

use super::fit::Fit;
use super::inferred::Inferred;
use super::levels::{Levels, Sojourn};
use super::load::{Demand, MOST_REQUESTS};
use super::unreported::{self, Guess, Law};
use crate::analyze::document::Calibration;
use crate::analyze::observed::{Observation, PhaseData};
use crate::model::Stage;

/// What a server without a limit is taken from.
struct Evidence<'a> {
    computing: &'a Levels,
    fit: Fit,
    /// How calls were drawn, as the before phase shows it, where the server did not report.
    seen: Option<Law>,
    /// Mean of what the server calls its queue, in microseconds.
    queued: u64,
}

/// Looks at the before phase; `None` where neither it nor the calibration tells what a call costs.
pub(super) fn infer(before: &PhaseData, calibration: Option<&Calibration>) -> Option<Inferred> {
    let exchanges = exchanges(before);
    let requests = (before.requests() as usize).min(MOST_REQUESTS);
    let computing = Levels::of(exchanges.iter().filter_map(|row| interval(row)), before.repetitions());
    let reported = reported_calls(&exchanges, before, calibration, requests).zip(computing.replicas());
    let (mut ends, mut seen) = (Vec::new(), None);
    let (law, (calls, (replicas, saturated))) = match reported {
        Some(known) => (None, known),
        None => {
            let drawn = unreported::draw(&exchanges, calibration?)?;
            let Guess { law, replicas } = drawn.best;
            (ends, seen) = (drawn.ends, Some(drawn.seen));
            (law, (law?.calls(requests, 0), (replicas, drawn.saturated)))
        }
    };
    let limited = Inferred {
        replicas: replicas.max(1),
        saturated,
        limit: replicas.max(1),
        load: Demand::of(before),
        round_trip: round_trip(&exchanges, calibration),
        queued: 0,
        calls,
        law,
        ends,
        seen: law.is_none().then(|| computing.most_inside()),
    };
    let fit = Fit::of(before, &exchanges, calibration);
    if saturated && !fit.is_slower(&limited) {
        return Some(limited);
    }
    let queued = mean_queue(&exchanges);
    Some(unlimited(limited, &Evidence { computing: &computing, fit, seen, queued }))
}

/// What is left where nothing shows that requests waited for a replica: a server that has one for each of them. That
/// it has no more than were seen at work is the other end, unless the log says otherwise.
fn unlimited(limited: Inferred, evidence: &Evidence<'_>) -> Inferred {
    let most = limited.load.most();
    let replicas = limited.replicas.max(evidence.computing.held()).min(most);
    let own = Guess { law: limited.law, replicas };
    let guesses = std::iter::once(own).chain(limited.ends.iter().copied());
    let ends: Vec<Guess> = guesses
        .filter(|guess| guess.replicas < most && !evidence.fit.contradicts(&limited.guessed(guess)))
        .collect();
    let law = limited.law.and(evidence.seen);
    // What was waited is in the law already.
    let queued = if law.is_none() { evidence.queued } else { 0 };
    let calls = law.map_or_else(|| limited.calls.clone(), |law| law.calls(limited.calls.len(), 0));
    Inferred { saturated: false, replicas, limit: most, calls, law, ends, queued, ..limited }
}

fn mean_queue(exchanges: &[&Observation]) -> u64 {
    let sum: u64 = exchanges.iter().filter_map(|row| row.server_queue()).map(|queue| queue.0).sum();
    sum / exchanges.len().max(1) as u64
}

/// The first rows of each repetition that succeeded, one for each exchange.
fn exchanges(before: &PhaseData) -> Vec<&Observation> {
    let mut met = BTreeSet::new();
    let mut taken = BTreeMap::<u32, usize>::new();
    let mut exchanges = Vec::new();
    for row in before.rows().iter().filter(|row| row.succeeded()) {
        let taken = taken.entry(row.repetition()).or_default();
        if *taken < MOST_REQUESTS && row.batch().is_none_or(|batch| met.insert((row.repetition(), batch.id)))
        {
            *taken += 1;
            exchanges.push(row);
        }
    }
    exchanges
}

/// When the server worked on an exchange, on the client's clock: its answer began when the work ended.
fn interval(row: &Observation) -> Option<Sojourn> {
    let receive = row.stage(Stage::Receive).unwrap_or_default();
    let end = row.end()?.as_micros().checked_sub(receive.0)?;
    let start = end.saturating_sub(row.server_compute()?.0);
    let entered = start.saturating_sub(row.server_queue().unwrap_or_default().0);
    Some(Sojourn { repetition: row.repetition(), entered, start, end })
}

/// What each request costs alone, as the server reports it, averaged over the repetitions; the mean of all
/// where a request has no report.
fn reported_calls(
    exchanges: &[&Observation],
    before: &PhaseData,
    calibration: Option<&Calibration>,
    requests: usize,
) -> Option<Vec<u64>> {
    let fixed = calibration.and_then(|costs| costs.fixed_ms).unwrap_or_default().max(0.0) * 1e3;
    let mut sums = vec![(0.0, 0_u32); requests];
    let batched = exchanges.iter().any(|row| row.exchange_size() > 1);
    let alone = |row: &Observation| {
        let compute = row.server_compute()?.0 as f64;
        let items = (compute - fixed).max(0.0);
        Some(if row.exchange_size() > 1 { fixed + items / f64::from(row.exchange_size()) } else { compute })
    };
    // members of a batch share its cost, so every row counts where there are batches
    let rows: Vec<&Observation> = if batched { before.rows().iter().collect() } else { exchanges.to_vec() };
    for row in rows.into_iter().filter(|row| row.succeeded() && (row.seq() as usize) < requests) {
        let (sum, n) = &mut sums[row.seq() as usize];
        *sum += alone(row)?;
        *n += 1;
    }
    let known: Vec<f64> = sums.iter().filter(|(_, n)| *n > 0).map(|(sum, n)| sum / f64::from(*n)).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let call = |(sum, n): &(f64, u32)| if *n > 0 { sum / f64::from(*n) } else { mean };
    (!known.is_empty()).then(|| sums.iter().map(|pair| call(pair).round() as u64).collect())
}

/// From the calibration; else as long as a handshake without retransmission, which no accept queue delays; else the fastest
/// tenth of what the server does not explain.
fn round_trip(exchanges: &[&Observation], calibration: Option<&Calibration>) -> u64 {
    if let Some(costs) = calibration {
        return (costs.round_trip_ms.max(0.0) * 1e3).round() as u64;
    }
    let handshake = lower(exchanges.iter().filter_map(|row| handshake(row)).collect(), 4);
    handshake
        .or_else(|| lower(exchanges.iter().filter_map(|row| outside(row)).collect(), 10))
        .unwrap_or_default()
}

/// How long a connection took to open, where no packet of it is known to have been lost.
fn handshake(row: &Observation) -> Option<u64> {
    let opened = row.connection().is_some_and(|used| !used.reused && used.syn_retransmits.unwrap_or(0) == 0);
    row.stage(Stage::Connect).filter(|_| opened).map(|length| length.0)
}

/// The part of an exchange that the server does not explain.
fn outside(row: &Observation) -> Option<u64> {
    let stage = |stage| row.stage(stage).unwrap_or_default().0;
    let server = row.server_compute()?.0 + row.server_queue().unwrap_or_default().0;
    Some((stage(Stage::Send) + stage(Stage::Wait) + stage(Stage::Receive)).saturating_sub(server))
}

/// The lower quantile at one in `of`.
fn lower(mut times: Vec<u64>, of: usize) -> Option<u64> {
    times.sort_unstable();
    times.get(times.len() / of).copied()
}
