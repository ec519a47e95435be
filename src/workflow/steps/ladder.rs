//! The step that climbs the ladder: the optimisations added one at a time, each a short load of its own, interleaved like
//! the phases.

use std::sync::Arc;

use super::calibration::batch_sizes;
use crate::model::manifest::{LadderRecord, RungRecord};
use crate::model::{Part, Rung, Strategy};
use crate::plan::Plan;
use crate::scenario::Settings;
use crate::workflow::sending::{PartLoad, Run, Shown, patience};

/// Requests of one pass at most: enough for a P95 on two passes, short enough to wait for.
const REQUESTS_MOST: u64 = 300;
/// Once up, once down, so that a drift of the machine hits all rungs alike.
const PASSES: u32 = 2;

/// Climbs the ladder and notes it in the manifest.
pub(in crate::workflow) async fn climb(run: &mut Run<'_>) -> anyhow::Result<()> {
    if run.stopped() {
        return Ok(());
    }
    let plan = Arc::new(run.plan.first(REQUESTS_MOST));
    let mut rungs: Vec<(Rung, Strategy)> = rungs(run.settings()).collect();
    for (rung, _) in &rungs {
        run.recordings.add(&run.runner.run_id, Part::Rung(*rung))?;
    }
    let record = |(rung, strategy): &(Rung, Strategy)| RungRecord {
        part: Part::Rung(*rung),
        strategy: strategy.to_string(),
    };
    run.manifest.ladder = Some(LadderRecord {
        requests: plan.requests(),
        repetitions: PASSES,
        rungs: rungs.iter().map(record).collect(),
    });
    for pass in 1..=PASSES {
        for (rung, strategy) in &rungs {
            if !climb_rung(run, Part::Rung(*rung), *strategy, &plan, pass).await? {
                return Ok(());
            }
        }
        rungs.reverse();
    }
    Ok(())
}

/// One pass of one rung against a fresh server; whether there is a point in going on.
async fn climb_rung(
    run: &mut Run<'_>,
    part: Part,
    strategy: Strategy,
    plan: &Arc<Plan>,
    pass: u32,
) -> anyhow::Result<bool> {
    if run.stopped() {
        return Ok(false);
    }
    let load = PartLoad {
        part,
        repetition: pass,
        plan: Arc::clone(plan),
        strategy,
        workers: run.settings().load.workers,
        patience: patience(run.settings()),
        at_most: None,
        think: run.settings().load.think(),
        title: format!("{part} {pass}/{PASSES}"),
        shown: Shown::AsLoad,
        truth: None,
    };
    let given_up = run.send(&load).await?;
    given_up.into_iter().for_each(|given_up| run.ended_early(&load, given_up));
    Ok(given_up.is_none())
}

/// What the progress is told of the climb, where a phase has so many requests: each pass of each rung.
pub(super) fn loads(settings: &Settings, requests: u64) -> impl Iterator<Item = (Part, u64)> {
    let requests = requests.min(REQUESTS_MOST);
    let up: Vec<_> = rungs(settings).map(|(rung, _)| (Part::Rung(rung), requests)).collect();
    let down: Vec<_> = up.iter().rev().copied().collect();
    up.into_iter().chain(down)
}

/// How the before phase sends, then kept connections alone, then with batches of 2, 4 … up to what the after phase takes.
fn rungs(settings: &Settings) -> impl Iterator<Item = (Rung, Strategy)> {
    let (before, after) = (settings.before, settings.after);
    // Without streams of its own a rung speaks what the phases speak in common, so that only one thing is added at a time.
    let http = if after.streams > 1 { before.http } else { after.http };
    let reuse = (Rung::Reuse, Strategy { batch: 1, streams: 1, http, ..after });
    let streams =
        (after.streams > 1).then_some((Rung::ReuseStreams(after.streams), Strategy { batch: 1, ..after }));
    let batches = batch_sizes(after.batch).filter(|batch| *batch > 1);
    let batches = batches.map(move |batch| (Rung::ReuseBatch(batch), Strategy { batch, ..after }));
    let added = std::iter::once(reuse).chain(streams).chain(batches);
    std::iter::once((Rung::Before, before)).chain(added.filter(move |(_, step)| *step != before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;

    fn names(changes: &[&str]) -> Vec<String> {
        let mut overrides = Overrides::default();
        // The embedded mock speaks no HTTP/2.
        overrides.set_text("target.url=http://h.test/v1").expect("a key and a value");
        changes.iter().for_each(|change| overrides.set_text(change).expect("a key and a value"));
        let settings =
            crate::scenario::load("scenarios/default.toml".as_ref(), &overrides).expect("a scenario");
        rungs(&settings).map(|(rung, strategy)| format!("{}: {strategy}", Part::Rung(rung))).collect()
    }

    #[test]
    fn each_rung_adds_one_thing() {
        let expected = [
            "ladder_before: per_request",
            "ladder_reuse: pool of 8",
            "ladder_reuse_batch_2: pool of 8, batches of up to 2",
            "ladder_reuse_batch_4: pool of 8, batches of up to 4",
            "ladder_reuse_batch_8: pool of 8, batches of up to 8",
        ];
        assert_eq!(names(&[]), expected);
        assert_eq!(names(&["after.batch=1"]), expected[..2]);
        let shared = names(&["after.streams=16", "after.batch=2"]);
        let expected = [
            "ladder_before: per_request",
            "ladder_reuse: pool of 8",
            "ladder_reuse_streams_16: pool of 8, HTTP/2 with up to 16 streams each",
            "ladder_reuse_batch_2: pool of 8, HTTP/2 with up to 16 streams each, batches of up to 2",
        ];
        assert_eq!(shared, expected);
        let kept = names(&["before.strategy=pool", "before.connections=8", "after.batch=1"]);
        assert_eq!(kept, ["ladder_before: pool of 8"], "the same twice would show nothing");
    }
}
