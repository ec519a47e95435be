//! Whether a backlog grows: what came less what ended, by blocks of equal time.

use crate::model::Moment;
use crate::stats::Interval;
use crate::stats::interval::of_mean;

/// Requests that a block must have on average: fewer, and single ones decide.
const IN_A_BLOCK: usize = 30;
/// Blocks at most; more would only be shorter than what a server's queue remembers.
const BLOCKS_MOST: usize = 20;
/// Blocks at least.
const BLOCKS_LEAST: usize = 4;
/// The part of the time at the start that is left out: an empty server fills up first.
const FILLING: f64 = 0.1;

/// How fast a backlog grows while requests come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// Requests a second; below zero it shrinks.
    pub per_second: f64,
    /// Of that, 95 %.
    pub interval: Interval,
}

/// One repetition: when its requests were due and when they ended, each in order.
pub(super) struct Flow {
    pub due: Vec<Moment>,
    pub ended: Vec<Moment>,
}

impl Flow {
    /// Requests that were due by then and had not ended.
    fn backlog(&self, at: f64) -> f64 {
        let by = |instants: &[Moment]| instants.partition_point(|one| one.as_micros() as f64 <= at) as f64;
        by(&self.due) - by(&self.ended)
    }
}

impl Growth {
    /// Of repetitions of the same arrivals; `None` where there are too few requests to tell.
    ///
    /// The increments of a backlog that grows are nearly independent, so that Student's t holds of their mean. Those of a
    /// steady one undo each other: then the interval is too wide, which is the side to err on. What repetitions have in
    /// common, their arrivals, must not count several times, so each block is averaged over them first.
    pub(super) fn of(repetitions: &[Flow]) -> Option<Self> {
        let requests = repetitions.iter().map(|flow| flow.due.len()).min()?;
        let blocks = (requests / IN_A_BLOCK).min(BLOCKS_MOST);
        if blocks < BLOCKS_LEAST {
            return None;
        }
        let increments: Vec<f64> = (0..blocks)
            .map(|block| repetitions.iter().map(|flow| increment(flow, block, blocks)).sum::<f64>())
            .map(|sum| sum / repetitions.len() as f64)
            .collect();
        let mean = increments.iter().sum::<f64>() / blocks as f64;
        Some(Growth { per_second: mean, interval: of_mean(&increments)? })
    }
}

/// By how much a second the backlog grew in one of so many blocks.
fn increment(flow: &Flow, block: usize, blocks: usize) -> f64 {
    let ends = flow.due.first().zip(flow.due.last());
    let (first, last) = ends.map_or((0.0, 0.0), |(first, last)| (micros(first), micros(last)));
    let start = first + (last - first) * FILLING;
    let length = (last - start) / blocks as f64;
    let at = |block: usize| flow.backlog(start + length * block as f64);
    (at(block + 1) - at(block)) / length * 1e6
}

fn micros(moment: &Moment) -> f64 {
    moment.as_micros() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::SplitMix64;

    /// Poisson arrivals at a rate on eight replicas, each of which takes 150 ms on average, exponentially.
    fn flow(rate: f64, requests: usize, arrivals: u64, service: u64) -> Flow {
        let (mut gaps, mut costs) = (SplitMix64::new(arrivals), SplitMix64::new(service));
        let (mut now, mut free, mut due, mut ended) = (0.0, [0.0_f64; 8], vec![], vec![]);
        for _ in 0..requests {
            now += -gaps.unit().ln() / rate * 1e6;
            let first = (0..8).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap_or(0);
            free[first] = free[first].max(now) - costs.unit().ln() * 150_000.0;
            due.push(Moment::from_micros(now as u64));
            ended.push(Moment::from_micros(free[first] as u64));
        }
        ended.sort_unstable();
        Flow { due, ended }
    }

    /// In how many of 200 runs of three repetitions the backlog is said to grow.
    fn said_to_grow(load: f64, requests: usize) -> usize {
        let rate = load * 8.0 / 0.15;
        let run =
            |seed: u64| (1..=3).map(|own| flow(rate, requests, seed, seed * 7 + own)).collect::<Vec<_>>();
        (1..=200).filter(|seed| Growth::of(&run(*seed)).is_some_and(|found| found.interval.lo > 0.0)).count()
    }

    #[test]
    fn a_steady_server_is_not_said_to_fall_behind_and_an_overloaded_one_is() {
        let found = [0.5, 0.8, 0.9, 1.1, 1.3, 2.0].map(|load| said_to_grow(load, 600));
        println!("grows in so many of 200 at loads of 0.5, 0.8, 0.9, 1.1, 1.3, 2.0: {found:?}");
        assert!(found[..2].iter().all(|n| *n <= 2) && found[2] <= 10, "{found:?}");
        assert!(found[4] >= 190 && found[5] == 200, "{found:?}");
    }

    #[test]
    fn the_figure_is_what_comes_too_much() {
        let rate = 1.5 * 8.0 / 0.15;
        let growth = Growth::of(&[flow(rate, 6_000, 1, 2)]).expect("enough requests");
        assert!((growth.per_second - rate / 3.0).abs() < rate * 0.03, "{growth:?}");
        assert!(growth.interval.holds(rate / 3.0), "{growth:?}");
    }

    #[test]
    fn too_few_requests_tell_nothing() {
        assert_eq!(Growth::of(&[flow(50.0, 119, 1, 2)]), None);
        assert_eq!(Growth::of(&[]), None);
    }
}
