//! The step that calls the idle server, alone and in batches: what a call costs, and what an item.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Connections, Part, Strategy};
use crate::workflow::sending::{PartLoad, Run, Shown, plans};

/// How often each call is made. On a busy machine the odd one is late by milliseconds, never early: of calls with the same
/// items the fit takes the fastest. Not one right after the other, so that both do not meet the same disturbance.
const PASSES: usize = 2;

/// Calls to the idle server, alone and in batches: fixed and per-item cost. Part of no phase.
pub(in crate::workflow) async fn calibrate(run: &mut Run<'_>) -> anyhow::Result<()> {
    if run.stopped() {
        return Ok(());
    }
    run.recordings.add(&run.runner.run_id, Part::Calibration)?;
    let session = run.runner.server.open(None).await?;
    let most = run.settings().after.batch;
    let sizes = (0..PASSES).flat_map(|_| batch_sizes(most));
    for (repetition, batch) in (1..).zip(sizes) {
        let calls = if batch == 1 { 8 } else { 5 };
        let load = PartLoad {
            part: Part::Calibration,
            repetition,
            plan: Arc::new(plans::of_idle_calls(run.settings(), (calls * batch) as u64)?),
            strategy: Strategy { connections: Connections::Pool(1), batch },
            workers: batch,
            think: Duration::ZERO,
            title: format!("calibration ×{batch}"),
            shown: Shown::InPassing,
            truth: None,
        };
        run.send_to(&session, &load).await?;
    }
    session.close().await
}

/// 1, 2, 4 … and the largest batch itself.
pub(super) fn batch_sizes(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |size| Some(size * 2)).take_while(move |size| *size < most).chain([most])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_covers_the_largest_batch() {
        let sizes = |most| batch_sizes(most).collect::<Vec<_>>();
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(8), [1, 2, 4, 8]);
        assert_eq!(sizes(6), [1, 2, 4, 6]);
    }
}
