//! How many of some spans of time lie over each instant.

use crate::model::Moment;

/// A step function: the instants at which the number changes, and the number from there on.
#[derive(Debug)]
pub struct StepFunction(Vec<(Moment, u32)>);

impl StepFunction {
    /// Counts spans; one that ends where another starts does not overlap it.
    pub fn new(spans: impl Iterator<Item = (Moment, Moment)>) -> Self {
        let (mut starts, mut ends): (Vec<Moment>, Vec<Moment>) =
            spans.filter(|(start, end)| start < end).unzip();
        starts.sort_unstable();
        ends.sort_unstable();
        let mut steps: Vec<(Moment, u32)> = Vec::with_capacity(starts.len() + ends.len());
        let (mut started, mut ended) = (0, 0);
        // Each end has its start before it, so that the ends last longer.
        while let Some(end) = ends.get(ended) {
            let at = starts.get(started).map_or(*end, |start| *start.min(end));
            started += count_of(at, &starts[started..]);
            ended += count_of(at, &ends[ended..]);
            steps.push((at, (started - ended) as u32));
        }
        StepFunction(steps)
    }

    /// The highest number.
    pub fn most(&self) -> u32 {
        self.0.iter().map(|(_, level)| *level).max().unwrap_or(0)
    }

    /// The number on average between two moments; `None` where there is no time between them.
    pub fn mean_between(&self, from: Moment, until: Moment) -> Option<f64> {
        let within = |(start, end, level): (Moment, Moment, u32)| {
            u128::from(end.min(until).since(start.max(from)).0) * u128::from(level)
        };
        let length = until.since(from).0;
        (length > 0).then(|| self.pieces().map(within).sum::<u128>() as f64 / length as f64)
    }

    /// The spans, in order, over which the number is at least `least`, which is at least 1.
    pub fn at_least(&self, least: u32) -> Vec<(Moment, Moment)> {
        let mut spans: Vec<(Moment, Moment)> = Vec::new();
        for (start, end, _) in self.pieces().filter(|(_, _, level)| *level >= least) {
            match spans.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ => spans.push((start, end)),
            }
        }
        spans
    }

    /// The highest number in each of so many equal parts of the time from the start to `end`, which is not before the last
    /// span's.
    pub fn peaks(&self, end: Moment, parts: usize) -> Vec<u32> {
        let mut peaks = vec![0; parts];
        let part = |micros: u64| ((micros * parts as u64 / end.as_micros().max(1)) as usize).min(parts - 1);
        for (start, stop, level) in self.pieces() {
            // A piece does not reach into the part at whose start it ends.
            let touched = part(start.as_micros())..=part(stop.as_micros() - 1);
            peaks[touched].iter_mut().for_each(|peak| *peak = level.max(*peak));
        }
        peaks
    }

    fn pieces(&self) -> impl Iterator<Item = (Moment, Moment, u32)> {
        self.0.windows(2).map(|pair| (pair[0].0, pair[1].0, pair[0].1))
    }
}

/// How many of some instants, in order, are this one, which is not after the first of them.
fn count_of(at: Moment, instants: &[Moment]) -> usize {
    instants.iter().take_while(|instant| **instant == at).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(lengths: &[(u64, u64)]) -> impl Iterator<Item = (Moment, Moment)> {
        lengths
            .iter()
            .map(|(start, length)| (Moment::from_micros(*start), Moment::from_micros(start + length)))
    }

    #[test]
    fn a_span_that_follows_another_does_not_overlap_it() {
        let levels = StepFunction::new(spans(&[(0, 10), (10, 10), (12, 3)]));
        assert_eq!(levels.most(), 2);
        let at = Moment::from_micros;
        assert_eq!(levels.at_least(1), [(at(0), at(20))]);
        assert_eq!(levels.at_least(2), [(at(12), at(15))]);
    }

    #[test]
    fn the_mean_is_that_of_the_time_between() {
        let levels = StepFunction::new(spans(&[(0, 10), (5, 10), (20, 10)]));
        let mean = |from, until| levels.mean_between(Moment::from_micros(from), Moment::from_micros(until));
        assert_eq!([mean(0, 30), mean(5, 10), mean(8, 24)], [Some(1.0), Some(2.0), Some(13.0 / 16.0)]);
        assert_eq!([mean(15, 20), mean(4, 4)], [Some(0.0), None]);
    }

    #[test]
    fn no_peak_is_lost_between_two_parts() {
        let levels = StepFunction::new(spans(&[(0, 10), (5, 2), (5, 2), (18, 2)]));
        assert_eq!(levels.peaks(Moment::from_micros(20), 4), [1, 3, 0, 1]);
        assert_eq!(levels.peaks(Moment::from_micros(20), 1), [3]);
        assert_eq!(StepFunction::new(spans(&[])).peaks(Moment::START, 2), [0, 0]);
    }

    proptest! {
        #[test]
        fn spans_by_level_weigh_as_much_as_the_spans(
            lengths in prop::collection::vec((0_u64..100, 0_u64..50), 0..30),
        ) {
            let levels = StepFunction::new(spans(&lengths));
            let of_level = |level| levels.at_least(level).into_iter().map(|(start, end)| end.since(start).0);
            let weighed: u64 = (1..=levels.most()).flat_map(of_level).sum();
            prop_assert_eq!(weighed, lengths.iter().map(|(_, length)| length).sum::<u64>());
        }
    }
}
