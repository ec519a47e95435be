//! Collectors that are down, refuse, swallow or dawdle do not move the numbers: each is compared with none at all, in
//! turns, on the same server.

use crate::common;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::Mock;
use crate::common::holes::{BlackHole, Refusing};
use crate::common::otlp::{Collector, Refusal};
use crate::common::run::{Table, fresh_folder};

const KINDS: [&str; 5] = ["none", "down", "refusing", "black hole", "slow"];
const ROUNDS: usize = 9;
/// Of 50 ms each, sixteen at a time.
const REQUESTS: usize = 256;
/// How far the medians of P50 and P95 may rise, in percent of what they are without a collector. The load lasts less
/// than a second, so thirteen requests make its P95: two loads differ by several percent with nothing between them, and
/// the upper end of an interval, which is the second highest of nine, holds that noise. The median does not follow two
/// or three disturbed rounds, and a collector that really moves P95 by 15 % moves it in most of them.
const BOUNDS: [f64; 2] = [5.0, 10.0];

/// P50 and P95 of a load, in milliseconds.
type Percentiles = [f64; 2];

/// Sends a load with spans for `collector`, or without any, and reads its log as soon as the load is over: what the
/// process still does for its spans is its own affair, and waits in `ending`.
fn measure(mock: &Mock, folder: &Path, collector: Option<&str>, ending: &mut Vec<Child>) -> Percentiles {
    let log = folder.join(format!("{}.csv", ending.len()));
    let mut load = Command::new(common::EXE);
    load.args(["load", "scenarios/default.toml", "--phase", "after", "--no-metrics"]);
    load.args(["-n", &REQUESTS.to_string(), "--target", &mock.hello.infer, "-c", "16", "-o"]).arg(&log);
    load.args(["--set", "after.batch=1", "--set", "after.connections=16"]);
    load.args(collector.into_iter().flat_map(|url| ["--otlp-protocol=grpc", "--otlp-endpoint", url]));
    // Small batches: the exporter is at work while the load is on, not only at its end.
    load.env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100").env("OTEL_BSP_SCHEDULE_DELAY", "100");
    let mut load = load.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(load.stderr.take().expect("piped")).lines();
    let done = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("after")));
    assert!(done.is_some(), "it says when the load is over");
    ending.push(load);
    // Read on, or it would meet a closed pipe.
    std::thread::spawn(move || lines.count());
    percentiles(&log)
}

fn percentiles(log: &Path) -> Percentiles {
    let table = Table::read(&std::fs::read_to_string(log).expect("a log"));
    let mut latencies: Vec<f64> =
        table.column("latency_ms").iter().map(|field| field.parse().expect("a number")).collect();
    assert_eq!(latencies.len(), REQUESTS);
    latencies.sort_by(f64::total_cmp);
    [50, 95].map(|percent| latencies[(latencies.len() * percent).div_ceil(100) - 1])
}

/// Median of what differs within the rounds, and the interval of the sign test: of nine, the second lowest and the
/// second highest hold the true median in 96 of 100 cases, whatever the distribution.
fn shift(with: &[Percentiles], without: &[Percentiles], which: usize) -> [f64; 3] {
    let mut shifts: Vec<f64> =
        with.iter().zip(without).map(|(one, other)| (one[which] / other[which] - 1.0) * 100.0).collect();
    shifts.sort_by(f64::total_cmp);
    [shifts[ROUNDS / 2], shifts[1], shifts[ROUNDS - 2]]
}

/// The server, and where the spans of each kind of load go.
struct Bench {
    mock: Mock,
    folder: PathBuf,
    urls: [Option<String>; KINDS.len()],
    ending: Vec<Child>,
}

