//! Two stored runs against each other, from their logs and manifests.

mod conditions;

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use super::definition::{self, Defined};
use super::findings::{changed, health, logs};
use crate::analyze::{Comparison, PhaseData, RunSide, SentBy, compare_runs};
use crate::model::Caveat;
use crate::model::SlaLine;
use crate::model::StageSet;
use crate::model::manifest::Manifest;
use crate::model::printable;
use crate::model::{Part, Phase};
use crate::runlog::Results;
use crate::workflow::invocation::UsageError;

/// How the sides are called.
const NAMES: [&str; 2] = ["run a", "run b"];

/// The comparison of two runs, and how each sends.
#[derive(Debug)]
pub struct RunsFindings {
    /// `b` against `a`, as JSON the same document as `comparison.json`.
    pub comparison: Comparison,
    /// Folder, phase and strategy of each, in words.
    pub sides: [String; 2],
    /// Whether another tool measured one of them.
    pub foreign: bool,
}

/// A phase of a stored run.
struct Side {
    manifest: Manifest,
    phase: Phase,
    data: PhaseData,
    caveats: Vec<Caveat>,
}

/// Compares a phase of the run in folder `b` with one of the run in folder `a`. `sla` in place of that of `b`.
pub fn compare(
    [a, b]: [&Path; 2],
    phases: [Phase; 2],
    sla: Option<Vec<SlaLine>>,
    strict: bool,
) -> anyhow::Result<RunsFindings> {
    let manifest = |name: &str, folder| Results::open(folder).manifest().with_context(|| name.to_string());
    let manifests = [manifest(NAMES[0], a)?, manifest(NAMES[1], b)?];
    let [first, second] = manifests;
    // Of another tool's log the phase that it has.
    let phase = |manifest: &Manifest, asked| if manifest.imported.is_some() { Phase::Before } else { asked };
    let phases = [phase(&first, phases[0]), phase(&second, phases[1])];
    let sides = [Defined::of(NAMES[0], &first, phases[0]), Defined::of(NAMES[1], &second, phases[1])];
    let common = definition::common(sides)?;
    let one = Side::read(NAMES[0], a, first, phases[0], common.counted[0])?;
    let other = Side::read(NAMES[1], b, second, phases[1], common.counted[1])?;
    let sla = sla.unwrap_or_else(|| other.manifest.sla.clone());
    if sla.is_empty() {
        bail!(UsageError(format!(
            "{} has no line of an SLA, so there is nothing to judge; give one with --sla p95=800ms",
            NAMES[1]
        )));
    }
    let mut caveats: Vec<Caveat> = [&one, &other].into_iter().flat_map(|side| side.caveats.clone()).collect();
    caveats.extend(common.caveats);
    // Of another tool's log no conditions are known.
    if !common.foreign {
        caveats.extend(conditions::apart(&one.manifest, &other.manifest));
    }
    let comparison = compare_runs(&one.side(NAMES[0]), &other.side(NAMES[1]), &sla, caveats, strict);
    Ok(RunsFindings { comparison, sides: [one.words(a), other.words(b)], foreign: common.foreign })
}

impl Side {
    fn read(
        name: &str,
        folder: &Path,
        manifest: Manifest,
        phase: Phase,
        counted: StageSet,
    ) -> anyhow::Result<Self> {
        let results = Results::open(folder);
        let read = logs::of_phase(&results, &manifest, phase, counted);
        let (data, mut doubts) = read.with_context(|| name.to_string())?;
        let log = Part::from(phase).log();
        doubts.extend(changed::doubts(&results, &manifest, |name| name == log, &doubts));
        // What the given load test lacks says nothing of the phases.
        let own = manifest.caveats.iter().filter(|caveat| !caveat.kind.is_of_baseline_script());
        let all = own.cloned().chain(doubts.into_iter().map(Caveat::from));
        let caveats = all.map(|caveat| Caveat::new(caveat.kind, format!("{name}: {}", caveat.message)));
        Ok(Side { caveats: caveats.collect(), manifest, phase, data })
    }

    fn side(&self, name: &'static str) -> RunSide<'_> {
        RunSide {
            name,
            run_id: &self.manifest.run_id,
            phase: self.phase,
            plan_digest: &self.manifest.plan.digest,
            data: &self.data,
            health: health::of_repetitions(&self.manifest),
            processors: self.manifest.machine.processors,
            interrupted: self.manifest.interrupted,
            sent_by: SentBy::of(&self.manifest.scenario),
            imported: self.manifest.foreign(self.phase).is_some(),
        }
    }

    fn words(&self, folder: &Path) -> String {
        let plan = &self.manifest.plan;
        let strategy = if self.phase == Phase::Before { &plan.before } else { &plan.after };
        // The manifest has it without its query.
        let url = self.manifest.scenario.pointer("/target/url").and_then(Value::as_str);
        let to = url.map_or(String::new(), |url| format!(", to {}", printable::line(url)));
        format!("{} phase of {}: {strategy}{to}", self.phase.name(), folder.display())
    }
}
