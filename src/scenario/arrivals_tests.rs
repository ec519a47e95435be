//! Which keys make which load, and what is refused before anything is sent.

use std::path::Path;
use std::time::Duration;

use super::super::{Load, Overrides, ScenarioError, load};
use crate::model::{ArrivalProcess, RateStep};

fn read(file: &str, flags: &[&str]) -> Result<Load, ScenarioError> {
    let text = format!("[sla]\np95 = \"1s\"\n[load]\n{file}\n");
    let written = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(written.path(), text).expect("the disk has room");
    let mut overrides = Overrides::default();
    flags.iter().try_for_each(|flag| overrides.set_text(flag))?;
    load(Path::new(written.path()), &overrides).map(|settings| settings.load)
}

fn process(file: &str) -> Option<ArrivalProcess> {
    read(file, &[]).expect(file).arrival
}

#[test]
fn the_keys_say_which_load_it_is() {
    assert_eq!(process(""), None);
    assert_eq!(process("arrival = \"closed\"\nworkers = 3\nthink_ms = 5"), None);
    for (file, expected) in [
        ("rate = 50", ArrivalProcess::Constant { rate: 50.0 }),
        ("rate = 0.5\narrival = \"poisson\"", ArrivalProcess::Poisson { rate: 0.5 }),
        ("rate = 50\nshape = 0.25", ArrivalProcess::Gamma { rate: 50.0, shape: 0.25 }),
    ] {
        assert_eq!(process(file), Some(expected), "{file}");
    }
    let step = |lasts_us, from, to| RateStep { lasts_us, from, to };
    let steps = vec![step(10_000_000, 50.0, 50.0), step(90_000_000, 0.0, 200.5), step(500_000, 7.0, 7.0)];
    let found = process("steps = [\"10s@50\", \"1.5 min @ 0..200.5\", \"500ms@7\"]");
    assert_eq!(found, Some(ArrivalProcess::Steps { steps, shape: None }));
    let found = process("trace = \"/a.csv\"\ntrace_scale = 0.5\ntrace_jitter = \"3s\"");
    let expected = ArrivalProcess::Trace { file: "/a.csv".into(), scale: 0.5, jitter_us: 3_000_000 };
    assert_eq!(found, Some(expected));
}

#[test]
fn a_load_ends_after_its_requests_or_its_time() {
    let end = |file: &str, flags: &[&str]| {
        let load = read(file, flags).expect(file);
        (load.requests, load.duration.map(|duration| duration.as_millis()))
    };
    assert_eq!(end("", &[]), (Some(600), None));
    assert_eq!(end("rate = 5", &[]), (Some(600), None));
    assert_eq!(end("rate = 5\nduration = \"1.5s\"", &[]), (None, Some(1_500)));
    assert_eq!(end("steps = [\"1s@5\"]", &[]), (None, None));
    assert_eq!(end("steps = [\"1s@5\"]\nrequests = 3", &[]), (Some(3), None));
    // A flag wins over the file, whichever of the two it gives.
    assert_eq!(end("rate = 5\nrequests = 7", &["load.duration=2s"]), (None, Some(2_000)));
    assert_eq!(end("rate = 5\nduration = \"1s\"", &["load.requests=9"]), (Some(9), None));
    assert_eq!(end("requests = 7", &["load.steps=[\"1s@5\"]"]), (None, None));
}

#[test]
fn a_rate_by_flag_puts_the_callers_of_the_file_aside() {
    let load = read("workers = 64\nthink_ms = 5\nrequests = 7", &["load.rate=5"]).expect("an open load");
    assert_eq!((load.think_ms, load.think(), load.requests), (0, Duration::ZERO, Some(7)));
    assert!(load.arrival.is_some());
    let closed = read("workers = 9", &["load.arrival=closed"]).expect("a closed one");
    assert_eq!((closed.arrival, closed.workers), (None, 9));
}

#[test]
fn what_makes_no_load_names_its_key_and_the_remedy() {
    let long = vec!["\"1s@1\""; 1_001].join(",");
    for (file, key, words) in [
        ("rate = 0", "load.rate", "more than 0"),
        ("rate = -5", "load.rate", "more than 0"),
        ("rate = nan", "load.rate", "out of range"),
        ("rate = inf", "load.rate", "up to 1000000"),
        ("arrival = \"poisson\"", "load.rate", "-q 50"),
        ("arrival = \"gamma\"\nrate = 5", "load.shape", "1 is Poisson"),
        ("arrival = \"fast\"", "load.arrival", "poisson"),
        ("rate = 5\nshape = 0", "load.shape", "0.01"),
        ("rate = 5\narrival = \"poisson\"\nshape = 2", "load.shape", "poisson"),
        ("rate = 5\narrival = \"closed\"", "load.rate", "load.arrival"),
        ("duration = \"10s\"", "load.duration", "load.requests (-n), or arrivals at a rate (-q)"),
        ("duration = \"10s\"\nrate = 5\nrequests = 5", "load.duration", "give one of them"),
        ("duration = \"10\"\nrate = 5", "load.duration", "with its unit"),
        ("duration = \"0s\"\nrate = 5", "load.duration", "with its unit"),
        ("rate = 5\nworkers = 9", "load.workers", "wait for no caller"),
        ("rate = 5\nthink_ms = 9", "load.think_ms", "wait for no caller"),
        ("steps = []", "load.steps", "0 steps"),
        (&format!("steps = [{long}]"), "load.steps", "1001 steps"),
        ("steps = [\"1s@1\", \"10@5\"]", "load.steps", "step 2, `10@5`"),
        ("steps = [\"1s@-1\"]", "load.steps", "TIME@RATE"),
        ("steps = [\"1s@1..nan\"]", "load.steps", "TIME@RATE"),
        ("steps = [\"0s@1\"]", "load.steps", "TIME@RATE"),
        ("steps = [\"1s@0\", \"1s@0..0\"]", "load.steps", "every rate is 0"),
        ("steps = [\"1s@1\"]\nrate = 5", "load.rate", "remove one"),
        ("arrival = \"steps\"", "load.steps", "0 steps"),
        ("arrival = \"trace\"", "load.trace", "path"),
        ("trace = \"a\"\nrate = 5", "load.rate", "load.trace_scale"),
        ("trace = \"a\"\ntrace_scale = 0", "load.trace_scale", "out of range"),
        ("trace = \"a\"\ntrace_jitter = \"fast\"", "load.trace_jitter", "3s"),
        ("trace_jitter = \"3s\"\nrate = 5", "load.trace_jitter", "constant"),
        ("trace_scale = 3", "load.trace_scale", "load.arrival"),
    ] {
        let problem = read(file, &[]).expect_err(file).to_string();
        assert!(problem.starts_with(&format!("{key}: ")) && problem.contains(words), "{file}: {problem}");
        assert!(problem.len() < 500, "{problem}");
    }
    let problem = read("", &["load.rate=5", "load.workers=9"]).expect_err("both by flag").to_string();
    assert!(problem.starts_with("load.workers: ") && problem.contains("constant arrivals"), "{problem}");
}
