//! Due times as a plan has them, whatever makes them.

use std::io::Write;

use super::*;
use crate::model::{RateStep, TraceFormat};

fn all(process: ArrivalProcess, end: ArrivalsEnd) -> Vec<u64> {
    let arrivals = PlannedArrivals::new(process, 7, end).expect("arrivals");
    let times: Vec<u64> = arrivals.times().map(Moment::as_micros).collect();
    assert_eq!(times.len() as u64, arrivals.requests());
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.last(), Some(&arrivals.record().last_due_us));
    times
}

fn so_many(requests: u64) -> ArrivalsEnd {
    ArrivalsEnd { requests: Some(requests), duration: None }
}

fn within(seconds: u64) -> ArrivalsEnd {
    ArrivalsEnd { requests: None, duration: Some(Duration::from_secs(seconds)) }
}

fn trace(text: &[u8]) -> (tempfile::NamedTempFile, ArrivalProcess) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text).expect("it can be written");
    let process = ArrivalProcess::Trace { file: file.path().into(), scale: 1.0, jitter_us: 0 };
    (file, process)
}

fn refused(text: &[u8]) -> String {
    let (_file, process) = trace(text);
    PlannedArrivals::new(process, 7, ArrivalsEnd::default()).expect_err("no trace").to_string()
}

#[test]
fn a_constant_rate_does_not_drift() {
    let times = all(ArrivalProcess::Constant { rate: 300.0 }, so_many(1_000_000));
    assert_eq!([times[0], times[1], times[2], times[3]], [0, 3_333, 6_667, 10_000]);
    assert_eq!(times[999_999], 3_333_330_000, "a third of a microsecond each is not lost");
    let times = all(ArrivalProcess::Constant { rate: 50.0 }, within(10));
    assert_eq!((times.len(), times[499]), (500, 9_980_000));
}

#[test]
fn the_number_that_arrives_in_a_time_is_that_of_the_seed_and_is_not_rescaled() {
    let poisson = ArrivalProcess::Poisson { rate: 100.0 };
    let times = all(poisson.clone(), within(100));
    assert!((9_700..10_300).contains(&times.len()) && times.len() != 10_000, "{}", times.len());
    assert_eq!(all(poisson.clone(), within(100)), times);
    assert_eq!(all(poisson, so_many(50)), times[..50], "and the first ones are the same however many follow");
    let bursty = all(ArrivalProcess::Gamma { rate: 100.0, shape: 0.1 }, so_many(10_000));
    let close = |times: &[u64]| times.windows(2).filter(|pair| pair[1] - pair[0] < 100).count();
    assert!(close(&bursty) > 10 * close(&times), "{} against {}", close(&bursty), close(&times));
}

#[test]
fn steps_follow_the_clock() {
    let step = |lasts: u64, from, to| RateStep { lasts_us: lasts * 1_000_000, from, to };
    let steps = vec![step(2, 2.0, 2.0), step(2, 0.0, 0.0), step(2, 2.0, 4.0)];
    let process = |shape| ArrivalProcess::Steps { steps: steps.clone(), shape };
    let times = all(process(None), ArrivalsEnd::default());
    assert_eq!(times[..5], [0, 500_000, 1_000_000, 1_500_000, 4_000_000]);
    assert_eq!(times.len(), 10, "four, none, and six with the ramp");
    assert_eq!(all(process(None), so_many(3)), times[..3]);
    let random = all(process(Some(1.0)), ArrivalsEnd::default());
    assert!(
        random.iter().all(|due| !(2_000_000..4_000_000).contains(due)),
        "nobody comes in a rest: {random:?}"
    );
}

