//! The step that calls the idle server, alone and in batches: what a call costs, and what an item.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Patience;
use crate::model::{Part, Strategy};
use crate::workflow::sending::{PartLoad, Run, Shown};

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
    let mut batches = BatchCalls::Untried;
    for (repetition, batch) in (1..).zip(sizes) {
        if batch > 1 && batches == BatchCalls::Fail {
            continue;
        }
        let calls = if batch == 1 { 8 } else { 5 };
        let load = PartLoad {
            part: Part::Calibration,
            repetition,
            plan: Arc::new(run.plan.of_next_seed((calls * batch) as u64)),
            strategy: Strategy { batch, http: run.settings().after.http, ..Strategy::pool(1) },
            workers: batch,
            patience: Some(Patience::of_calls(batch as u64)),
            think: Duration::ZERO,
            title: format!("calibration ×{batch}"),
            shown: Shown::InPassing,
            truth: None,
        };
        match run.send_to(&session, &load).await? {
            Some(given_up) if batch == 1 => {
                run.give_calls_up(batch, given_up);
                break;
            }
            // Where none has ever worked, the analysis says that there may be no endpoint for them.
            Some(given_up) if batches == BatchCalls::Work => {
                run.give_calls_up(batch, given_up);
                batches = BatchCalls::Fail;
            }
            Some(_) => batches = BatchCalls::Fail,
            None if batch > 1 => batches = BatchCalls::Work,
            None => {}
        }
    }
    session.close().await
}

/// What is known of calls with several requests in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatchCalls {
    Untried,
    Work,
    Fail,
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
