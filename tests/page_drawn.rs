//! What the page draws lies where its figures say: bars, dots, curves and limits, measured by the pictures' own axes.

use crate::common;
use std::collections::BTreeMap;

use crate::common::page::{Page, analyze, number, reference, reference_logs};
use crate::common::run::{Results, Table};
use crate::common::svg::{Axis, Tag, pictures, section, tags, time_of};
use serde_json::Value;

/// A tenth of a unit is written; half of it is lost.
const WRITTEN: f64 = 0.051;

fn drawn(name: &str) -> (Results, String) {
    let results = reference(name);
    let page = Page::read(&results.path("report.html")).text().to_string();
    (results, page)
}

fn assert_near(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found} where {expected:.3} belongs");
}

#[test]
fn a_cause_s_part_of_a_bar_is_as_long_as_its_mean() {
    let (results, page) = drawn("drawn_causes");
    let analysis = results.json("analysis.json");
    let bars = pictures(section(&page, "causes"), "<svg class=\"bar\"");
    let phases = &analysis["phases"];
    let tail = |phase: &str| (&phases[phase]["tail"]["mean_ms"], &phases[phase]["tail"]["causes"]);
    let all = |phase: &str| (&phases[phase]["mean_ms"], &phases[phase]["causes_of_all"]);
    let pairs = [[tail("before"), tail("after")], [all("before"), all("after")]];
    assert_eq!(bars.len(), 4);
    for (bars, pair) in bars.chunks(2).zip(pairs) {
        let longest = pair.iter().map(|(mean, _)| number(mean)).fold(0.0, f64::max);
        for (bar, (mean, causes)) in bars.iter().zip(pair) {
            assert_bar(bar, number(mean), causes, 1_000.0 / longest);
        }
    }
}

fn assert_bar(bar: &str, mean: f64, causes: &Value, scale: f64) {
    let (mut end, mut drawn) = (0.0, 0);
    for rect in tags(bar).iter().filter(|tag| tag.name == "rect") {
        let cause = rect.text_of("class").strip_prefix("c-").expect("a cause's colour");
        let expected = number(&causes[cause]["mean_ms"]) * scale;
        assert_near(rect.number("width"), expected, WRITTEN, cause);
        assert_near(rect.number("x"), end, 2.0 * WRITTEN, cause);
        end += expected;
        drawn += 1;
    }
    assert_near(end, mean * scale, 1.0, "the whole bar");
    let above_zero =
        causes.as_object().expect("by cause").values().filter(|part| number(&part["mean_ms"]) > 0.0);
    assert_eq!(drawn, above_zero.count(), "every cause is in the bar");
}

/// The vertical axis of a chart, by its ticks.
fn upward(chart: &[Tag]) -> Axis {
    let ticks = chart.iter().filter(|tag| tag.is("text", "tick left"));
    let ticks: Vec<_> = ticks.map(|tick| (tick.number("y"), time_of(&tick.text))).collect();
    Axis::new(&ticks, f64::ln)
}

fn assert_limit(chart: &[Tag], axis: &Axis, results: &Results) {
    let limit = number(&results.comparison()["sla"][0]["limit_ms"]);
    let line = chart.iter().find(|tag| tag.is("line", "limit")).expect("the line of the SLA");
    axis.assert_at(limit, line.number("y1"), "the limit");
    assert_eq!(line.text_of("y1"), line.text_of("y2"), "it is level");
}