#[test]
fn each_known_form_of_a_trace_is_recognised_by_its_content() {
    let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n";
    let zoned = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2024-05-10 23:59:59.5+00:00,1,1\r\n2024-05-11 00:00:00.009930+00:00,2,2";
    let burst = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,a\n45.5,ChatGPT,1,0,1,b\n";
    let mooncake = "{\"timestamp\": 0, \"input_length\": 6758, \"hash_ids\": [0, 1]}\n{\"timestamp\": 3000, \"input_length\": 1, \"hash_ids\": []}\n";
    let bailian = "{\"chat_id\": 1, \"parent_chat_id\": -1, \"timestamp\": 61.5, \"hash_ids\": []}\n{\"chat_id\": 2, \"timestamp\": 62}\n";
    for (text, format, last) in [
        (azure, TraceFormat::Azure, 52_000),
        (zoned, TraceFormat::Azure, 509_930),
        (burst, TraceFormat::BurstGpt, 40_500_000),
        (mooncake, TraceFormat::Mooncake, 3_000_000),
        (bailian, TraceFormat::Bailian, 500_000),
        ("chat_id,parent_chat_id,timestamp,turn\n1,-1,3.5,1\n2,1,4,2\n", TraceFormat::Bailian, 500_000),
        ("\"id\",\"Time\"\n1,\"0.25\"\n2,\"0.5\"\n", TraceFormat::Csv, 250_000),
        ("model,time\n\"a, b\",1\n\"c\",1.5\n", TraceFormat::Csv, 500_000),
        ("\u{feff}1700000000.000001\n\n1700000000.5\n", TraceFormat::Seconds, 499_999),
    ] {
        let (_file, process) = trace(text.as_bytes());
        let arrivals = PlannedArrivals::new(process, 7, ArrivalsEnd::default()).expect(text);
        let record = arrivals.record();
        let read = record.read.as_ref().expect("a trace");
        assert_eq!((read.format, record.last_due_us, read.stamps), (format, last, 2), "{text}");
        assert!(arrivals.times().map(Moment::as_micros).eq([0, last]));
    }
}

#[test]
fn a_trace_is_scaled_cut_and_spread() {
    let text: String = (0..4).flat_map(|group| (0..100).map(move |_| format!("{}\n", group * 3))).collect();
    let (_file, process) = trace(text.as_bytes());
    let ArrivalProcess::Trace { file, .. } = process else { panic!("{process}") };
    let of = |scale, jitter_us| ArrivalProcess::Trace { file: file.clone(), scale, jitter_us };
    assert_eq!(all(of(1.0, 0), within(6)).len(), 200);
    assert_eq!(all(of(0.1, 0), ArrivalsEnd::default())[399], 900_000);
    let plain = PlannedArrivals::new(of(1.0, 0), 7, ArrivalsEnd::default()).expect("a trace");
    let read = plain.record().read.clone().expect("a trace");
    assert_eq!((read.stamps, read.largest_group, read.is_quantised(400)), (4, 100, true));
    // Spread over ten seconds they stay in the three until the next time; the last ones have all ten.
    let spread = all(of(1.0, 10_000_000), ArrivalsEnd::default());
    for (group, dues) in spread.chunks(100).enumerate() {
        let (from, lasts) = (group as u64 * 3_000_000, if group == 3 { 10_000_000 } else { 3_000_000 });
        assert!(dues.iter().all(|due| (from..=from + lasts).contains(due)), "{group}: {dues:?}");
        let mean = dues.iter().map(|due| due - from).sum::<u64>() / 100;
        assert!(mean.abs_diff(lasts / 2) < lasts / 10, "{group}: {mean}");
    }
}

#[test]
fn what_is_no_trace_is_named_with_its_line() {
    for (text, words) in [
        (&b""[..], ["line 1", "no arrival"]),
        (b"\n \n", ["line 1", "no arrival"]),
        (b"timestamp\n", ["load.trace", "no arrival"]),
        (b"hello\nworld\n", ["line 1", "one number of seconds a line"]),
        (b"a,b\n1,2\n", ["line 1", "column `timestamp`"]),
        (b"{\"time\": 1}\n", ["line 1", "JSON lines"]),
        (b"{\"timestamp\": 1}\n", ["line 1", "Mooncake: milliseconds"]),
        (b"{\"timestamp\": 1, \"chat_id\": 1}\n{\"timestamp\": \"x\"}\n", ["line 2", "timestamp"]),
        (b"1\n2\nx\n", ["line 3", "`x` is not a valid time"]),
        (b"1\n2\nNaN\n", ["line 3", "out of range"]),
        (b"timestamp,b\n1,2\n\n,3\n", ["line 4", "`` is not a valid time"]),
        (b"a,timestamp\n1,2\n3\n", ["line 3", "no column 2"]),
        (b"0\n5\n4.9\n", ["line 3", "before that of the line above"]),
        (b"0\n5\n86405\n", ["line 3", "24.0 hours after the line above"]),
        (b"\x7fELF\0\0\0\n", ["line 1", "binary"]),
        (b"1\n2\n\xff\xfe\n", ["line 3", "UTF-8"]),
    ] {
        let problem = refused(text);
        for word in words.into_iter().chain(["load.trace"]) {
            assert!(problem.contains(word), "{word}: {problem}");
        }
        assert!(problem.len() < 600, "{problem}");
    }
    let long = vec![b'1'; 2 << 20];
    assert!(refused(&long).contains("line 1"));
    let missing = ArrivalProcess::Trace { file: "/nowhere/a.csv".into(), scale: 1.0, jitter_us: 0 };
    let problem = PlannedArrivals::new(missing, 7, so_many(1)).expect_err("no file").to_string();
    assert!(problem.contains("/nowhere/a.csv"), "{problem}");
}

