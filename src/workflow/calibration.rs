//! The step that calls the idle server, alone and in batches: what a call costs, and what an item.

use std::sync::Arc;

use super::Run;
use super::measurement::{self, Measurement};
use crate::model::run_files;
use crate::model::{Connections, Strategy};
use crate::runlog::{Answers, Recording};

/// How often each call is made. On a busy machine the odd one is late by milliseconds, never early: of calls with the same
/// items the fit takes the fastest. Not one right after the other, so that both do not meet the same disturbance.
const PASSES: usize = 2;

impl Run<'_> {
    /// Calls to the idle server, alone and in batches: fixed and per-item cost. Part of no phase.
    pub(super) async fn calibrate(&mut self) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let mut log = self.start_log(run_files::CALIBRATION, "calibration")?;
        let session = self.server.open(None).await?;
        let most = self.settings.after.batch;
        let sizes = (0..PASSES).flat_map(|_| calibration_sizes(most));
        for (index, batch) in sizes.enumerate() {
            let calls = if batch == 1 { 8 } else { 5 };
            let repetition = index as u32 + 1;
            let mut watched = self.watch("calibration", repetition, session.url())?;
            let measurement = Measurement {
                plan: Arc::new(measurement::calibration_plan(&self.settings, (calls * batch) as u64)?),
                run_id: &self.manifest.run_id,
                part: "calibration",
                repetition,
                strategy: Strategy { connections: Connections::Pool(1), batch },
                workers: batch,
                settings: &self.settings,
                url: session.url(),
            };
            let answers = Answers::new(Box::new(std::io::sink()));
            let name = format!("calibration ×{batch}");
            let step = self.progress.step(&name, (calls * batch) as u64);
            let recording = Recording { log, answers };
            let measured =
                measurement.run(recording, &mut watched, &self.anchor, &step, self.interrupt).await?;
            self.telemetry.end(&watched);
            self.note_repetition("calibration", repetition, &measured.live, &measured.clock, measured.health);
            log = measured.recording.log;
        }
        session.close().await
    }
}

/// 1, 2, 4 … and the largest batch itself.
pub(super) fn calibration_sizes(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |size| Some(size * 2)).take_while(move |size| *size < most).chain([most])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_covers_the_largest_batch() {
        let sizes = |most| calibration_sizes(most).collect::<Vec<_>>();
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(8), [1, 2, 4, 8]);
        assert_eq!(sizes(6), [1, 2, 4, 6]);
    }
}
