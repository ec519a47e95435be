//! When an open load holds its rate: what it takes to tell a backlog that grows from a rate that rises.

use super::{ArrivalProcess, ArrivalRecord, Moment};

/// A stretch of time in which requests are offered at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRate {
    /// From then on.
    pub from: Moment,
    /// Not at that moment any more.
    pub until: Moment,
    /// Whether no other time of the load has a higher rate: a server that keeps up with this one does with all.
    pub highest: bool,
}

impl HeldRate {
    /// The same rate all the time.
    pub const THROUGHOUT: HeldRate =
        HeldRate { from: Moment::START, until: Moment::from_micros(u64::MAX), highest: true };
}

impl HeldRate {
    /// The stretches, in order, in which a load holds its rate; none of a trace, whose rate nobody knows.
    pub fn of(load: &ArrivalRecord) -> Vec<HeldRate> {
        let ArrivalProcess::Steps { steps, .. } = &load.process else {
            let is_trace = matches!(load.process, ArrivalProcess::Trace { .. });
            return if is_trace { Vec::new() } else { vec![HeldRate::THROUGHOUT] };
        };
        let ends = steps.iter().scan(0, |at, step| {
            *at = u64::saturating_add(*at, step.lasts_us);
            Some(*at)
        });
        // Steps that begin after the last request is due were not reached.
        let reached = steps.iter().zip(ends).filter(|(step, end)| end - step.lasts_us <= load.last_due_us);
        let reached: Vec<_> = reached.collect();
        let most = reached.iter().map(|(step, _)| step.from.max(step.to)).fold(0.0, f64::max);
        let mut held: Vec<(f64, HeldRate)> = Vec::new();
        for (step, end) in reached.into_iter().filter(|(step, _)| step.from == step.to && step.from > 0.0) {
            let [from, until] = [end - step.lasts_us, end].map(Moment::from_micros);
            match held.last_mut() {
                Some((rate, one)) if *rate == step.from && one.until == from => one.until = until,
                _ => held.push((step.from, HeldRate { from, until, highest: step.from >= most })),
            }
        }
        held.into_iter().map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RateStep;

    fn record(process: ArrivalProcess, last_due_us: u64) -> ArrivalRecord {
        ArrivalRecord { process, last_due_us, offered_rps: None, read: None }
    }

    fn steps(steps: &[(u64, f64, f64)], last_due_s: u64) -> Vec<(u64, u64, bool)> {
        let step = |(seconds, from, to): &(u64, f64, f64)| RateStep {
            lasts_us: seconds * 1_000_000,
            from: *from,
            to: *to,
        };
        let process = ArrivalProcess::Steps { steps: steps.iter().map(step).collect(), shape: None };
        let held = HeldRate::of(&record(process, last_due_s * 1_000_000));
        let seconds = |moment: Moment| moment.as_micros() / 1_000_000;
        held.iter().map(|one| (seconds(one.from), seconds(one.until), one.highest)).collect()
    }

    #[test]
    fn stretches_of_one_rate_are_found_and_which_is_the_highest() {
        let up_and_down =
            [(10, 50.0, 50.0), (5, 50.0, 50.0), (10, 100.0, 100.0), (9, 0.0, 0.0), (9, 50.0, 50.0)];
        assert_eq!(steps(&up_and_down, 42), [(0, 15, false), (15, 25, true), (34, 43, false)]);
        assert_eq!(steps(&up_and_down, 14), [(0, 15, true)], "the step of 100/s was not reached");
        assert_eq!(steps(&[(30, 50.0, 200.0)], 29), []);
        assert_eq!(steps(&[(5, 0.0, 50.0), (60, 50.0, 50.0)], 64), [(5, 65, true)], "a rise, then its end");
        assert_eq!(steps(&[(5, 0.0, 80.0), (60, 50.0, 50.0)], 64), [(5, 65, false)]);
    }

    #[test]
    fn one_rate_is_held_throughout_and_a_trace_holds_none() {
        assert_eq!(HeldRate::of(&record(ArrivalProcess::Poisson { rate: 5.0 }, 9)), [HeldRate::THROUGHOUT]);
        let trace = ArrivalProcess::Trace { file: "a.csv".into(), scale: 1.0, jitter_us: 0 };
        assert_eq!(HeldRate::of(&record(trace, 9)), []);
    }
}
