//! A before phase, the calibration and an after phase on a simulated server, and the prediction from the first two.
use spanload::analyze::prediction::{Candidate, beside, predict};
use spanload::analyze::{Calibration, Observation, PhaseCollector, PhaseData, Prediction, calibration};
use spanload::model::{Sample, Strategy};

use crate::simulated::gate::Gate;
use crate::simulated::inference::{Costs, Inference};
use crate::simulated::load::{Load, Outcome};

/// Connections that the server works on at a time.
const MAX_CONNECTIONS: usize = 16;
/// Spread of the logarithm of an item's cost.
const SIGMA: f64 = 0.5;
/// The bodies of the calibration are none of the phases'.
const CALIBRATION: u64 = 1_000_000;

/// One scenario.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    pub requests: u64,
    pub callers: u64,
    pub replicas: usize,
    pub fixed_ms: u64,
    pub item_ms: f64,
    pub backlog: usize,
    /// Connections and batches of the after phase.
    pub pool: usize,
    pub batch: usize,
}

/// What came of it.
pub struct Predicted {
    pub prediction: Prediction,
    pub calibration: Calibration,
    /// SYNs that the before phase lost.
    pub lost_syns: u32,
}

impl Predicted {
    /// One of the strategies that were tried.
    pub fn candidate(&self, connections: usize, batch: usize) -> &Candidate {
        let wanted = |one: &&Candidate| (one.connections, one.batch) == (connections, batch);
        self.prediction.candidates.iter().find(wanted).expect("a candidate")
    }

    pub fn candidate_p95_ms(&self, connections: usize, batch: usize) -> f64 {
        self.candidate(connections, batch).p95_ms.expect("it is predicted")
    }
}

impl Variation {
    pub fn run(self) -> Predicted {
        self.run_on(Inference::new)
    }

    /// On a server that says nothing of itself.
    pub fn run_silent(self) -> Predicted {
        self.run_on(Inference::silent)
    }

    /// Whether the accept queue has no room for all callers, who come at once.
    pub fn loses_connections(&self) -> bool {
        self.callers > self.backlog as u64 + 1
    }

    fn run_on(self, server: fn(usize, Costs) -> Inference) -> Predicted {
        let costs = Costs { fixed_ms: self.fixed_ms, item_ms: self.item_ms, sigma: SIGMA };
        let run = |load: Load| {
            let load = load.timeout_ms(120_000);
            load.run(&server(self.replicas, costs).net().behind(Gate::new(MAX_CONNECTIONS, self.backlog)))
        };
        let before = run(Load::new(self.requests, self.callers));
        let after = run(Load::new(self.requests, self.callers).pool(self.pool).batch(self.batch));
        let calibration = calibration::fit(&self.calibrate(run)).expect("usable calls");
        let strategy = Strategy { batch: self.batch, ..Strategy::pool(self.pool) };
        let prediction = predict(&phase(&before), Some(&calibration), Some(strategy));
        let prediction = beside(prediction, &phase(&after));
        let [predicted, measured] = [prediction.p95_ms, prediction.measured_p95_ms];
        println!("{self:?}: predicted {predicted:?} measured {measured:?} error {:?}", prediction.error);
        Predicted {
            prediction,
            calibration,
            lost_syns: before.samples().into_iter().filter_map(lost_syns).sum(),
        }
    }

    /// Eight single calls and five batches of each size, all of it twice, as a run makes them.
    fn calibrate(self, run: impl Fn(Load) -> Outcome) -> Vec<Observation> {
        let sizes =
            || std::iter::successors(Some(1), |size| Some(size * 2)).take_while(|size| *size < self.batch);
        let mut rows = Vec::new();
        for (repetition, batch) in (1..).zip((0..2).flat_map(|_| sizes().chain([self.batch]))) {
            let calls = if batch == 1 { 8 } else { 5 };
            let load = Load::from(CALIBRATION, (calls * batch) as u64, batch as u64).pool(1).batch(batch);
            rows.extend(run(load).samples().into_iter().map(|sample| Observation::new(repetition, sample)));
        }
        rows
    }
}

fn lost_syns(sample: &Sample) -> Option<u32> {
    sample.connection?.syn_retransmits
}

fn phase(outcome: &Outcome) -> PhaseData {
    let mut collector = PhaseCollector::new(outcome.completed.len() as u64, 1);
    for sample in outcome.samples() {
        assert_eq!(sample.error, None, "{sample:?}");
        collector.take(1, sample).expect("a planned request");
    }
    collector.finish()
}
