//! What can mislead about two stored runs: what each has against itself, and what sets them apart.

use super::doubt::Doubt;
use super::judged::judged;
use super::message::message;
use super::plans::plans_differ;
use super::{answers, client, overload, phases, samples};
use crate::analyze::document::Quality;
use crate::analyze::observed::RunSide;
use crate::analyze::quality::{self, AnswerPairs};
use crate::model::run_files::ANSWERS;
use crate::model::{Caveat, CaveatKind, Phase, SlaLine};

/// The doubts about both sides, each under its name, then those about the pair.
///
/// That the server took longer for the same work is no doubt here, nor that the first run met the SLA: between
/// releases these are what one looks for.
pub(in crate::analyze) fn of_runs(
    a: &RunSide<'_>,
    b: &RunSide<'_>,
    sla: &[SlaLine],
    quality: &Quality,
) -> Vec<Caveat> {
    let mut caveats: Vec<Caveat> = [a, b].into_iter().flat_map(|side| of_side(side, sla)).collect();
    if !a.imported && !b.imported {
        caveats.extend(plans_differ(a.plan_digest, b.plan_digest).map(Caveat::from));
    }
    if a.interrupted.or(b.interrupted).is_none() {
        caveats.extend(errors(a, b));
    }
    caveats.extend(of_answers(a, quality));
    caveats
}

pub(in crate::analyze) fn of_side(side: &RunSide<'_>, sla: &[SlaLine]) -> Vec<Caveat> {
    let (data, cut_short) = (side.data, side.interrupted.is_some());
    // Each check speaks of both phases; here there is one, and what is said of the other is left out.
    let mut doubts = phases::accounting(data, data, cut_short, &side.sent_by);
    if !cut_short {
        let judged = judged(sla);
        doubts.extend(samples::too_few(&judged, data));
        doubts.extend(samples::disagreement(&judged, data, data));
        doubts.extend(overload::of_phase(side.phase, data));
        doubts.extend(client::doubts(&side.health, side.processors, data, data));
    } else {
        doubts.push(Doubt::Interrupted);
    }
    let own = doubts.into_iter().filter(|doubt| about(doubt).is_none_or(|phase| phase == side.phase));
    own.map(|doubt| Caveat::new(doubt.kind(), format!("{}: {}", side.name, message(&doubt)))).collect()
}

/// The phase that a doubt is about, if it is about one.
fn about(doubt: &Doubt) -> Option<Phase> {
    match doubt {
        Doubt::NoSuccess { phase, .. }
        | Doubt::MostlyFailed { phase, .. }
        | Doubt::NotKept { phase, .. }
        | Doubt::NeverBatched { phase, .. }
        | Doubt::KeptRace { phase, .. }
        | Doubt::Unsent { phase, .. }
        | Doubt::MissingRows { phase, .. }
        | Doubt::RepetitionsDisagree { phase, .. }
        | Doubt::Overloaded { phase, .. }
        | Doubt::ClientLate { phase, .. }
        | Doubt::ReleasedLate { phase, .. }
        | Doubt::ClientBusy { phase, .. } => Some(*phase),
        _ => None,
    }
}

fn errors(a: &RunSide<'_>, b: &RunSide<'_>) -> Option<Caveat> {
    let doubt = phases::unequal_errors(a.data, b.data)?;
    let Doubt::UnequalErrors { before, after } = doubt else { return None };
    let message = format!(
        "{:.1} % of {} and {:.1} % of {} failed; a failed request spares the others its work, so mend the failures \
         before comparing times",
        before * 100.0,
        a.name,
        after * 100.0,
        b.name
    );
    Some(Caveat::new(doubt.kind(), message))
}

fn of_answers(a: &RunSide<'_>, quality: &Quality) -> Vec<Caveat> {
    let differ = quality.degraded.then(|| {
        let message = format!(
            "{}; compare them in {ANSWERS}: that of each run holds the answers to the first requests, by the digests in its logs",
            answers::figures(quality, "runs")
        );
        Caveat::new(CaveatKind::AnswersDiffer, message)
    });
    let by_chance = if quality.degraded { 0 } else { quality.different };
    let varying = quality::varying(a.data, &AnswerPairs::default()).max(by_chance);
    let vary = (varying > 0).then(|| {
        let message = format!("{}: {}", a.name, answers::vary(varying, quality.yardstick.as_ref()));
        Caveat::new(CaveatKind::AnswersVary, message)
    });
    differ.into_iter().chain(vary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::PhaseData;
    use crate::analyze::fixtures::{phase, sla};

    fn messages(a: (Phase, &PhaseData), b: (Phase, &PhaseData), plans: [&str; 2]) -> Vec<String> {
        let side = |name, (phase, data), plan_digest| RunSide {
            imported: false,
            name,
            run_id: name,
            phase,
            plan_digest,
            data,
            health: Vec::new(),
            processors: None,
            interrupted: None,
            sent_by: Default::default(),
        };
        let quality = quality::compare(a.1, b.1, &AnswerPairs::default());
        let (a, b) = (side("run a", a, plans[0]), side("run b", b, plans[1]));
        of_runs(&a, &b, &[sla("p95", 800)], &quality).into_iter().map(|caveat| caveat.message).collect()
    }

    #[test]
    fn each_side_speaks_for_its_own_phase() {
        let steady = phase(&[&[600_000; 200], &[610_000; 200]]);
        let straddling = phase(&[&[790_000; 200], &[810_000; 200]]);
        assert_eq!(messages((Phase::Before, &steady), (Phase::After, &steady), ["1", "1"]), [""; 0]);
        let found = messages((Phase::After, &straddling), (Phase::After, &steady), ["1", "1"]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("run a: the repetitions of the after phase lie on both sides"),
            "{found:?}"
        );
    }

    #[test]
    fn different_plans_and_too_few_requests_are_said() {
        let short = phase(&[&[600_000; 20], &[610_000; 20]]);
        let found = messages((Phase::After, &short), (Phase::After, &short), ["1", "2"]);
        let starts = [
            "run a: P95 is judged on 40",
            "run b: P95 is judged on 40",
            "the two runs carried different plans",
        ];
        for (message, start) in found.iter().zip(starts) {
            assert!(message.starts_with(start), "{message}");
        }
        assert_eq!(found.len(), 3);
    }
}
