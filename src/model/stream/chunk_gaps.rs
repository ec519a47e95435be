//! Times between the chunks of one answer, in bounded memory.

use hdrhistogram::Histogram;

use super::super::Micros;

/// So many are kept as they are.
const EXACT: usize = 8_192;
/// The longest that is told apart, in microseconds: an hour.
const HIGHEST_US: u64 = 3_600_000_000;

/// Gaps between one chunk with a token and the next: exact for the first 8,192, of three digits beyond.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChunkGaps {
    few: Vec<u32>,
    many: Option<Box<Histogram<u64>>>,
    max: Micros,
}

impl ChunkGaps {
    /// A histogram that gaps of many answers can be added to.
    pub fn histogram() -> Histogram<u64> {
        Histogram::new_with_bounds(1, HIGHEST_US, 3).expect("the bounds are in order")
    }

    /// Adds one.
    pub fn record(&mut self, gap: Micros) {
        self.max = self.max.max(gap);
        let clamped = gap.0.min(HIGHEST_US);
        match &mut self.many {
            Some(many) => many.saturating_record(clamped),
            None if self.few.len() < EXACT => self.few.push(clamped as u32),
            None => {
                let mut many = Box::new(Self::histogram());
                self.add_to(&mut many);
                many.saturating_record(clamped);
                (self.few, self.many) = (Vec::new(), Some(many));
            }
        }
    }

    /// Adds them to those of other answers.
    pub fn add_to(&self, histogram: &mut Histogram<u64>) {
        self.few.iter().for_each(|gap| histogram.saturating_record(u64::from(*gap)));
        if let Some(many) = &self.many {
            histogram.add(&**many).expect("the same bounds");
        }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.many.as_ref().map_or(self.few.len() as u64, |many| many.len())
    }

    /// The percentile by nearest rank, in tenths of a percent; `None` of no gaps.
    pub fn percentile(&self, permille: u64) -> Option<Micros> {
        if let Some(many) = &self.many {
            return Some(Micros(many.value_at_quantile(permille as f64 / 1e3).min(self.max.0)));
        }
        let rank = (self.few.len() as u64 * permille).div_ceil(1_000).max(1);
        let place = usize::try_from(rank - 1).ok().filter(|place| *place < self.few.len())?;
        let mut gaps = self.few.clone();
        Some(Micros(u64::from(*gaps.select_nth_unstable(place).1)))
    }

    /// The longest; `None` of no gaps.
    pub fn max(&self) -> Option<Micros> {
        (self.count() > 0).then_some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(lengths: impl Iterator<Item = u64>) -> ChunkGaps {
        let mut gaps = ChunkGaps::default();
        lengths.map(Micros).for_each(|gap| gaps.record(gap));
        gaps
    }

    #[test]
    fn few_are_exact_by_nearest_rank() {
        let gaps = gaps([40_001, 10, 30_003, 20_002].into_iter());
        let of = |permille| gaps.percentile(permille).map(|gap| gap.0);
        assert_eq!([of(500), of(510), of(950), of(1)], [20_002, 30_003, 40_001, 10].map(Some));
        assert_eq!((gaps.max(), gaps.count()), (Some(Micros(40_001)), 4));
    }

    #[test]
    fn none_have_no_percentile() {
        assert_eq!((gaps([].into_iter()).percentile(500), gaps([].into_iter()).max()), (None, None));
    }

    #[test]
    fn many_take_no_more_memory_and_are_all_counted() {
        let many = gaps((0..100_000).map(|gap| gap % 1_000 + 1));
        assert_eq!((many.count(), many.few.capacity(), many.max()), (100_000, 0, Some(Micros(1_000))));
        assert_eq!(many.percentile(500), Some(Micros(500)));
    }

    #[test]
    fn gaps_of_all_answers_meet_in_one_histogram() {
        let mut phase = ChunkGaps::histogram();
        gaps(1..=10_000).add_to(&mut phase);
        gaps([7, u64::MAX].into_iter()).add_to(&mut phase);
        assert_eq!((phase.len(), phase.count_at(7)), (10_002, 2));
        assert!(phase.max() >= HIGHEST_US);
    }
}