impl Bench {
    /// Loads without a collector and with each of these kinds, in turns; by kind.
    fn rounds(&mut self, kinds: &[usize]) -> BTreeMap<usize, Vec<Percentiles>> {
        let kinds = [&[0], kinds].concat();
        let mut measured: BTreeMap<usize, Vec<Percentiles>> = BTreeMap::new();
        for round in 0..ROUNDS {
            // Another order each time: the machine drifts.
            for at in (0..kinds.len()).map(|at| kinds[(at + round) % kinds.len()]) {
                let found = measure(&self.mock, &self.folder, self.urls[at].as_deref(), &mut self.ending);
                measured.entry(at).or_default().push(found);
            }
        }
        measured
    }

    /// Those of the kinds that are beyond a bound.
    fn moved(&mut self, kinds: &[usize]) -> Vec<usize> {
        let measured = self.rounds(kinds);
        let is_beyond = |kind: &usize| {
            let shifts = [0, 1].map(|which| shift(&measured[kind], &measured[&0], which));
            for (name, [median, low, high]) in ["P50", "P95"].into_iter().zip(shifts) {
                println!(
                    "{}: {name} {median:+.2} % [{low:+.2}, {high:+.2}] of {ROUNDS} rounds",
                    KINDS[*kind]
                );
            }
            (0..shifts.len()).any(|which| shifts[which][0] > BOUNDS[which])
        };
        kinds.iter().copied().filter(is_beyond).collect()
    }
}

#[test]
fn no_collector_however_bad_moves_the_numbers() {
    let flags = ["--fixed-ms=50", "--item-ms=0", "--replicas=64", "--max-connections=64", "--backlog=64"];
    let (hole, down) = (BlackHole::open(), Refusing::bind());
    let always = Refusal { every: 1, service: None, status: 503 };
    let refuses = Collector::start_refusing(Duration::ZERO, always);
    let slow = Collector::start(Duration::from_millis(1_500));
    let urls = [
        None,
        Some(down.url.clone()),
        Some(refuses.grpc_url()),
        Some(hole.url.clone()),
        Some(slow.grpc_url()),
    ];
    let (mock, folder) = (Mock::start(&flags), fresh_folder("collectors_shift"));
    let mut bench = Bench { mock, folder, urls, ending: Vec::new() };
    let moved = bench.moved(&(1..KINDS.len()).collect::<Vec<_>>());
    for mut load in bench.ending {
        assert!(load.wait().expect("a child").success());
    }
    assert!(!refuses.headers().is_empty() && slow.count("spanload") > 0, "they were asked");
    let moved: Vec<_> = moved.iter().map(|kind| KINDS[*kind]).collect();
    assert!(moved.is_empty(), "beyond {BOUNDS:?} %: {moved:?}");
}

/// Made up: by how many percent of P50 and P95 rounds differ with nothing between them, three of them disturbed.
const NOISE: [[f64; 2]; ROUNDS] = [
    [-0.4, -3.5],
    [0.3, 12.0],
    [0.1, 1.0],
    [-0.2, -1.5],
    [6.0, 3.0],
    [0.0, 0.5],
    [7.0, 14.0],
    [0.4, 2.5],
    [5.5, 11.0],
];

/// Medians of P50 and P95 where the collector makes them longer by these percentages, noise beside.
fn medians_of(longer: [f64; 2]) -> [f64; 2] {
    let without = [[50.0, 52.0]; ROUNDS];
    let times = |percent: f64| 1.0 + percent / 100.0;
    let with =
        NOISE.map(|noise| [0, 1].map(|which| without[0][which] * times(noise[which]) * times(longer[which])));
    [0, 1].map(|which| shift(&with, &without, which)[0])
}

#[test]
fn a_shift_beyond_the_bounds_would_be_seen_and_noise_is_none() {
    let (noise, shifted) = (medians_of([0.0, 0.0]), medians_of([7.0, 15.0]));
    for (which, bound) in BOUNDS.into_iter().enumerate() {
        assert!(noise[which] < bound && shifted[which] > bound, "{noise:?}, {shifted:?}");
    }
}
