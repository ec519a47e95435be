//! Several threads, in real time: only what is exact however they are scheduled is asserted, which is every count.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::channel;
use std::time::Duration;

use spanload::engine::{self, Pacing};
use spanload::host::{Clock, Interrupt};
use spanload::model::{ArrivalProcess, Chunk, Pulse, Sample, StageSet};

use super::load::Load;
use super::scripted::{Act, Scripted};

fn run(load: Load, threads: usize) -> Vec<Sample> {
    let (sink, chunks) = channel::<Chunk>();
    let transport = || Scripted::with(1, 0, StageSet::ALL, |_| Act::Answer { after_ms: 0 });
    let pulse = Pulse::default();
    engine::run(threads, load.repetition, transport, Clock::start(), sink, &pulse, &Interrupt::never())
        .expect("the threads run");
    let mut samples: Vec<_> =
        chunks.into_iter().flatten().flatten().map(|completed| completed.sample).collect();
    samples.sort_by_key(|sample| sample.seq);
    samples
}

#[test]
fn threads_share_a_repetition_and_count_exactly() {
    for (requests, callers, pool, threads) in [(1_000, 8, 8, 3), (7, 5, 2, 4), (2, 9, 9, 4), (50, 1, 1, 2)] {
        let samples = run(Load::new(requests, callers).pool(pool).batch(2), threads);
        assert!(samples.iter().map(|sample| sample.seq).eq(0..requests), "each request once");
        let at_start =
            samples.iter().filter(|sample| sample.due == Some(spanload::model::Moment::START)).count();
        assert!(at_start as u64 >= callers.min(requests), "all callers begin at the start");
        let connections: HashSet<_> =
            samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
        assert!(connections.len() <= pool, "{} connections in a pool of {pool}", connections.len());
        let mut batches: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for batch in samples.iter().filter_map(|sample| sample.batch) {
            batches.entry(batch.id).or_default().push(batch.size);
        }
        let whole = |sizes: &Vec<u32>| sizes.iter().all(|size| *size as usize == sizes.len());
        assert!(batches.values().all(whole), "no two threads give one id to their batches");
    }
}

#[test]
fn a_thread_more_than_there_are_callers_is_none() {
    let load = Load::new(10, 2);
    assert_eq!(load.repetition.pacing, Pacing::Closed { workers: 2, think: Duration::ZERO });
    assert_eq!(run(load, 64).len(), 10);
}

#[test]
fn threads_share_the_arrivals_of_an_open_load() {
    for threads in [1, 3, 4] {
        let load = Load::new(200, 1).pool(8).arriving(ArrivalProcess::Gamma { rate: 5_000.0, shape: 0.5 });
        let plan = std::sync::Arc::clone(&load.repetition.plan);
        let samples = run(load, threads);
        assert!(samples.iter().map(|sample| sample.seq).eq(0..200), "each request once");
        let times = plan.arrivals().expect("an open load").times();
        assert!(samples.iter().map(|sample| sample.due).eq(times.map(Some)), "{threads} threads, one plan");
    }
}