#[test]
fn a_dot_lies_at_its_due_time_and_its_latency() {
    let (results, page) = drawn("drawn_dots");
    let section = section(&page, "over-time");
    let chart = tags(pictures(section, "<svg id=\"dots\"")[0]);
    let axis = upward(&chart);
    assert_limit(&chart, &axis, &results);
    let logs = ["before", "after"].map(|phase| (phase, results.table(&format!("{phase}.csv"))));
    let logs = BTreeMap::from(logs.each_ref().map(|(phase, log)| (*phase, rows(log))));
    let strips = strips(&chart, &results, &logs);
    let data = section.split("id=\"rows\"").nth(1).and_then(|rest| rest.split_once('>')).expect("the rows").1;
    let mut lines = data.split("</script>").next().expect("its end").lines();
    let stages = ["before", "after"].map(|phase| (phase, mostly(&results.table(&format!("{phase}.csv")))));
    let stages = BTreeMap::from(stages);
    let mut seen = 0;
    for path in chart.iter().filter(|tag| tag.is("path", "dots")) {
        let phase = path.text_of("data-group");
        for place in path.text_of("d").split('M').skip(1) {
            let mut numbers = place.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
            let [x, y] =
                [0, 1].map(|_| numbers.next().and_then(|text| text.parse::<f64>().ok()).expect("a place"));
            let mut fields = lines.next().expect("a row a dot").split(',').map(String::from);
            let key = [0, 1].map(|_| fields.next().expect("repetition and number"));
            let (due, latency) = logs[phase][&key];
            axis.assert_at(latency, y, &format!("{phase} {key:?}"));
            let stage = stages[phase][&key];
            assert!(path.text_of("class").ends_with(&format!(" s-{stage}")), "{phase} {key:?}: {stage}");
            let (left, width, span) = strips[&(phase.to_string(), key[0].clone())];
            assert_near(x, left + width * due / span, 0.2, &format!("{phase} {key:?}, due {due}"));
            seen += 1;
        }
    }
    assert_eq!(seen, logs.values().map(BTreeMap::len).sum::<usize>(), "every row is a dot");
}

/// The stage that took most of each row's time, from the log's own columns.
fn mostly(log: &Table) -> BTreeMap<[String; 2], &'static str> {
    const STAGES: [&str; 8] = ["queue", "retry", "dns", "connect", "tls", "send", "wait", "receive"];
    let keys = ["repetition", "seq"].map(|name| log.at(name));
    let columns = STAGES.map(|name| (name, log.at(&format!("{name}_ms"))));
    let stage = |row: &Vec<String>| {
        let times = columns.map(|(name, at)| (row[at].parse().unwrap_or(0.0), name));
        times
            .into_iter()
            .rev()
            .max_by(|one: &(f64, _), other| one.0.total_cmp(&other.0))
            .expect("eight stages")
            .1
    };
    log.rows.iter().map(|row| (keys.map(|at| row[at].clone()), stage(row))).collect()
}

/// Which mark each row of the log must have, and of which shape it is.
#[test]
fn what_became_of_a_request_has_a_mark_of_its_own_and_is_counted() {
    const SHAPES: [(&str, &str); 6] = [
        ("dot", "h0"),
        ("dash", "m-3 0h6"),
        ("square", "m-3-3h6v6h-6z"),
        ("triangle", "m0-5l5 8h-10z"),
        ("diamond", "m0-5l4.5 5-4.5 5-4.5-5z"),
        ("cross", "m-3.5-3.5l7 7m0-7l-7 7"),
    ];
    let results = reference_logs("drawn_kinds");
    fail_the_first(&results);
    analyze(&results, 0);
    let page = Page::read(&results.path("report.html"));
    let section = section(page.text(), "over-time");
    let limit = number(&results.comparison()["sla"][0]["limit_ms"]);
    let counted = ["before", "after"].map(|phase| kinds(&results.table(&format!("{phase}.csv")), limit));
    assert!(counted[0].len() > 4, "the run has marks of most kinds: {counted:?}");
    let chart = tags(pictures(section, "<svg id=\"dots\"")[0]);
    let key = section.split("<table class=\"key\"").nth(1).and_then(|rest| rest.split("</table>").next());
    let key = key.expect("a legend");
    for (name, shape) in SHAPES {
        let expected = [0, 1].map(|at| counted[at].get(name).copied().unwrap_or(0));
        let marks = ["before", "after"].map(|phase| {
            let paths = chart
                .iter()
                .filter(|tag| tag.is("path", &format!("dots {name}")) && tag.text_of("data-group") == phase);
            let places = |path: &Tag| {
                let places: Vec<String> = path.text_of("d").split('M').skip(1).map(String::from).collect();
                assert!(places.iter().all(|place| place.ends_with(shape)), "{name}: {places:?}");
                places.len()
            };
            paths.map(places).sum::<usize>()
        });
        assert_eq!(marks, expected, "{name}");
        let row = key.split("<tr>").find(|row| row.contains(&format!("aria-label=\"{name}\"")));
        let shown = row.map(|row| {
            let cells = row.split("<td class=\"n\">").skip(1).filter_map(|cell| cell.split('<').next());
            cells.map(|cell| cell.replace(',', "").parse().expect("a count")).collect::<Vec<usize>>()
        });
        assert_eq!(shown, (expected != [0, 0]).then(|| expected.to_vec()), "{name} in the legend");
        assert!(row.is_none_or(|row| row.contains(shape)), "{name} is shown as it is drawn");
    }
}

