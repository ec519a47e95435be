//! Whether the server's word on its own time is taken: if it cannot be true anywhere in a run, it counts nowhere in it.

use crate::analyze::{Doubt, DoubtedTimes, Observation, PhaseData, SingleCall};
use crate::model::manifest::Manifest;
use crate::runlog::Results;

use super::{prediction, single_calls};

/// The calls to the idle server, in the calibration and beside the repetitions.
#[derive(Debug, Default)]
pub(in crate::workflow) struct IdleRows {
    pub calibration: Vec<Observation>,
    pub single_calls: Vec<SingleCall>,
}

impl IdleRows {
    /// Reads the logs of both.
    pub(in crate::workflow) fn read(
        results: &Results,
        manifest: &Manifest,
    ) -> anyhow::Result<(Self, Vec<Doubt>)> {
        let (calibration, mut doubts) = prediction::calibration(results, manifest)?;
        let (single_calls, more) = single_calls::read(results, manifest);
        doubts.extend(more);
        Ok((IdleRows { calibration, single_calls }, doubts))
    }
}

/// Takes the server's times out of all rows where they cannot be true. The logs keep them.
pub(in crate::workflow) fn judge(
    manifest: &Manifest,
    phases: &mut [PhaseData; 2],
    idle: &mut IdleRows,
) -> Vec<Doubt> {
    let record = manifest.server_times.as_ref();
    let sources = record.map_or(&[][..], |record| &record.sources);
    let called = idle.single_calls.iter().map(|call| &call.row);
    let rows: Vec<&Observation> = idle.calibration.iter().chain(called).collect();
    let doubted = DoubtedTimes::of([&phases[0], &phases[1]], &rows, sources);
    if doubted.is_some() {
        phases.iter_mut().for_each(PhaseData::forget_server_times);
        idle.calibration.iter_mut().for_each(Observation::forget_server_times);
        idle.single_calls.iter_mut().for_each(|call| call.row.forget_server_times());
    }
    let unread = record.map_or(0, |record| record.unread);
    let unread = (unread > 0).then_some(Doubt::ServerTimesUnread { answers: unread });
    doubted.map(Doubt::ServerTimesDoubted).into_iter().chain(unread).collect()
}
