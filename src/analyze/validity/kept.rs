//! Whether a phase that keeps connections could: a server may end them after each answer, or while they are idle.

use super::doubt::Doubt;
use crate::analyze::observed::{Observation, PhaseData};
use crate::model::{Closings, ErrorKind, HttpChoice, HttpVersion, Micros, Phase, Stage, Strategy};

/// Below this share of what could have been kept the phase is not what it says.
const LITTLE: f64 = 0.5;
/// Fewer exchanges that could have been on a kept connection say nothing.
const LEAST: u64 = 4;
/// A connection that ends sooner after an answer was not idle: the server closes after each.
const AT_ONCE: Micros = Micros(20_000);

/// What is wrong with the kept connections of a phase that sends as `strategy` says.
pub fn kept_connections(
    phase: Phase,
    data: &PhaseData,
    strategy: Strategy,
    callers: usize,
    closings: &Closings,
) -> Vec<Doubt> {
    if !strategy.keeps() {
        return Vec::new();
    }
    let closings = *closings;
    let raced = race_within(data, strategy);
    let lost = data.rows().iter().filter(|row| raced.is_some_and(|within| lost_on_kept(row, within)));
    let lost = lost.count() as u64;
    let race = (lost > 0).then_some(Doubt::KeptRace { phase, lost, closings });
    not_reused(phase, data, strategy.connections().min(callers), closings).into_iter().chain(race).collect()
}

/// A connection for each caller is opened first, in each repetition: only what comes after can be on a kept one.
fn not_reused(phase: Phase, data: &PhaseData, connections: usize, closings: Closings) -> Option<Doubt> {
    let mut last_batch = None;
    let exchanges = data.rows().iter().filter(|row| row.succeeded()).filter(|row| {
        let batch = row.batch().map(|batch| (row.repetition(), batch.id));
        batch.is_none() || std::mem::replace(&mut last_batch, batch) != batch
    });
    let (mut all, mut kept) = (0_u64, 0_u64);
    for used in exchanges.filter_map(Observation::connection) {
        all += 1;
        kept += u64::from(used.reused);
    }
    let of = all.saturating_sub(connections as u64 * u64::from(data.repetitions()));
    (of >= LEAST && (kept as f64) < of as f64 * LITTLE).then_some(Doubt::NotKept {
        phase,
        kept,
        of,
        failed: data.failed(),
        closings,
    })
}

/// The request went out on a connection that was used before, and within about a round trip it was over: the server had ended
/// it already. One that ends later ended with the request.
fn lost_on_kept(row: &Observation, within: Micros) -> bool {
    row.error().is_some_and(ErrorKind::lost_connection)
        && row.status().is_none()
        && row.connection().is_some_and(|used| used.reused)
        && row.stage(Stage::Wait).unwrap_or_default() <= within
}

/// How soon a connection is over that the server had ended; `None` where HTTP/2 says farewell before.
fn race_within(data: &PhaseData, strategy: Strategy) -> Option<Micros> {
    let http2 = || data.ways().listed().iter().any(|way| way.http == Some(HttpVersion::Http2.name()));
    if strategy.http == HttpChoice::Http2 || http2() {
        return None;
    }
    let opened = data.rows().iter().filter(|row| row.connection().is_some_and(|used| !used.reused));
    let mut handshakes: Vec<Micros> = opened.filter_map(|row| row.stage(Stage::Connect)).collect();
    handshakes.sort_unstable();
    let round_trip = handshakes.get(handshakes.len() / 2).copied().unwrap_or_default();
    Some(Micros(2 * round_trip.0) + AT_ONCE)
}

pub(super) fn not_kept(phase: Phase, kept: u64, of: u64, failed: u64, closings: &Closings) -> String {
    let much = match kept {
        0 => "none of".to_string(),
        kept => format!("only {kept} of"),
    };
    format!(
        "{much} the {of} exchanges that could have been on a kept connection of the {} phase were: {}; so this does not show \
         what keeping connections buys: {}",
        phase.name(),
        if failed == 0 && closings.with_answer + closings.idle == 0 {
            "who ended them this transport cannot see".into()
        } else {
            who(closings)
        },
        remedy(closings)
    )
}

pub(super) fn race(phase: Phase, lost: u64, closings: &Closings) -> String {
    let others = match closings {
        Closings { idle: 0, .. } => String::new(),
        _ => format!(" ({})", who(closings)),
    };
    let what = match closings {
        Closings { idle: 1.., idle_most_us: Some(most), .. } if Micros(*most) <= AT_ONCE => remedy(closings),
        _ => {
            "raise the server's keep-alive time-out above the longest pause between two requests, or lower after.connections so \
             that none is idle for long"
        }
    };
    format!(
        "{lost} requests of the {} phase were lost on kept connections that the server ended just as they were sent, the race \
         of every client that keeps connections{others}: {what}",
        phase.name()
    )
}