#[test]
fn what_is_behind_the_end_of_a_load_is_not_asked_for() {
    let (_file, process) = trace(b"0\n5\n86405\n");
    assert_eq!(all(process.clone(), so_many(2)), [0, 5_000_000]);
    assert!(PlannedArrivals::new(process, 7, so_many(3)).is_err(), "the third comes a day later");
}

#[test]
fn a_trace_that_is_changed_gives_no_further_times_and_is_told() {
    use std::io::Write;
    let (mut file, process) = trace(b"0\n1\n2\n3\n");
    let arrivals = PlannedArrivals::new(process, 7, ArrivalsEnd::default()).expect("a trace");
    assert!(arrivals.whole().is_ok());
    file.as_file().set_len(4).expect("writable");
    assert_eq!(arrivals.times().count(), 2);
    let problem = arrivals.whole().expect_err("it was cut").to_string();
    assert!(
        problem.contains("load.trace") && problem.contains("was changed while the run was on"),
        "{problem}"
    );
    file.write_all(b"9\n").expect("writable");
    assert!(arrivals.whole().is_err());
}

#[test]
fn a_load_without_end_and_one_without_a_beginning_are_refused() {
    let of = |process, end| PlannedArrivals::new(process, 7, end).expect_err("no load").to_string();
    let problem = of(ArrivalProcess::Constant { rate: 1e6 }, within(60));
    assert!(problem.contains("load.rate: more than 10000000 requests"), "{problem}");
    let problem = of(ArrivalProcess::Constant { rate: 1e-6 }, so_many(3));
    assert!(problem.contains("request 2 would be due after more than 7 days"), "{problem}");
    let problem = of(ArrivalProcess::Poisson { rate: 1e-6 }, within(1));
    assert!(problem.contains("load.duration: no request is due"), "{problem}");
}

#[test]
fn the_digest_of_a_plan_is_over_its_due_times() {
    use crate::plan::Plan;
    let of = |rate| {
        let arrivals =
            PlannedArrivals::new(ArrivalProcess::Poisson { rate }, 7, so_many(50)).expect("arrivals");
        Plan::of_prompts(50, 7).arriving(arrivals).digest().expect("prompts are no file")
    };
    assert_eq!(of(5.0), of(5.0));
    assert_ne!(of(5.0), of(5.1), "other instants are another load");
    assert_ne!(
        of(5.0),
        Plan::of_prompts(50, 7).digest().expect("prompts are no file"),
        "and so is a closed loop"
    );
}

#[test]
fn the_offered_rate_is_that_of_the_gaps_whatever_makes_them() {
    let step = |lasts: u64, rate| RateStep { lasts_us: lasts * 1_000_000, from: rate, to: rate };
    let (_file, of_trace) = trace(b"10\n10\n11\n14\n");
    let rate = |process, end| PlannedArrivals::new(process, 7, end).expect("arrivals").record().offered_rps;
    assert_eq!(rate(ArrivalProcess::Constant { rate: 200.0 }, so_many(40)), Some(200.0));
    assert_eq!(rate(ArrivalProcess::Constant { rate: 50.0 }, within(10)), Some(50.0));
    assert_eq!(rate(of_trace, ArrivalsEnd::default()), Some(3.0 / 4.0));
    // Due after 2, 2.5, 3 and 3.5 s: neither the rest before nor the one after counts.
    let resting = vec![step(2, 0.0), step(2, 2.0), step(9, 0.0)];
    let resting = ArrivalProcess::Steps { steps: resting, shape: None };
    assert_eq!(rate(resting, ArrivalsEnd::default()), Some(2.0));
    let poisson = ArrivalProcess::Poisson { rate: 100.0 };
    let times = all(poisson.clone(), so_many(1_000));
    assert_eq!(rate(poisson, so_many(1_000)), Some(999.0 / (times[999] - times[0]) as f64 * 1e6));
    assert_eq!(rate(ArrivalProcess::Constant { rate: 1.0 }, so_many(1)), None, "one request is no rate");
}
