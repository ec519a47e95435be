//! Which of several endpoints a request goes to, so that their shares are those of their weights.
//!
//! The turns of a round are spread evenly: over any beginning of it, each endpoint has had its share, rounded down or up.
//! That alone would repeat itself, and a thread that sends every second request could always meet the same endpoint. So the
//! turns are shuffled by the seed, within windows so short that shares stay what they are.

use crate::model::mix;

/// Turns of a round at most: shares are kept to a ten-thousandth.
const LONGEST_ROUND: u32 = 10_000;
/// Turns that are shuffled among themselves, where a round is longer.
const WINDOW: u32 = 64;
/// Weights are taken exactly up to so many decimals.
const DECIMALS: i32 = 4;

/// A request's place: its endpoint, and how many requests of that endpoint stand before it in the order of the turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub endpoint: u16,
    pub number: u64,
}

/// The turns of a round, which is repeated, and how they are shuffled.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    seed: u64,
    /// Turns of each endpoint in a round.
    counts: Vec<u32>,
    /// Each with its number within the round.
    round: Vec<Turn>,
    window: u32,
}

impl Shares {
    /// By weights, which are above 0 and finite; there is at least one.
    pub(super) fn new(weights: &[f64], seed: u64) -> Self {
        let counts = counts(weights);
        let round = round(&counts);
        let window = if round.len() as u32 <= WINDOW { round.len() as u32 } else { WINDOW };
        Shares { seed, counts, round, window }
    }

    /// The same, shuffled by another seed.
    pub(super) fn of_seed(&self, seed: u64) -> Self {
        Shares { seed, ..self.clone() }
    }

    /// The turn of one request: always the same for the same number. No two have the same.
    pub(super) fn turn(&self, seq: u64) -> Turn {
        let window = u64::from(self.window);
        let number = seq / window;
        let place = shuffled(mix(self.seed ^ mix(number)), (seq % window) as u32, self.window);
        let at = number * window + u64::from(place);
        let length = self.round.len() as u64;
        let turn = self.round[(at % length) as usize];
        let count = u64::from(self.counts[usize::from(turn.endpoint)]);
        Turn { number: at / length * count + turn.number, ..turn }
    }
}

/// Whole numbers in the proportion of the weights, as small as they can be; rounded where a round would be too long.
fn counts(weights: &[f64]) -> Vec<u32> {
    let exact = (0..=DECIMALS).find_map(|decimals| whole(weights, 10_f64.powi(decimals)));
    let sum: f64 = weights.iter().sum();
    let rounded = |weight: &f64| ((weight / sum * f64::from(LONGEST_ROUND)).round() as u32).max(1);
    exact.unwrap_or_else(|| weights.iter().map(rounded).collect())
}

fn whole(weights: &[f64], scale: f64) -> Option<Vec<u32>> {
    let scaled = weights.iter().map(|weight| weight * scale);
    let numbers: Option<Vec<u64>> = scaled
        .map(|scaled| {
            let number = scaled.round();
            ((1.0..1e15).contains(&number) && (scaled - number).abs() < number * 1e-9)
                .then_some(number as u64)
        })
        .collect();
    let numbers = numbers?;
    let divisor = numbers.iter().copied().fold(0, common_divisor);
    let sum: u64 = numbers.iter().map(|number| number / divisor).sum();
    (sum <= u64::from(LONGEST_ROUND))
        .then(|| numbers.iter().map(|number| (number / divisor) as u32).collect())
}

fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

/// The turns of a round. Turn `n` of an endpoint with `c` of `L` turns belongs between `nL/c` and `(n+1)L/c`; whoever must
/// be done first comes first, which keeps all of them within (earliest deadline first, Liu and Layland 1973).
fn round(counts: &[u32]) -> Vec<Turn> {
    let length: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let mut taken = vec![0_u64; counts.len()];
    let turn = |at: u64| {
        let is_open = |endpoint: &usize| taken[*endpoint] * length < (at + 1) * u64::from(counts[*endpoint]);
        let deadline =
            |endpoint: &usize| ((taken[*endpoint] + 1) * length).div_ceil(u64::from(counts[*endpoint]));
        let next = (0..counts.len()).filter(is_open).min_by_key(deadline);
        let next = next.expect("not all of them have had more than their share");
        taken[next] += 1;
        Turn { endpoint: next as u16, number: taken[next] - 1 }
    };
    (0..length).map(turn).collect()
}

