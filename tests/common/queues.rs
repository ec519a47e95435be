//! How often the intervals over pairs of requests hold the truth: both phases meet the same arrivals with the same bodies at a
//! queue of one server each, so that neighbours depend on each other for as long as the queue lasts.
use spanload::analyze::{Comparison, PhaseCollector};
use spanload::stats::SplitMix64;

use super::coverage::{Count, compared, sample};

/// Requests before those that count, after which the queue no longer knows that it was empty.
const BURN_IN: usize = 1_000;
/// Requests of the run that tells the truth; of a queue that is 80 % busy its P99 is off by about one percent.
const LONG: usize = 8_000_000;
/// Mean time between arrivals in milliseconds.
const BETWEEN: f64 = 10.0;

/// Two queues at one stream of arrivals.
#[derive(Clone, Copy)]
pub struct Queues {
    /// The share of the time for which each server is busy, before and after.
    pub busy: [f64; 2],
    /// Requests of a repetition.
    pub requests: usize,
    pub repetitions: u32,
}

/// What arrives: milliseconds since the one before, and what its body asks for, 1 on average.
type Arrival = (f64, f64);

impl Queues {
    /// Draws runs and counts how often the intervals of P50, P95, P99 and mean hold the truth.
    pub fn measure(self, draws: u32, seed: u64) -> [(&'static str, Count); 4] {
        let mut random = SplitMix64::new(seed);
        let truth = self.truth(&mut random);
        let mut counts = ["P50", "P95", "P99", "mean"].map(|name| (name, Count::default()));
        for _ in 0..draws {
            let difference = self.run(&mut random).difference;
            let found = [&difference.p50, &difference.p95, &difference.p99, &difference.mean];
            for (((_, count), difference), truth) in counts.iter_mut().zip(found).zip(truth) {
                count.take(difference.paired_ci95_ms, truth);
            }
        }
        counts
    }

    /// The differences of the queues in their steady state, in milliseconds.
    fn truth(self, random: &mut SplitMix64) -> [f64; 4] {
        let arrivals = arrivals(LONG, random);
        let [before, after] = self.busy.map(|busy| {
            let mut latencies = latencies(&arrivals, busy, random);
            latencies.sort_unstable();
            let at = |share: f64| latencies[(share * latencies.len() as f64) as usize] as f64 / 1e3;
            let mean = latencies.iter().sum::<u64>() as f64 / latencies.len() as f64 / 1e3;
            [at(0.5), at(0.95), at(0.99), mean]
        });
        std::array::from_fn(|one| after[one] - before[one])
    }

    fn run(self, random: &mut SplitMix64) -> Comparison {
        let arrivals = arrivals(BURN_IN + self.requests, random);
        let [before, after] = self.busy.map(|busy| {
            let mut phase = PhaseCollector::new(self.requests as u64, self.repetitions);
            for repetition in 1..=self.repetitions {
                let latencies = latencies(&arrivals, busy, random);
                for (seq, latency) in (0..).zip(latencies.into_iter().skip(BURN_IN)) {
                    phase.take(repetition, &sample(seq, latency)).expect("a planned request");
                }
            }
            phase.finish()
        });
        compared(&before, &after)
    }
}

fn exponential(random: &mut SplitMix64) -> f64 {
    -random.unit().ln()
}

fn arrivals(n: usize, random: &mut SplitMix64) -> Vec<Arrival> {
    (0..n).map(|_| (BETWEEN * exponential(random), 0.5 + random.unit())).collect()
}

/// Latencies in microseconds: what is left of the work before, and one's own, whose length is its body's times chance
/// (Lindley 1952).
fn latencies(arrivals: &[Arrival], busy: f64, random: &mut SplitMix64) -> Vec<u64> {
    let mut work = 0.0_f64;
    let mut next = |(between, body): &Arrival| {
        work = (work - between).max(0.0) + busy * BETWEEN * body * exponential(random);
        (work * 1e3).round() as u64
    };
    arrivals.iter().map(&mut next).collect()
}