/// Who closed, and when.
fn who(closings: &Closings) -> String {
    let Closings { with_answer, idle, idle_least_us, idle_most_us } = *closings;
    let said =
        format!("the server said in {with_answer} answers that it closes (Connection: close, or HTTP/1.0)");
    let millis = |us: Option<u64>| format!("{:.0} ms", Micros(us.unwrap_or_default()).as_millis());
    let silent = match idle_most_us.map(Micros) {
        Some(most) if most <= AT_ONCE => format!("it closed {idle} after an answer without saying so"),
        _ => format!(
            "it closed {idle} without saying so, after {} to {} without a request",
            millis(idle_least_us),
            millis(idle_most_us)
        ),
    };
    match (with_answer, idle) {
        (0, 0) => "they ended with failures".into(),
        (_, 0) => said,
        (0, _) => silent.replacen("it", "the server", 1),
        _ => format!("{said}, and {silent}"),
    }
}

fn remedy(closings: &Closings) -> &'static str {
    let idle = closings.idle_most_us.is_some_and(|most| Micros(most) > AT_ONCE);
    if closings.with_answer == 0 && idle {
        "raise the server's keep-alive time-out above the pause between two requests"
    } else {
        "set the server, or the proxy before it, to keep connections (keep-alive, HTTP/1.1)"
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::analyze::fixtures::{phase_of, sample};
    use crate::model::{ConnectionUse, Sample};

    const POOL: Strategy = Strategy::pool(4);

    fn on(seq: u64, reused: bool, error: Option<ErrorKind>) -> Sample {
        let connection =
            Some(ConnectionUse { id: seq + 1, reused, syn_retransmits: None, ..ConnectionUse::default() });
        Sample { connection, error, status: None, ..sample(seq, 500) }
    }

    fn doubts(reused: impl Fn(u64) -> bool, strategy: Strategy, closings: Closings) -> Vec<Doubt> {
        let data = phase_of(40, (0..40).map(|seq| on(seq, reused(seq), None)));
        kept_connections(Phase::After, &data, strategy, 64, &closings)
    }

    #[test]
    fn a_pool_without_a_kept_connection_is_none() {
        let said = Closings { with_answer: 40, ..Closings::default() };
        let found = doubts(|_| false, POOL, said);
        assert_eq!(
            found,
            [Doubt::NotKept { phase: Phase::After, kept: 0, of: 36, failed: 0, closings: said }]
        );
        let text = message(&found[0]);
        assert!(text.contains("Connection: close") && text.contains("none of the 36"), "{text}");
        assert_eq!(doubts(|seq| seq >= 4, POOL, said), [], "each connection is opened once");
        assert_eq!(doubts(|seq| seq % 2 == 0, POOL, said), [], "half of them");
        assert_eq!(doubts(|_| false, Strategy::PER_REQUEST, said), []);
    }

    #[test]
    fn it_is_said_when_the_server_closed() {
        let silent = |least: u64, most: u64| Closings {
            idle: 7,
            idle_least_us: Some(least),
            idle_most_us: Some(most),
            ..Closings::default()
        };
        let text = |closings| message(&doubts(|_| false, POOL, closings)[0]);
        let at_once = text(silent(100, 900));
        assert!(at_once.contains("the server closed 7 after an answer without saying so"), "{at_once}");
        let unseen = text(Closings::default());
        assert!(unseen.contains("this transport cannot see") && !unseen.contains("failures"), "{unseen}");
        let idle = text(silent(100_000, 130_000));
        assert!(idle.contains("after 100 ms to 130 ms") && idle.contains("time-out"), "{idle}");
    }

    #[test]
    fn requests_that_are_lost_on_kept_connections_are_the_race() {
        let lost = |seq| if seq % 10 == 9 { Some(ErrorKind::Closed) } else { None };
        let data = phase_of(40, (0..40).map(|seq| on(seq, seq >= 4, lost(seq))));
        let found = kept_connections(Phase::After, &data, POOL, 64, &Closings::default());
        assert_eq!(found, [Doubt::KeptRace { phase: Phase::After, lost: 4, closings: Closings::default() }]);
        assert!(message(&found[0]).contains("keep-alive time-out"));
        let http2 = Strategy { http: HttpChoice::Http2, ..POOL };
        assert_eq!(kept_connections(Phase::After, &data, http2, 64, &Closings::default()), []);
    }

    #[test]
    fn a_server_that_falls_over_while_it_works_is_no_race() {
        let crashed = |seq| {
            let stages = sample(seq, 300_000).stages;
            Sample { stages, ..on(seq, true, Some(ErrorKind::Reset)) }
        };
        let row = |seq| if seq % 10 == 9 { crashed(seq) } else { on(seq, seq >= 4, None) };
        let data = phase_of(40, (0..40).map(row));
        assert_eq!(kept_connections(Phase::After, &data, POOL, 64, &Closings::default()), []);
    }
}
