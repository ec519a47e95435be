//! Whether the gain is one: the interval of the ratio of what the SLA is about.
//!
//! Of the ratio, not of the difference: a tail that jumps by whole seconds is skewed, which its logarithm is less, and a
//! change that divides latency divides it in every repetition.

use super::doubt::Doubt;
use super::judged::JudgedPercentile;
use crate::analyze::document::{Difference, Differences};

/// The first judged percentile whose gain may be chance. A phase that is not faster has no gain to doubt.
pub(super) fn uncertain(judged: &[JudgedPercentile], difference: &Differences) -> Option<Doubt> {
    judged.iter().find_map(|line| {
        let of_line = of(difference, line.permille)?;
        let (ratio, interval) = of_line.ratio.zip(of_line.ci95_ratio)?;
        (ratio < 1.0 && interval.holds(1.0)).then_some(Doubt::GainUncertain {
            metric: line.metric,
            ratio,
            interval,
        })
    })
}

fn of(difference: &Differences, permille: u64) -> Option<&Difference> {
    match permille {
        500 => Some(&difference.p50),
        950 => Some(&difference.p95),
        990 => Some(&difference.p99),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::analyze::fixtures::{phase, sla};
    use crate::analyze::{Comparison, Inputs, compare};
    use crate::model::{CaveatKind, Signal};

    /// Three repetitions a phase, each of equal latencies in milliseconds.
    fn compared(before: [u64; 3], after: [u64; 3], interrupted: Option<Signal>) -> Comparison {
        let of = |latencies: [u64; 3]| {
            let latencies = latencies.map(|latency| vec![latency * 1_000; 200]);
            phase(&latencies.each_ref().map(Vec::as_slice))
        };
        let (before, after, sla) = (of(before), of(after), [sla("p95", 800)]);
        compare(Inputs {
            run_id: "run",
            plan_digest: "plan",
            sla: &sla,
            before: &before,
            after: &after,
            script: None,
            baseline_script: None,
            single_calls: &[],
            health: &[],
            processors: None,
            caveats: Vec::new(),
            interrupted,
            strict: true,
            warmup: None,
            aa: false,
            sent_by: Default::default(),
            answers: Default::default(),
            max_error_rate: None,
        })
    }

    fn kinds(comparison: &Comparison) -> Vec<&CaveatKind> {
        comparison.caveats.iter().map(|caveat| &caveat.kind).collect()
    }

    #[test]
    fn a_gain_whose_interval_holds_one_is_a_caveat_that_strict_counts() {
        let doubtful = compared([1_022, 1_917, 1_034], [533, 533, 532], None);
        assert!(kinds(&doubtful).contains(&&CaveatKind::GainUncertain), "{:?}", doubtful.caveats);
        assert_eq!(doubtful.exit.code(), 98);
        let message =
            &doubtful.caveats.iter().find(|one| one.kind == CaveatKind::GainUncertain).expect("it").message;
        assert!(message.contains("holds 100 %") && message.contains("--repetitions"), "{message}");
        let sure = compared([1_022, 1_020, 1_034], [533, 533, 532], None);
        assert_eq!((kinds(&sure), sure.exit.code()), (vec![], 0));
        let slower = compared([700, 750, 650], [900, 640, 905], None);
        assert!(
            !kinds(&slower).contains(&&CaveatKind::GainUncertain),
            "no gain to doubt: {:?}",
            slower.caveats
        );
        let cut = compared([1_022, 1_917, 1_034], [533, 533, 532], Some(Signal::Interrupt));
        assert!(!kinds(&cut).contains(&&CaveatKind::GainUncertain), "{:?}", cut.caveats);
    }
}
