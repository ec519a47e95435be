//! The ladder: the optimisations added one at a time, each a short load of its own, interleaved like the phases.

use std::fs::File;
use std::sync::Arc;

use super::calibration::calibration_sizes;
use super::measurement::{self, Measurement};
use super::{Run, logs};
use crate::analyze::{Doubt, LadderRung, PhaseData, climbed};
use crate::model::Strategy;
use crate::model::manifest::{LadderRecord, Manifest, RungRecord};
use crate::model::run_files;
use crate::plan::Plan;
use crate::runlog::{Answers, LogWriter, Recording, Results};
use crate::scenario::Settings;

/// Requests of one pass at most: enough for a P95 on two passes, short enough to wait for.
const REQUESTS_MOST: u64 = 300;
/// Once up, once down, so that a drift of the machine hits all rungs alike.
const PASSES: u32 = 2;

/// One rung on its way.
struct Rung {
    record: RungRecord,
    strategy: Strategy,
    log: Option<LogWriter<File>>,
}

impl Run<'_> {
    /// Climbs the ladder and notes it in the manifest.
    pub(super) async fn climb(&mut self) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let requests = self.settings.load.requests.min(REQUESTS_MOST);
        let plan = Arc::new(measurement::plan_of(&self.settings, requests)?);
        let mut rungs: Vec<Rung> = steps(&self.settings)
            .map(|(name, strategy)| self.rung(&name, strategy))
            .collect::<Result<_, _>>()?;
        self.manifest.ladder = Some(LadderRecord {
            requests,
            repetitions: PASSES,
            rungs: rungs.iter().map(|rung| rung.record.clone()).collect(),
        });
        for pass in 1..=PASSES {
            for rung in &mut rungs {
                self.climb_rung(rung, &plan, pass).await?;
            }
            rungs.reverse();
        }
        Ok(())
    }

    fn rung(&self, name: &str, strategy: Strategy) -> anyhow::Result<Rung> {
        let part = format!("ladder_{name}");
        let log = Some(self.start_log(&run_files::log_of(&part), &part)?);
        Ok(Rung { record: RungRecord { part, strategy: strategy.to_string() }, strategy, log })
    }

    /// One pass of one rung against a fresh server.
    async fn climb_rung(&mut self, rung: &mut Rung, plan: &Arc<Plan>, pass: u32) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let session = self.server.open(None).await?;
        let mut watched = self.watch(&rung.record.part, pass, session.url())?;
        let measurement = Measurement {
            plan: Arc::clone(plan),
            run_id: &self.manifest.run_id,
            part: &rung.record.part,
            repetition: pass,
            strategy: rung.strategy,
            workers: self.settings.load.workers,
            settings: &self.settings,
            url: session.url(),
        };
        let log = rung.log.take().expect("each pass puts its log back");
        let answers = Answers::new(Box::new(std::io::sink()));
        let step = self.progress.part(&format!("{} {pass}/{PASSES}", rung.record.part), plan.requests());
        let recording = Recording { log, answers };
        let measured = measurement.run(recording, &mut watched, &self.anchor, &step, self.interrupt).await?;
        self.telemetry.end(&watched);
        step.done(&measured.live);
        self.note_repetition(&rung.record.part, pass, &measured.live, &measured.clock, measured.health);
        rung.log = Some(measured.recording.log);
        session.close().await
    }
}

/// What the progress is told of the climb: each pass of each rung.
pub(super) fn loads(settings: &Settings) -> impl Iterator<Item = (String, u64)> {
    let requests = settings.load.requests.min(REQUESTS_MOST);
    let up: Vec<_> = steps(settings).map(|(name, _)| (format!("ladder_{name}"), requests)).collect();
    let down: Vec<_> = up.iter().rev().cloned().collect();
    up.into_iter().chain(down)
}

/// How the before phase sends, then kept connections alone, then with batches of 2, 4 … up to what the after phase takes.
fn steps(settings: &Settings) -> impl Iterator<Item = (String, Strategy)> {
    let (before, after) = (settings.before, settings.after);
    let added = calibration_sizes(after.batch).map(move |batch| {
        let name = if batch == 1 { "reuse".to_string() } else { format!("reuse_batch_{batch}") };
        (name, Strategy { batch, ..after })
    });
    std::iter::once(("before".to_string(), before)).chain(added.filter(move |(_, step)| *step != before))
}

/// The rungs of a finished run by their logs, and what is to be said of these; `None` if it climbed none.
pub(super) fn read(
    results: &Results,
    manifest: &Manifest,
) -> anyhow::Result<(Option<Vec<LadderRung>>, Vec<Doubt>)> {
    let Some(ladder) = &manifest.ladder else { return Ok((None, Vec::new())) };
    logs::check(ladder.requests, ladder.repetitions)?;
    let (mut rungs, mut doubts) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let collector = PhaseData::collect(ladder.requests, ladder.repetitions);
        let (data, found) = logs::read(results, manifest, &rung.part, collector)?;
        rungs.push((rung.strategy.clone(), data));
        doubts.extend(found);
    }
    Ok((Some(climbed(&rungs, &manifest.sla)), doubts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;

    fn names(changes: &[&str]) -> Vec<String> {
        let mut overrides = Overrides::default();
        changes.iter().for_each(|change| overrides.set_text(change).expect("a key and a value"));
        let settings =
            crate::scenario::load("scenarios/default.toml".as_ref(), &overrides).expect("a scenario");
        steps(&settings).map(|(name, strategy)| format!("{name}: {strategy}")).collect()
    }

    #[test]
    fn each_rung_adds_one_thing() {
        let expected = [
            "before: per_request",
            "reuse: pool of 8",
            "reuse_batch_2: pool of 8, batches of up to 2",
            "reuse_batch_4: pool of 8, batches of up to 4",
            "reuse_batch_8: pool of 8, batches of up to 8",
        ];
        assert_eq!(names(&[]), expected);
        assert_eq!(names(&["after.batch=1"]), expected[..2]);
        let kept = names(&["before.strategy=pool", "before.connections=8", "after.batch=1"]);
        assert_eq!(kept, ["before: pool of 8"], "the same twice would show nothing");
    }
}
