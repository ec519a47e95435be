//! Percentiles over all planned requests: nearest rank, and a request without an answer ranks
//! slower than every success.

use crate::model::Micros;

/// The latencies of the successes among a number of planned requests.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Ascending.
    successes: Vec<u64>,
    planned: u64,
}

impl Distribution {
    /// From the latencies of the successes in microseconds, in any order.
    pub fn new(mut successes: Vec<u64>, planned: u64) -> Self {
        successes.sort_unstable();
        let planned = planned.max(successes.len() as u64);
        Distribution { successes, planned }
    }

    /// Of several together.
    pub fn pooled<'a>(parts: impl Iterator<Item = &'a Distribution> + Clone) -> Self {
        let planned = parts.clone().map(|part| part.planned).sum();
        let mut successes: Vec<u64> = Vec::new();
        parts.for_each(|part| successes.extend_from_slice(&part.successes));
        // The stable sort finds what is sorted already, and merges it.
        successes.sort();
        Distribution { successes, planned }
    }

    /// The same successes with nothing else planned.
    pub fn of_successes(&self) -> Self {
        Distribution { successes: self.successes.clone(), planned: self.successes.len() as u64 }
    }

    /// Planned requests.
    pub fn planned(&self) -> u64 {
        self.planned
    }

    /// Requests with an answer.
    pub fn succeeded(&self) -> u64 {
        self.successes.len() as u64
    }

    /// The nearest rank of a percentile in tenths of a percent, ⌈p·n⌉, from 1.
    pub fn rank(&self, permille: u64) -> u64 {
        rank(self.planned, permille)
    }

    /// The request of a rank, which counts from 1; `None` if no success has it.
    pub fn at_rank(&self, rank: u64) -> Option<Micros> {
        let index = usize::try_from(rank.checked_sub(1)?).ok()?;
        self.successes.get(index).copied().map(Micros)
    }

    /// The percentile by nearest rank in tenths of a percent; `None` if no success has that rank.
    pub fn percentile(&self, permille: u64) -> Option<Micros> {
        self.at_rank(self.rank(permille))
    }

    /// The share of the planned requests that took longer than `limit`; one without an answer did.
    pub fn share_above(&self, limit: Micros) -> f64 {
        let within = self.successes.partition_point(|latency| *latency <= limit.0) as u64;
        if self.planned == 0 { 0.0 } else { (self.planned - within) as f64 / self.planned as f64 }
    }

    /// The successes that took at least `limit`, ascending, in microseconds.
    pub fn successes_from(&self, limit: Micros) -> &[u64] {
        &self.successes[self.successes.partition_point(|latency| *latency < limit.0)..]
    }

    /// The fastest success.
    pub fn min(&self) -> Option<Micros> {
        self.successes.first().copied().map(Micros)
    }

    /// The slowest request; `None` if one has no answer, for that one has no end.
    pub fn max(&self) -> Option<Micros> {
        self.percentile(1_000)
    }

    /// The mean in microseconds; `None` if a request has no answer.
    pub fn mean(&self) -> Option<f64> {
        let all = !self.successes.is_empty() && self.successes.len() as u64 == self.planned;
        let sum: u128 = self.successes.iter().map(|latency| u128::from(*latency)).sum();
        all.then(|| sum as f64 / self.planned as f64)
    }
}

fn rank(planned: u64, permille: u64) -> u64 {
    let rank = (u128::from(planned) * u128::from(permille)).div_ceil(1_000).max(1);
    u64::try_from(rank).unwrap_or(u64::MAX)
}

/// A few percentiles of values in any order, in rising tenths of a percent, without a sort of all of them; `None` of no
/// values.
pub fn percentiles<const N: usize>(values: &mut [u64], permille: [u64; N]) -> Option<[Micros; N]> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as u64;
    let (mut found, mut within) = ([Micros(0); N], values);
    for (found, permille) in found.iter_mut().zip(permille).rev() {
        let place = (rank(n, permille).min(n) - 1) as usize;
        *found = Micros(*within.select_nth_unstable(place).1);
        within = &mut within[..=place];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nearest_rank_has_no_rounding_trap() {
        let thousand = Distribution::new((1..=1_000).collect(), 1_000);
        for (permille, expected) in [(1, 1), (500, 500), (950, 950), (999, 999), (1_000, 1_000)] {
            assert_eq!(thousand.percentile(permille), Some(Micros(expected)));
        }
        let three = Distribution::new(vec![30, 10, 20], 3);
        assert_eq!(three.percentile(500), Some(Micros(20)));
        assert_eq!(three.percentile(950), Some(Micros(30)));
    }

    #[test]
    fn a_failure_ranks_slower_than_every_success() {
        let nine_of_ten = Distribution::new((1..=9).collect(), 10);
        assert_eq!(nine_of_ten.percentile(900), Some(Micros(9)));
        assert_eq!(nine_of_ten.percentile(910), None);
        assert_eq!((nine_of_ten.max(), nine_of_ten.mean()), (None, None));
        assert_eq!(nine_of_ten.of_successes().max(), Some(Micros(9)));
        assert_eq!(Distribution::new(vec![], 0).percentile(500), None);
        assert_eq!(nine_of_ten.share_above(Micros(7)), 0.3, "8, 9 and the failure");
        assert_eq!(Distribution::new(vec![], 0).share_above(Micros(0)), 0.0);
    }

    proptest! {
        #[test]
        fn selected_and_pooled_percentiles_are_those_of_the_sorted_whole(
            parts in prop::collection::vec(prop::collection::vec(0_u64..50, 0..40), 1..4),
        ) {
            let part = |values: &Vec<u64>| Distribution::new(values.clone(), values.len() as u64 + 1);
            let mut values = parts.concat();
            let whole = Distribution::new(values.clone(), (values.len() + parts.len()) as u64);
            let pooled = Distribution::pooled(parts.iter().map(part).collect::<Vec<_>>().iter());
            prop_assert_eq!((&pooled.successes, pooled.planned), (&whole.successes, whole.planned));
            let sorted = [1, 250, 500, 950, 1_000].map(|permille| whole.of_successes().percentile(permille));
            let selected = percentiles(&mut values, [1, 250, 500, 950, 1_000]);
            prop_assert_eq!(selected.map_or([None; 5], |found| found.map(Some)), sorted);
        }

        #[test]
        fn a_percentile_leaves_the_stated_share_at_or_below_it(
            values in prop::collection::vec(0_u64..1_000, 1..300),
            failed in 0_u64..30,
            permille in 1_u64..=1_000,
        ) {
            let planned = values.len() as u64 + failed;
            let distribution = Distribution::new(values.clone(), planned);
            let Some(Micros(found)) = distribution.percentile(permille) else {
                prop_assert!(values.len() as u64 * 1_000 < planned * permille);
                return Ok(());
            };
            let at_or_below = values.iter().filter(|value| **value <= found).count() as u64;
            let below = values.iter().filter(|value| **value < found).count() as u64;
            prop_assert!(at_or_below * 1_000 >= planned * permille);
            prop_assert!(below * 1_000 < planned * permille);
        }
    }
}
