//! Slow requests near retransmission delays: what dropped packets look like from outside.

use std::collections::BTreeMap;

use serde::Serialize;

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

/// Requests at least a second (less the tolerance) above the median.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clusters {
    /// The median, from which delays count.
    pub bulk_ms: f64,
    /// Distance from a whole second that still counts.
    pub tolerance_ms: f64,
    /// Share of evenly spread delays that would be in some cluster by chance.
    pub share_by_chance: f64,
    /// Successes that are so slow.
    pub slow: u64,
    /// Of them, those in some cluster, as a share.
    pub share_near: Option<f64>,
    /// Those near 1, 2, 3 … seconds: a SYN is sent again after 1 s and then at distances that the kernel doubles, at
    /// once or after some steps of a second each (`tcp_syn_linear_timeouts`).
    pub near: Vec<Cluster>,
    /// Five or more that took nearly the same time, whatever the delay: a timer let them go together.
    pub clumps: Vec<Clump>,
}

/// Slow requests with no more than 20 ms from one to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clump {
    /// Latency of the fastest.
    pub from_ms: f64,
    /// Latency of the slowest.
    pub to_ms: f64,
    /// How many.
    pub n: u64,
}

/// Requests near one delay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// Above the median, in seconds.
    pub delay_s: u64,
    /// How many.
    pub n: u64,
    /// Share of all requests.
    pub share: f64,
}

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