/// Where one of so many places goes: another one for each, chosen by the key. Each step can be undone, within a power of
/// two of places; one beyond `length` goes on until it is not.
fn shuffled(key: u64, place: u32, length: u32) -> u32 {
    let mask = length.next_power_of_two() - 1;
    let shift = (mask.count_ones() / 2).max(1);
    let mut place = place;
    loop {
        for step in 0..3 {
            let bits = (key >> (16 * step)) as u32;
            place = place.wrapping_mul(bits | 1).wrapping_add(bits >> 8) & mask;
            place ^= place >> shift;
        }
        if place < length {
            return place;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn share(weights: &[f64], endpoint: usize) -> f64 {
        weights[endpoint] / weights.iter().sum::<f64>()
    }

    proptest! {
        #[test]
        fn at_the_end_of_each_window_no_endpoint_is_a_request_ahead_or_behind(
            weights in prop::collection::vec(1..40_u32, 1..9),
            decimals in 0..3,
            seed in any::<u64>(),
        ) {
            let weights: Vec<f64> = weights.iter().map(|weight| f64::from(*weight) / 10_f64.powi(decimals)).collect();
            let shares = Shares::new(&weights, seed);
            let mut counts = vec![0_u64; weights.len()];
            for seq in 0..20 * u64::from(shares.window) {
                counts[usize::from(shares.turn(seq).endpoint)] += 1;
                if (seq + 1) % u64::from(shares.window) == 0 {
                    for (endpoint, count) in counts.iter().enumerate() {
                        let exact = (seq + 1) as f64 * share(&weights, endpoint);
                        prop_assert!((*count as f64 - exact).abs() < 1.0 - 1e-9, "{count} of {exact} after {seq}");
                    }
                }
            }
        }

        #[test]
        fn the_requests_of_an_endpoint_are_numbered_without_a_gap(
            weights in prop::collection::vec(1..200_u32, 1..6),
            seed in any::<u64>(),
        ) {
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let shares = Shares::new(&weights, seed);
            let windows = u64::from(shares.window) * shares.round.len() as u64;
            let turns: HashSet<_> = (0..windows).map(|seq| shares.turn(seq)).map(|turn| (turn.endpoint, turn.number)).collect();
            prop_assert_eq!(turns.len() as u64, windows, "no turn twice");
            for (endpoint, count) in shares.counts.iter().enumerate() {
                let most = u64::from(shares.window) * u64::from(*count);
                prop_assert!((0..most).all(|number| turns.contains(&(endpoint as u16, number))));
            }
        }
    }

    #[test]
    fn every_place_has_its_share_whoever_looks_at_it() {
        let shares = Shares::new(&[1.0, 1.0], 7);
        for thread in 0..2 {
            let first = (0..1_000).filter(|n| shares.turn(2 * n + thread).endpoint == 0).count();
            assert!((400..600).contains(&first), "thread {thread} of two: {first} of 1,000");
        }
        let shares = Shares::new(&[1.0, 2.0, 3.0], 7);
        for place in 0..6 {
            let last = (0..1_000).filter(|n| shares.turn(6 * n + place).endpoint == 2).count();
            assert!((420..580).contains(&last), "place {place} of six: {last} of 1,000");
        }
    }

    #[test]
    fn weights_become_the_smallest_whole_numbers() {
        assert_eq!(counts(&[1.0, 2.0, 3.0]), [1, 2, 3]);
        assert_eq!(counts(&[10.0, 20.0]), [1, 2]);
        assert_eq!(counts(&[0.7, 0.3]), [7, 3]);
        assert_eq!(counts(&[0.125, 1.0]), [1, 8]);
        assert_eq!(counts(&[1.0, 1.0 / 3.0]), [7_500, 2_500]);
        assert_eq!(counts(&[1e6, 1.0, 1e-300]), [10_000, 1, 1], "none is left out");
    }

    #[test]
    fn the_seed_counts() {
        let endpoints = |seed| {
            let shares = Shares::new(&[1.0, 2.0, 3.0], seed);
            (0..60).map(|seq| shares.turn(seq).endpoint).collect::<Vec<_>>()
        };
        assert_eq!(endpoints(7), endpoints(7));
        assert_ne!(endpoints(7), endpoints(8));
    }
}
