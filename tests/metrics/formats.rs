//! In which text format the metrics come, by what the reader asks for.

use std::collections::BTreeSet;

use super::Scraped;
use crate::common;

/// Each line of the older format: what a family is called there, and nothing that only OpenMetrics has.
fn assert_text_format(text: &str) {
    assert!(text.ends_with('\n') && !text.contains("# EOF") && !text.contains(" # {"), "{text}");
    let mut families = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a name and a type");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        assert!(["counter", "gauge", "histogram"].contains(&kind) && families.insert(name), "{line}");
        assert!(text.contains(&format!("# HELP {name} ")), "no help of {name}");
    }
    let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for sample in samples {
        let name = sample.split(['{', ' ']).next().expect("a name");
        let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        assert!(of_histogram.chain([name]).any(|name| families.contains(name)), "{sample}");
        let value = sample.rsplit(' ').next().expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{sample}");
    }
}

/// The same of OpenMetrics: the family of a counter has no `_total`, its samples have, no line is empty.
fn assert_open_metrics(text: &str) {
    assert!(text.ends_with("\n# EOF\n") && !text.contains("\n\n"), "{text}");
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a name and a type");
        assert!(!name.ends_with("_total"), "{line}");
        let sample = |line: &str| {
            line.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix("_total"))
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        };
        assert!(kind != "counter" || text.lines().any(sample), "{line} in {text}");
    }
}

#[test]
fn both_endpoints_speak_what_they_are_asked_for() {
    let scraped = Scraped::start("metrics_formats", &[], &[]);
    let mock = common::Mock::start(&[]);
    assert_eq!(mock.post("/v1/infer", "{}").status, 200);
    for (address, counter) in
        [(scraped.address, "spanload_spans_total"), (mock.control(), "spanload_mock_requests_total")]
    {
        let plain = common::get(address, "/metrics").expect("an answer");
        assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_text_format(&plain.body);
        assert!(plain.body.contains(&format!("# TYPE {counter} counter\n")), "{}", plain.body);
        let open = common::get_open_metrics(address).expect("an answer");
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(open.header("content-type"), Some(kind));
        assert_open_metrics(&open.body);
        let family = counter.strip_suffix("_total").expect("a counter");
        assert!(open.body.contains(&format!("# TYPE {family} counter\n")), "{}", open.body);
    }
    drop(scraped.follow());
}
