//! What a search found, as files and as an exit code.

use super::hunt::Hunt;
use super::job::CapacityJob;
use crate::analyze::capacity::{self, Capacity, CapacityEnd, HighestRate, RateBracket, estimate};
use crate::model::run_files::{CAPACITY, CAPACITY_PAGE, CAPACITY_TABLE};
use crate::model::{ArrivalProcess, Exit, Phase};
use crate::report::{capacity_page, capacity_table};
use crate::runlog::{Results, write_atomically, write_json};
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
    let [before, after] = Phase::BOTH
        .map(|phase| highest(settings.strategy(phase).to_string(), &hunt.brackets[phase as usize]));
    let both = before.brackets.iter().zip(&after.brackets);
    let pairs: Vec<_> = both.filter_map(|(before, after)| ends(before).zip(ends(after))).collect();
    let ratio = capacity::ratio(&pairs);
    let mut found = Capacity {
        schema: 1,
        run_id: run.runner.run_id.clone(),
        sla: settings.sla.clone(),
        arrival: word(settings.load.arrival.as_ref()).into(),
        each_ms: job.each.as_secs_f64() * 1e3,
        precision: job.precision,
        ended_by: hunt.ended_by,
        before,
        after,
        ratio: ratio.map(|ratio| ratio.rate),
        ratio_ci95: ratio.and_then(|ratio| ratio.interval),
        least_rps: job.least,
        exit: Exit::Success,
        measurements: hunt.measured,
    };
    found.exit = exit(&found, run);
    let results = run.results.clone();
    write_json(&results.path(CAPACITY), &found)?;
    write_atomically(&results.path(CAPACITY_TABLE), &capacity_table(&found)?)?;
    write_atomically(&results.path(CAPACITY_PAGE), &capacity_page(&found))?;
    Ok(CapacityFound { capacity: found, results })
}

fn highest(strategy: String, brackets: &[RateBracket]) -> HighestRate {
    let closed: Vec<(f64, f64)> = brackets.iter().filter_map(ends).collect();
    let found = estimate(&closed);
    HighestRate {
        strategy,
        rate_rps: found.map(|found| found.rate),
        ci95_rps: found.and_then(|found| found.interval),
        brackets: brackets.to_vec(),
    }
}

fn ends(bracket: &RateBracket) -> Option<(f64, f64)> {
    bracket.holds_rps.zip(bracket.fails_rps)
}

fn word(process: Option<&ArrivalProcess>) -> &'static str {
    match process {
        Some(ArrivalProcess::Constant { .. }) => "constant",
        Some(ArrivalProcess::Gamma { .. }) => "gamma",
        _ => "poisson",
    }
}

/// Missed where the after phase does not hold what it must; a failure where no rate was found to hold at all.
fn exit(found: &Capacity, run: &Run<'_>) -> Exit {
    if let (CapacityEnd::Interrupted, Some(signal)) = (found.ended_by, run.runner.interrupt.signal()) {
        return Exit::Interrupted(signal);
    }
    let holds = |rate: &HighestRate| rate.brackets.iter().filter_map(|one| one.holds_rps).reduce(f64::min);
    let lowest = found.after.ci95_rps.map(|interval| interval.lo).or(holds(&found.after));
    match found.least_rps {
        Some(least) if lowest.is_none_or(|lowest| lowest < least) => Exit::Missed,
        None if holds(&found.before).is_none() && holds(&found.after).is_none() => Exit::Failed,
        _ => Exit::Success,
    }
}
