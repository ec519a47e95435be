//! What a phase as a whole says about each of its requests.

use super::accept_order;
use super::back_off;
use super::client_health::ClientHealth;
use super::held_back;
use super::occupancy::Occupancy;
use super::split::{Facts, Network, Split, rest_of_wait, split, waits_for_accept};
use crate::analyze::observed::Observation;
use crate::analyze::observed::PhaseData;
use crate::model::Micros;
use crate::model::Stage;
use crate::stats::distribution::percentiles;

/// The rows of a phase and the facts about them.
pub struct Context<'a> {
    rows: &'a [Observation],
    /// One for each row.
    facts: Vec<Facts>,
    /// One for each repetition.
    occupancy: Vec<Occupancy>,
    network: Network,
}

impl<'a> Context<'a> {
    /// Looks at a phase.
    pub fn new(phase: &'a PhaseData, health: &ClientHealth) -> Self {
        let rows = phase.rows();
        let mut facts = vec![Facts::default(); rows.len()];
        if held_back::shows(rows) {
            facts
                .iter_mut()
                .zip(rows)
                .for_each(|(facts, row)| facts.held_back = held_back::is_held_back(row));
        }
        let mut occupancies = Vec::new();
        for repetition in 1..=phase.repetitions() {
            let places = phase.places(repetition);
            let (rows, facts) = (&rows[places.clone()], &mut facts[places]);
            let occupancy = Occupancy::new(rows.iter());
            for (row, facts) in rows.iter().zip(facts.iter_mut()) {
                facts.all_in_use = all_in_use(row, &occupancy);
                facts.client_stalled = health.stalled_during(row);
                facts.read_late = health.read_late(row);
            }
            back_off::mark(rows, facts);
            for (index, bound) in accept_order::bounds(rows) {
                facts[index].accepted_within = bound;
            }
            occupancies.push(occupancy);
        }
        Context { rows, facts, occupancy: occupancies, network: network(rows) }
    }

    /// The rows.
    pub fn rows(&self) -> &'a [Observation] {
        self.rows
    }

    /// When all connections were in use, by repetition, from the first.
    pub(super) fn occupancy(&self) -> &[Occupancy] {
        &self.occupancy
    }

    /// The most exchanges that were under way at once in any repetition.
    pub(super) fn most_at_once(&self) -> u32 {
        self.occupancy.iter().map(Occupancy::most).max().unwrap_or(0)
    }

    /// The network, as the phase shows it.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The causes of the latency of the row at `index`; they sum to it.
    pub fn split(&self, index: usize) -> Split {
        split(&self.rows[index], self.facts[index], self.network)
    }
}

fn all_in_use(row: &Observation, occupancy: &Occupancy) -> Micros {
    let Some(due) = row.due() else { return Micros(0) };
    occupancy.full_between(due, due + row.stage(Stage::Queue).unwrap_or_default())
}

fn network(rows: &[Observation]) -> Network {
    let network = round_trip(rows);
    let accepted =
        rows.iter().filter(|row| row.succeeded() && row.retransmits() == Some(0) && !waits_for_accept(row));
    let mut rests: Vec<u64> = accepted.map(|row| rest_of_wait(row, network.round_trip).0).collect();
    Network { usual_rest: percentiles(&mut rests, [500, 950]).unwrap_or_default(), ..network }
}

/// A handshake without retransmission takes a round trip. Its median is what opening a connection
/// takes; the lower quartile has less of the client's and the server's own time in it. Without one, the
/// smallest wait that the server does not explain stands for the round trip.
fn round_trip(rows: &[Observation]) -> Network {
    let clean = rows.iter().filter_map(|row| {
        let used = row.connection().filter(|used| !used.reused && used.syn_retransmits.unwrap_or(0) == 0)?;
        row.stage(Stage::Connect).filter(|_| row.succeeded() && !used.reused)
    });
    let mut handshakes: Vec<u64> = clean.map(|length| length.0).collect();
    match percentiles(&mut handshakes, [250, 500]) {
        Some([round_trip, handshake]) => Network { round_trip, handshake, ..Network::default() },
        None => Network { round_trip: smallest_rest(rows), ..Network::default() },
    }
}

fn smallest_rest(rows: &[Observation]) -> Micros {
    let rest = rows.iter().filter(|row| row.succeeded()).filter_map(|row| {
        let told = row.server_queue()? + row.server_compute()?;
        Some(Micros(row.stage(Stage::Wait)?.0.saturating_sub(told.0)))
    });
    rest.min().unwrap_or_default()
}
