//! Slow requests near retransmission delays: what dropped packets look like from outside.

use std::collections::BTreeMap;

use crate::analyze::document::{Clump, Cluster, Clusters};
use crate::model::Micros;
use crate::stats::distribution::Distribution;
use crate::stats::rounded;

/// Distance from a whole second that still counts as near it. Three tenths of all delays are that near by chance:
/// only clusters that hold clearly more of the slow requests speak of retransmission.
const TOLERANCE: Micros = Micros(150_000);
const SECOND: u64 = 1_000_000;
/// Between neighbours of one clump, in microseconds.
const GAP: u64 = 20_000;
/// Fewer are no clump.
const CLUMP_LEAST: usize = 5;

/// `None` where there is no median.
pub(super) fn of(latency: &Distribution) -> Option<Clusters> {
    let bulk = latency.percentile(500)?;
    let slow = latency.successes_from(Micros(bulk.0 + SECOND - TOLERANCE.0));
    let mut near: BTreeMap<u64, u64> = BTreeMap::new();
    for latency in slow {
        let delay = latency - bulk.0;
        let nearest = (delay + SECOND / 2) / SECOND;
        if delay.abs_diff(nearest * SECOND) <= TOLERANCE.0 {
            *near.entry(nearest).or_default() += 1;
        }
    }
    let share = |n: u64, of: u64| rounded(n as f64 / of as f64, 4);
    let clumps = clumps(slow);
    let (slow, all) = (slow.len() as u64, near.values().sum());
    let cluster = |(delay_s, n)| Cluster { delay_s, n, share: share(n, latency.planned()) };
    Some(Clusters {
        bulk_ms: bulk.as_millis(),
        tolerance_ms: TOLERANCE.as_millis(),
        share_by_chance: rounded(2.0 * TOLERANCE.0 as f64 / SECOND as f64, 4),
        slow,
        share_near: (slow > 0).then(|| share(all, slow)),
        near: near.into_iter().map(cluster).collect(),
        clumps,
    })
}

/// Of ascending latencies.
fn clumps(slow: &[u64]) -> Vec<Clump> {
    let neighbours = slow.chunk_by(|one, next| next - one <= GAP);
    let clump = |group: &[u64]| Clump {
        from_ms: Micros(group[0]).as_millis(),
        to_ms: Micros(group[group.len() - 1]).as_millis(),
        n: group.len() as u64,
    };
    neighbours.filter(|group| group.len() >= CLUMP_LEAST).map(clump).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_a_timer_let_go_together_are_a_clump() {
        let clump = Clump { from_ms: 2.0, to_ms: 62.0, n: 5 };
        assert_eq!(clumps(&[2_000, 20_000, 22_000, 42_000, 62_000, 83_000, 84_000]), [clump]);
        assert_eq!(clumps(&[]), []);
    }

    #[test]
    fn delays_near_whole_seconds_are_counted_and_others_are_not() {
        let mut latencies = vec![900_000; 92];
        let slow = [1_750_000, 2_050_000, 1_900_000, 2_350_000, 2_900_000, 7_800_000, 1_700_000, 1_300_000];
        latencies.extend(slow);
        let clusters = of(&Distribution::new(latencies, 100)).expect("a median");
        let near: Vec<_> = clusters.near.iter().map(|cluster| (cluster.delay_s, cluster.n)).collect();
        assert_eq!(near, [(1, 3), (2, 1), (7, 1)]);
        assert_eq!(
            (clusters.slow, clusters.share_near),
            (6, Some(0.8333)),
            "2.35 s is slow and near nothing"
        );
        assert_eq!(clusters.near[0].share, 0.03);
        assert_eq!(of(&Distribution::new(vec![], 5)), None);
    }
}
