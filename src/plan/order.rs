//! Which row of a file a request takes: a pure function of seed and sequence, so that no list of rows is shuffled.

use crate::model::{RowOrder, mix};

/// Rounds of the Feistel network; four look random to whoever sees its output alone (Luby, Rackoff 1988).
const ROUNDS: u64 = 4;

/// The row of a request, of so many rows.
pub(super) fn row(order: RowOrder, seed: u64, seq: u64, rows: u64) -> u64 {
    match order {
        RowOrder::Sequential => seed.wrapping_add(seq) % rows,
        RowOrder::Random => shuffled(seq % rows, rows, mix(mix(seed) ^ (seq / rows))),
    }
}

/// Where a shuffle puts a place: a permutation of a power of four, followed until it falls below `rows` (cycle walking,
/// Black, Rogaway 2002).
fn shuffled(place: u64, rows: u64, key: u64) -> u64 {
    let bits = (u64::BITS - (rows - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1 << bits) - 1;
    let once = |place: u64| {
        let ends = (0..ROUNDS).fold((place >> bits, place & mask), |(left, right), round| {
            (right, left ^ (mix(key ^ mix(right ^ (round << 32))) & mask))
        });
        ends.0 << bits | ends.1
    };
    let mut place = once(place);
    while place >= rows {
        place = once(place);
    }
    place
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequential_begins_at_the_seed_and_again_at_the_top() {
        let rows: Vec<_> = (0..4).map(|seq| row(RowOrder::Sequential, 1, seq, 3)).collect();
        assert_eq!(rows, [1, 2, 0, 1]);
    }

    #[test]
    fn a_shuffle_spreads() {
        let first = |seed| row(RowOrder::Random, seed, 0, 10);
        let counts = (0..10_000).fold([0; 10], |mut counts: [u32; 10], seed| {
            counts[first(seed) as usize] += 1;
            counts
        });
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        let far = (0..999).filter(|seq| {
            let [one, next] = [*seq, seq + 1].map(|seq| row(RowOrder::Random, 7, seq, 1_000));
            one.abs_diff(next) > 100
        });
        assert!(far.count() > 700, "neighbours part");
    }

    proptest! {
        #[test]
        fn each_row_comes_once_before_any_comes_again(rows in 1_u64..300, seed: u64, pass in 0_u64..5) {
            let of_pass = |pass: u64| (0..rows).map(move |place| row(RowOrder::Random, seed, pass * rows + place, rows));
            prop_assert_eq!(of_pass(pass).collect::<BTreeSet<_>>(), (0..rows).collect::<BTreeSet<_>>());
            if rows > 20 {
                prop_assert!(of_pass(pass).ne(of_pass(pass + 1)), "another order in each pass");
            }
        }
    }
}
