//! The percentile of each resample of blocks, without a sort of any.

use crate::model::Micros;
use crate::stats::Distribution;
use crate::stats::bootstrap::{self, Blocks};

/// The percentile of each resample in milliseconds, infinite where it falls on no answer; `None` where
/// the requests are too few, or too much alike, for the slowest of them to bound it. `in_order` has the latencies, of so
/// many together that are drawn or left out together.
///
/// A resample is not sorted anew: the share of it at or below the percentile says by how many ranks
/// its own percentile lies elsewhere (Bahadur 1966, Woodruff 1952).
pub(super) fn percentiles(
    latency: &Distribution,
    permille: u64,
    (in_order, together): (&[Option<u64>], usize),
    blocks: Blocks,
    seed: u64,
) -> Option<Vec<f64>> {
    let (rank, n) = (latency.rank(permille), latency.planned());
    let series = fastest((in_order, together), rank, latency.at_rank(rank)?.0);
    let deviations = bootstrap::deviations(&series, blocks, seed);
    let share = permille as f64 / 1e3;
    let independent = blocks.independent(&deviations, share * (1.0 - share), n);
    let unbounded = |share: f64| share.powf(independent) > 0.025;
    if unbounded(share) || unbounded(1.0 - share) {
        return None;
    }
    let moved = |deviation: f64| {
        let rank = (rank as f64 - deviation * n as f64).round().clamp(1.0, n as f64);
        latency.at_rank(rank as u64).map_or(f64::INFINITY, Micros::as_millis)
    };
    Some(deviations.into_iter().map(moved).collect())
}

/// The share of each so many that are among so many of the fastest requests, of which the slowest takes `at`. Of equals
/// the first count: members of a batch can be equal, and counting all of them would hide how far the percentile can
/// move among them.
fn fastest((in_order, together): (&[Option<u64>], usize), count: u64, at: u64) -> Vec<f64> {
    let faster = in_order.iter().flatten().filter(|latency| **latency < at).count() as u64;
    let mut equals = count.saturating_sub(faster);
    let mut counts = |latency: u64| {
        let equal = latency == at && equals > 0;
        equals -= u64::from(equal);
        latency < at || equal
    };
    let mut share = |those: &[Option<u64>]| {
        let fast = those.iter().filter(|latency| latency.is_some_and(&mut counts)).count();
        fast as f64 / together as f64
    };
    in_order.chunks(together).map(&mut share).collect()
}