/// The first request before has no usable answer.
fn fail_the_first(results: &Results) {
    let log = results.text("before.csv");
    let table = results.table("before.csv");
    let [error, status, digest] = ["error", "status", "answer_digest"].map(|column| table.at(column));
    let lines = log.lines().enumerate().map(|(at, line)| {
        let mut fields: Vec<&str> = line.split(',').collect();
        if at == 1 {
            (fields[error], fields[status], fields[digest]) = ("reset", "", "");
        }
        fields.join(",")
    });
    std::fs::write(results.path("before.csv"), lines.collect::<Vec<_>>().join("\n") + "\n")
        .expect("writable");
}

/// Rows by what became of them, from the log's own columns.
fn kinds(log: &Table, limit: f64) -> BTreeMap<&'static str, usize> {
    let [error, connect, tls, latency, syn, data] =
        ["error", "connect_ms", "tls_ms", "latency_ms", "syn_retransmits", "retransmits"]
            .map(|column| log.at(column));
    let mut kinds = BTreeMap::new();
    for row in &log.rows {
        let sent_again = |column: usize| row[column].parse::<u32>().unwrap_or(0) > 0;
        let opened = !row[connect].is_empty();
        let kind = if !row[error].is_empty() {
            "cross"
        } else if sent_again(data) {
            if opened && row[tls].is_empty() { "diamond" } else { "square" }
        } else if opened && sent_again(syn) {
            "triangle"
        } else if row[latency].parse::<f64>().expect("a time") > limit {
            "dash"
        } else {
            "dot"
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

#[test]
fn every_colour_of_a_bar_is_named_and_no_name_is_cut() {
    let (results, page) = drawn("drawn_names");
    let causes = section(&page, "causes");
    let legend = causes.split("<ul class=\"legend\">").nth(1).and_then(|rest| rest.split("</ul>").next());
    let legend = legend.expect("a legend");
    let analysis = results.json("analysis.json");
    for table in ["/phases/before/tail/causes", "/phases/after/causes_of_all"] {
        let parts = analysis.pointer(table).and_then(Value::as_object).expect("by cause");
        for (cause, _) in parts.iter().filter(|(_, part)| number(&part["share"]) > 0.005) {
            assert!(legend.contains(&format!("c-{cause}\"")), "{cause} is in the legend: {legend}");
        }
    }
    assert!(!page.contains("text-overflow"), "a name is whole or not there");
}

/// Due and latency by repetition and number.
fn rows(log: &Table) -> BTreeMap<[String; 2], (f64, f64)> {
    let [repetition, seq, due, latency] =
        ["repetition", "seq", "due_ms", "latency_ms"].map(|column| log.at(column));
    let time = |text: &str| text.parse::<f64>().expect("a time");
    let row = |row: &Vec<String>| {
        ([row[repetition].clone(), row[seq].clone()], (time(&row[due]), time(&row[latency])))
    };
    log.rows.iter().map(row).collect()
}

type Logs<'a> = BTreeMap<&'a str, BTreeMap<[String; 2], (f64, f64)>>;

/// Left edge, width, and length in milliseconds of each repetition's part.
fn strips(chart: &[Tag], results: &Results, logs: &Logs<'_>) -> BTreeMap<(String, String), (f64, f64, f64)> {
    let manifest = results.manifest();
    let ran = manifest["repetitions"].as_array().expect("a list").iter();
    let ran = ran.map(|one| (common::run::text(&one["phase"]), one["repetition"].to_string()));
    let ran = ran.filter(|(phase, _)| logs.contains_key(phase.as_str()));
    let rects: Vec<&Tag> = chart.iter().filter(|tag| tag.is("rect", "strip")).collect();
    let strips: BTreeMap<_, _> = ran
        .zip(&rects)
        .map(|((phase, repetition), rect)| {
            assert!(rect.is("rect", &phase), "{phase} {repetition} in its turn");
            let ends = logs[phase.as_str()].iter().filter(|(key, _)| key[0] == repetition);
            let span = ends.map(|(_, (due, latency))| due + latency).fold(0.0, f64::max);
            ((phase, repetition), (rect.number("x"), rect.number("width"), span))
        })
        .collect();
    assert_eq!(strips.len(), rects.len());
    strips
}

#[test]
fn the_curve_lies_at_the_ranks_of_the_log() {
    let (results, page) = drawn("drawn_curve");
    let chart = tags(pictures(section(&page, "curve"), "<svg viewBox=\"0 0 960")[0]);
    let axis = upward(&chart);
    assert_limit(&chart, &axis, &results);
    let ticks = chart.iter().filter(|tag| tag.is("text", "tick below"));
    let percent = |tick: &Tag| tick.text.trim_start_matches('P').parse::<f64>().expect("a percentile");
    let ticks: Vec<_> = ticks.map(|tick| (tick.number("x"), percent(tick) / 100.0)).collect();
    let across = Axis::new(&ticks, |share| -(1.0 - share).log10());
    for phase in ["before", "after"] {
        let log = results.table(&format!("{phase}.csv"));
        let mut latencies: Vec<f64> = rows(&log).into_values().map(|(_, latency)| latency).collect();
        latencies.sort_by(f64::total_cmp);
        let curve = chart.iter().find(|tag| tag.is("path", &format!("curve {phase}"))).expect("its curve");
        let points = curve.text_of("d").trim_start_matches('M').split('L');
        let points: Vec<(f64, f64)> = points
            .map(|point| point.split_once(' ').expect("two numbers"))
            .map(|(x, y)| (x.parse().expect("x"), y.parse().expect("y")))
            .collect();
        assert!(points.len() > 100, "{} points", points.len());
        for (x, y) in points {
            assert_on_curve(&across, &axis, (x, y), &latencies);
        }
        assert_marks(&chart, phase, &across, &axis, &results.comparison());
    }
}

/// The latency of the rank at that place; where a tenth of a pixel is several ranks, that of one of them.
fn assert_on_curve(across: &Axis, axis: &Axis, (x, y): (f64, f64), latencies: &[f64]) {
    let n = latencies.len() as f64;
    let rank = |x: f64| (n * (1.0 - 10_f64.powf(-across.at(x))) - 0.5).clamp(0.0, n - 1.0);
    let (lo, hi) = (latencies[rank(x - 0.1).floor() as usize], latencies[rank(x + 0.1).ceil() as usize]);
    let (low, high) = (axis.pixel(hi) - 0.2, axis.pixel(lo) + 0.2);
    assert!((low..=high).contains(&y), "at {x} the log has {lo} to {hi} ms: {low:.2} to {high:.2}, not {y}");
}

fn assert_marks(chart: &[Tag], phase: &str, across: &Axis, axis: &Axis, comparison: &Value) {
    let marks: Vec<&Tag> = chart.iter().filter(|tag| tag.is("circle", &format!("mark {phase}"))).collect();
    for (mark, (share, name)) in marks.iter().zip([(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]) {
        let value = number(&comparison["phases"][phase]["latency_ms"][name]);
        across.assert_at(share, mark.number("cx"), name);
        axis.assert_at(value, mark.number("cy"), name);
        assert!(!mark.is("circle", "few"), "1,800 requests are enough");
    }
    assert_eq!(marks.len(), 3);
}

#[test]
fn a_predicted_or_measured_bar_ends_at_its_figure() {
    let (results, page) = drawn("drawn_ladder");
    let section = section(&page, "ladder");
    let (comparison, analysis) = (results.comparison(), results.json("analysis.json"));
    let end =
        section.split("P95, from 0 to ").nth(1).and_then(|rest| rest.split('<').next()).expect("its scale");
    let scale = 1_000.0 / time_of(end);
    let limit = number(&comparison["sla"][0]["limit_ms"]);
    let candidates = analysis["prediction"]["candidates"].as_array().expect("a list");
    let mut seen = [0, 0];
    for bar in pictures(section, "<svg class=\"bar track\"") {
        let label =
            bar.split("aria-label=\"").nth(1).and_then(|rest| rest.split(':').next()).expect("a name");
        let tags = tags(bar.split_once('>').expect("a tag").1);
        let at = |name: &str, class: &str, attribute: &str| {
            tags.iter().find(|tag| tag.is(name, class)).map(|tag| tag.number(attribute))
        };
        assert_near(at("line", "limit", "x1").expect("the limit"), limit * scale, WRITTEN, "the limit");
        if let Some(width) = at("rect", "measured", "width") {
            let phase = if label == "per_request" { "before" } else { "after" };
            let p95 = number(&comparison["phases"][phase]["latency_ms"]["p95"]);
            assert_near(width, p95 * scale, WRITTEN, label);
            seen[0] += 1;
        }
        let candidate = candidates.iter().find(|one| one["strategy"] == label);
        let Some(candidate) = candidate.filter(|one| !one["p95_ms"].is_null()) else { continue };
        let tick = at("line", "predicted", "x1").expect("a tick");
        assert_near(tick, number(&candidate["p95_ms"]) * scale, WRITTEN, label);
        seen[1] += 1;
    }
    assert!(seen[0] == 2 && seen[1] > 3, "{seen:?}");
}

#[test]
fn the_stages_of_a_request_are_as_long_as_they_took() {
    let (results, page) = drawn("drawn_stages");
    let section = section(&page, "waterfall");
    let parts: Vec<&str> = section.split("full width: ").skip(1).collect();
    assert_eq!(parts.len(), 2);
    for (phase, part) in ["before", "after"].into_iter().zip(parts) {
        let log = results.table(&format!("{phase}.csv"));
        let bars = pictures(part, "<svg class=\"bar\"");
        let rows: Vec<&Vec<String>> = bars.iter().map(|bar| row_of(bar, &log)).collect();
        let time = |row: &Vec<String>, column: &str| row[log.at(column)].parse::<f64>().unwrap_or(0.0);
        let longest = rows.iter().map(|row| time(row, "latency_ms")).fold(0.0, f64::max);
        for (bar, row) in bars.iter().zip(rows) {
            let mut widths: BTreeMap<String, f64> = BTreeMap::new();
            for rect in tags(bar.split_once('>').expect("a tag").1).iter().filter(|tag| tag.name == "rect") {
                let class = rect.text_of("class");
                // The server's part of the wait has colours of its own.
                let stage = class.strip_prefix("s-").unwrap_or("wait");
                *widths.entry(stage.to_string()).or_default() += rect.number("width");
            }
            for (stage, width) in widths {
                let expected = time(row, &format!("{stage}_ms")) / longest * 1_000.0;
                assert_near(width, expected, 3.0 * WRITTEN, &format!("{phase} {stage}"));
            }
        }
    }
}

/// The row that a bar's label names: `P95, request 12 of repetition 3: …`.
fn row_of<'a>(bar: &str, log: &'a Table) -> &'a Vec<String> {
    let rest = bar.split("request ").nth(1).expect("a label");
    let (seq, rest) = rest.split_once(" of repetition ").expect("a label");
    let repetition = rest.split(':').next().expect("a label");
    let (at_seq, at_repetition) = (log.at("seq"), log.at("repetition"));
    let found = log.rows.iter().find(|row| row[at_seq] == seq && row[at_repetition] == repetition);
    found.unwrap_or_else(|| panic!("no request {seq} of repetition {repetition}"))
}
