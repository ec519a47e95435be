//! Whether a server that was inferred would have brought the log that it was inferred from.

use super::candidates::Figures;
use super::inferred::Inferred;
use super::levels::{Levels, Sojourn};
use super::simulate::{Client, Economy};
use crate::analyze::document::Calibration;
use crate::analyze::observed::{Observation, PhaseData};
use crate::model::{Micros, Stage};

/// A simulated percentile that is off by a larger part contradicts the measured one.
const OFF: f64 = 0.1;

/// How the before phase was sent, and what it measured.
pub(super) struct Fit {
    connections: usize,
    batch: usize,
    /// What a batch saves; `None` where nothing tells that and batches went out.
    economy: Option<Economy>,
    /// To open a connection, typically, in microseconds: nothing where they are kept.
    set_up: u64,
    /// P50 and P95 of its successes, in milliseconds.
    measured: Option<[f64; 2]>,
}

impl Fit {
    /// Of the before phase, whose exchanges are given.
    pub(super) fn of(
        before: &PhaseData,
        exchanges: &[&Observation],
        calibration: Option<&Calibration>,
    ) -> Self {
        let sent = Levels::of(exchanges.iter().filter_map(|row| under_way(row)), before.repetitions());
        let batch = exchanges.iter().map(|row| row.exchange_size()).max().unwrap_or(1) as usize;
        let fixed = calibration.and_then(|costs| costs.fixed_ms);
        let fixed = fixed.map(|ms| Economy::Fixed((ms.max(0.0) * 1e3).round() as u64));
        let latency = before.latency().of_successes();
        let at = |permille| latency.percentile(permille).map(Micros::as_millis).filter(|ms| *ms > 0.0);
        Fit {
            connections: sent.most_inside().max(1),
            batch,
            economy: if batch == 1 { Some(Economy::None) } else { fixed },
            set_up: median(exchanges.iter().map(|row| set_up(row)).collect()),
            measured: at(500).zip(at(950)).map(|(p50, p95)| [p50, p95]),
        }
    }

    /// Whether this server would have made requests wait longer than they did. The other way round says nothing: what was lost
    /// on the way to the server is not simulated.
    pub(super) fn is_slower(&self, server: &Inferred) -> bool {
        self.off(server).is_some_and(|[_, p95]| p95 > 1.0 + OFF)
    }

    /// Whether this server would have brought another log.
    pub(super) fn contradicts(&self, server: &Inferred) -> bool {
        self.off(server).is_some_and(|[p50, p95]| (p50 - 1.0).abs() > OFF || p95 > 1.0 + OFF)
    }

    /// Simulated ÷ measured P50 and P95.
    fn off(&self, server: &Inferred) -> Option<[f64; 2]> {
        let server = Inferred { round_trip: server.round_trip + self.set_up, ..server.clone() };
        let client =
            Client { arriving: server.load.arriving(), connections: self.connections, batch: self.batch };
        let simulated = Figures::of(&server, client, self.economy?).percentiles;
        let [p50, p95] = self.measured?;
        Some([simulated.p50? / p50, simulated.p95? / p95])
    }
}

/// When an exchange had a connection.
fn under_way(row: &Observation) -> Option<Sojourn> {
    let entered = (row.due()? + row.stage(Stage::Queue).unwrap_or_default()).as_micros();
    Some(Sojourn { repetition: row.repetition(), entered, start: entered, end: row.end()?.as_micros() })
}

fn set_up(row: &Observation) -> u64 {
    let stages = [Stage::Dns, Stage::Connect, Stage::Tls];
    stages.into_iter().filter_map(|stage| row.stage(stage)).map(|length| length.0).sum()
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
