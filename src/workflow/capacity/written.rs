//! What a search found, as files and as an exit code.

use super::hunt::Hunt;
use super::job::CapacityJob;
use crate::analyze::capacity::{self, Capacity, CapacityEnd, HighestRate, RateBracket, estimate};
use crate::model::run_files::{CAPACITY, CAPACITY_PAGE, CAPACITY_TABLE};
use crate::model::{ArrivalProcess, Exit, Phase};
use crate::report::{capacity_page, capacity_table};
use crate::runlog::{Results, write_atomically, write_json};
use crate::stats::rounded;
use crate::workflow::sending::Run;

/// What a search found.
#[derive(Debug)]
pub struct CapacityFound {
    /// As written.
    pub capacity: Capacity,
    /// The run's folder.
    pub results: Results,
}

/// Puts it together and writes it.
pub(super) fn write(job: &CapacityJob, hunt: Hunt<'_>, run: &Run<'_>) -> anyhow::Result<CapacityFound> {
    let settings = run.settings();
    let [before, after] =
        Phase::BOTH.map(|phase| highest(job, &hunt, settings.strategy(phase).to_string(), phase));
    let ratio = capacity::ratio(&pairs(&before, &after), job.precision);
    let mut found = Capacity {
        schema: 1,
        run_id: run.runner.run_id.clone(),
        sla: settings.sla.clone(),
        arrival: word(settings.load.arrival.as_ref()).into(),
        each_ms: job.each.as_secs_f64() * 1e3,
        precision: job.precision,
        patterns: job.patterns,
        ended_by: hunt.ended_by,
        ratio: ratio.rate,
        ratio_ci95: ratio.interval,
        ratio_at_least: ratio.at_least,
        ratio_below: ratio.below,
        least_rps: job.least,
        exit: capacity::exit(&before, &after, job.least),
        before,
        after,
        measurements: hunt.measured,
    };
    if let (CapacityEnd::Interrupted, Some(signal)) = (found.ended_by, run.runner.interrupt.signal()) {
        found.exit = Exit::Interrupted(signal);
    }
    let results = run.results.clone();
    write_json(&results.path(CAPACITY), &found)?;
    write_atomically(&results.path(CAPACITY_TABLE), &capacity_table(&found)?)?;
    write_atomically(&results.path(CAPACITY_PAGE), &capacity_page(&found))?;
    Ok(CapacityFound { capacity: found, results })
}

fn highest(job: &CapacityJob, hunt: &Hunt<'_>, strategy: String, phase: Phase) -> HighestRate {
    let brackets = &hunt.brackets[phase as usize];
    let found = estimate(&brackets.iter().map(ends).collect::<Vec<_>>(), job.precision);
    let measured = hunt.measured.iter().filter(|one| one.phase == phase);
    HighestRate {
        strategy,
        rate_rps: found.rate,
        ci95_rps: found.interval,
        at_least_rps: found.at_least,
        below_rps: found.below,
        knee_rps: capacity::knee(measured, job.precision).map(|rate| rounded(rate, 3)),
        brackets: brackets.clone(),
    }
}

type Ends = (Option<f64>, Option<f64>);

fn ends(bracket: &RateBracket) -> Ends {
    (bracket.holds_rps, bracket.fails_rps)
}

/// The brackets of the patterns that both have.
fn pairs(before: &HighestRate, after: &HighestRate) -> Vec<(Ends, Ends)> {
    let of_both = before.brackets.iter().filter_map(|before| {
        let after = after.brackets.iter().find(|after| after.pattern == before.pattern)?;
        Some((ends(before), ends(after)))
    });
    of_both.collect()
}

fn word(process: Option<&ArrivalProcess>) -> &'static str {
    match process {
        Some(ArrivalProcess::Constant { .. }) => "constant",
        Some(ArrivalProcess::Gamma { .. }) => "gamma",
        _ => "poisson",
    }
}
