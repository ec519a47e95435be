//! The page of a search for the highest rate that holds: the answer, and latency and goodput against the rate.

use maud::{Markup, html};

use super::chart::{Frame, Scale, polyline, px, span_of_time};
use super::figure::grouped;
use super::page;
use crate::analyze::capacity::{Capacity, HighestRate, RateBracket, RateMeasured, levels};
use crate::model::{Limit, Phase, SlaLine};
use crate::report::capacity::{demand_words, ended_words, notes, rate_words, ratio_words};
use crate::report::words::limited;

/// What a name takes up and down, in pixels.
const NAME_HEIGHT: f64 = 15.0;
const FRAME: Frame = Frame { left: 78.0, right: 850.0, top: 18.0, bottom: 330.0 };

/// The whole file.
pub fn capacity_page(found: &Capacity) -> Vec<u8> {
    let lines: Vec<String> = found.sla.iter().map(limited).collect();
    let body = html! {
        section.verdict aria-labelledby="verdict" {
            p.word { "Capacity" }
            h1 #verdict { "The highest rate at which " (lines.join(" and ")) " holds" }
            p.sub { "Before: " strong { (rate_words(&found.before)) } " (" (found.before.strategy) "). After: " strong { (rate_words(&found.after)) } " (" (found.after.strategy) ")"
                @if let Some(ratio) = ratio_words(found) { "; " (ratio) } "." }
            @if let Some(demand) = demand_words(found) { p.sub { (demand) "." } }
            @for note in notes(found) { p.sub { (note) "." } }
        }
        section aria-labelledby="curve" {
            h2 #curve { "Latency against the rate" }
            p.how { "Each mark is one measurement of " (found.arrival) " arrivals, hollow where the SLA does not hold; the lines join the middle of the "
                "measurements at about one rate. A vertical line is the highest rate that holds. Where the backlog grows there is no steady state: a latency "
                "there is one of the length of the measurement." }
            (latency(found))
        }
        section aria-labelledby="goodput" {
            h2 #goodput { "Goodput against the rate" }
            p.how { "Answers a second within the limit of the highest percentile that is judged. The knee is the rate with the most of them: more load brings less." }
            (goodput(found))
        }
        (brackets(found))
        (table(found))
    };
    page::document(&format!("spanload capacity {}", found.run_id), &found.run_id, body)
}

type Figure = fn(&RateMeasured) -> Option<f64>;

const PERCENTILES: [(&str, Figure); 3] =
    [("P50", |one| one.p50_ms), ("P95", |one| one.p95_ms), ("P99", |one| one.p99_ms)];

fn latency(found: &Capacity) -> Markup {
    let values = PERCENTILES.iter().flat_map(|(_, figure)| found.measurements.iter().filter_map(figure));
    let limits: Vec<(String, f64)> = found.sla.iter().filter_map(limit).collect();
    let (Some(up), Some(across)) =
        (Scale::log_around(values.chain(limits.iter().map(|(_, limit)| *limit))), rates(found))
    else {
        return html! { p.none { "Nothing was measured." } };
    };
    chart(
        "Latency by rate, before and after",
        across,
        up,
        span_of_time,
        html! {
            @for (name, value) in &limits { (limit_line(up, *value, name)) }
            (highest_rates(found, across))
            (curves(found, across, up, &PERCENTILES))
        },
    )
}

fn goodput(found: &Capacity) -> Markup {
    let figure: Figure = |one| one.goodput_rps;
    let most = found.measurements.iter().filter_map(figure).fold(0.0, f64::max);
    let Some(across) = rates(found) else { return html! {} };
    let up = Scale::from_zero(most);
    chart(
        "Goodput by rate, before and after",
        across,
        up,
        |tick| format!("{tick}/s"),
        html! {
            (highest_rates(found, across))
            (curves(found, across, up, &[("goodput", figure)]))
            (knees(found, across))
        },
    )
}

fn chart(title: &str, across: Scale, up: Scale, words: fn(f64) -> String, inner: Markup) -> Markup {
    html! {
        figure { div.scroll.chart tabindex="0" role="region" aria-label=(title) {
            svg viewBox="0 0 960 384" role="img" aria-label=(title) {
                title { (title) }
                (FRAME.rows(up, words))
                (FRAME.columns(across, |rate| grouped(rate, usize::from(rate < 1.0), false)))
                text.axis x=(px((FRAME.left + FRAME.right) / 2.0)) y="374" { "requests a second" }
                (inner)
            }
        } }
    }
}

fn rates(found: &Capacity) -> Option<Scale> {
    Scale::log_around(found.measurements.iter().map(|one| one.rate_rps))
}

fn limit(line: &SlaLine) -> Option<(String, f64)> {
    matches!(line.limit(), Limit::Time(_)).then(|| (format!("SLA {}", limited(line)), line.limit().value()))
}

/// Where each phase stops holding.
fn highest_rates(found: &Capacity, across: Scale) -> Markup {
    let of = |rate: &HighestRate| rate.rate_rps.map(|rate| FRAME.x(across, rate));
    html! {
        @for (phase, rate) in [(Phase::Before, &found.before), (Phase::After, &found.after)] {
            @if let Some(x) = of(rate) {
                line.(format!("limit {phase}")) x1=(px(x)) x2=(px(x)) y1=(px(FRAME.top)) y2=(px(FRAME.bottom)) {
                    title { (phase) ", highest rate that holds: " (rate_words(rate)) }
                }
                text.(format!("end {phase}")) x=(px(x)) y=(px(FRAME.top - 6.0)) text-anchor="middle" { "holds to " (grouped(rate.rate_rps.unwrap_or_default(), 1, false)) }
            }
        }
    }
}

/// Where more load brings no more answers in time.
fn knees(found: &Capacity, across: Scale) -> Markup {
    html! {
        @for (phase, rate) in [(Phase::Before, &found.before), (Phase::After, &found.after)] {
            @if let Some(knee) = rate.knee_rps {
                @let x = FRAME.x(across, knee);
                text.(format!("end {phase}")) x=(px(x)) y=(px(FRAME.bottom - 6.0)) dx="-.45em" {
                    "▲ knee " (grouped(knee, 1, false))
                    title { (phase) ": goodput no longer rises from " (format!("{knee:.1}")) " requests/s on" }
                }
            }
        }
    }
}

/// A limit with its name on the left, where nothing else is at that height.
fn limit_line(up: Scale, value: f64, name: &str) -> Markup {
    let y = FRAME.y(up, value);
    html! {
        line.limit x1=(px(FRAME.left)) x2=(px(FRAME.right)) y1=(px(y)) y2=(px(y)) {}
        text.limit-name.beside x=(px(FRAME.left + 4.0)) y=(px(y - 6.0)) { (name) }
    }
}

/// The figures of both phases, each named at its end.
fn curves(found: &Capacity, across: Scale, up: Scale, figures: &[(&str, Figure)]) -> Markup {
    let of_phase = |phase: Phase| {
        let drawn =
            figures.iter().map(|(name, figure)| (*name, series(found, phase, across, up, name, *figure)));
        drawn.collect::<Vec<_>>()
    };
    html! {
        @for phase in Phase::BOTH {
            @let drawn = of_phase(phase);
            @for (_, (curve, _)) in &drawn { (curve) }
            @for (name, (x, y)) in apart(drawn.iter().filter_map(|(name, (_, end))| Some((*name, (*end)?))).collect()) {
                text.(format!("end {phase}")) x=(px(x + 8.0)) y=(px(y)) dy=".35em" { (phase) " " (name) }
            }
        }
    }
}

/// Names so far apart that each can be read, the highest one at its place.
fn apart(mut names: Vec<(&str, (f64, f64))>) -> Vec<(&str, (f64, f64))> {
    names.sort_by(|(_, one), (_, other)| one.1.total_cmp(&other.1));
    let mut free = 0.0;
    for (_, (_, y)) in &mut names {
        *y = y.max(free);
        free = *y + NAME_HEIGHT;
    }
    names
}

/// The marks of a figure, and a line through the middle of those at about one rate, which is nearer than a search tells apart;
/// and where that ends.
fn series(
    found: &Capacity,
    phase: Phase,
    across: Scale,
    up: Scale,
    name: &str,
    figure: Figure,
) -> (Markup, Option<(f64, f64)>) {
    let of_phase = found.measurements.iter().filter(|one| one.phase == phase);
    let points: Vec<(f64, f64, &RateMeasured)> =
        of_phase.filter_map(|one| Some((one.rate_rps, figure(one)?, one))).collect();
    let place = |rate: f64, value: f64| (FRAME.x(across, rate), FRAME.y(up, value));
    let middles = levels(points.iter().map(|(rate, value, _)| (*rate, *value)).collect(), found.precision);
    let line: Vec<(f64, f64)> = middles.into_iter().map(|(rate, value)| place(rate, value)).collect();
    let drawn = html! {
        (polyline(&line, &format!("curve {phase} {}", name.to_lowercase())))
        @for (rate, value, one) in &points {
            @let (x, y) = place(*rate, *value);
            circle.(format!("mark {phase}")).few[!one.holds] cx=(px(x)) cy=(px(y)) r="4" {
                title { (phase) " at " (format!("{rate:.1}")) "/s, " (name) " " (format!("{value:.1}")) @if one.overloaded { ", the backlog grows" } @else if !one.holds { ", does not hold" } @if !one.valid { ", the client was late" } }
            }
        }
    };
    (drawn, line.last().copied())
}

/// What each search came to, and which measurements decided.
fn brackets(found: &Capacity) -> Markup {
    let rate = |value: Option<f64>| value.map_or("none".into(), |value| grouped(value, 1, false));
    let numbers = |repetitions: &[u32]| {
        let numbers: Vec<String> = repetitions.iter().map(u32::to_string).collect();
        numbers.join(", ")
    };
    let phases = [(Phase::Before, &found.before), (Phase::After, &found.after)];
    html! {
        section aria-labelledby="brackets" {
            h2 #brackets { "Which measurements decided" }
            p.how { "A row for each search: " (ended_words(found)) ". Numbers are those of the measurements below." }
            div.scroll tabindex="0" role="region" aria-label="Which measurements decided" { table {
                thead { tr { @for name in ["phase", "arrival sequence", "highest rate that holds", "shown by", "lowest that does not", "shown by"] { th scope="col" { (name) } } } }
                tbody { @for (phase, highest) in phases { @for RateBracket { pattern, holds_rps, fails_rps, holds_repetitions, fails_repetitions, .. } in &highest.brackets { tr {
                    th scope="row" { (phase.name()) } td { (pattern) }
                    td { (rate(*holds_rps)) } td { (numbers(holds_repetitions)) }
                    td { (rate(*fails_rps)) } td { (numbers(fails_repetitions)) }
                } } } }
            } }
        }
    }
}

fn table(found: &Capacity) -> Markup {
    let number = |value: Option<f64>| value.map_or("none".into(), |value| grouped(value, 1, false));
    html! {
        section aria-labelledby="measurements" {
            h2 #measurements { "Every measurement" }
            div.scroll tabindex="0" role="region" aria-label="Every measurement" { table {
                thead { tr { @for name in ["phase", "no.", "arrival sequence", "requests/s", "requests", "P50 ms", "P95 ms", "P99 ms", "answered/s", "goodput/s", ""] { th scope="col" { (name) } } } }
                tbody { @for one in &found.measurements { tr {
                    th scope="row" { (one.phase.name()) }
                    td { (one.repetition) } td { (one.pattern) } td { (grouped(one.rate_rps, 1, false)) } td { (one.requests) }
                    td { (number(one.p50_ms)) } td { (number(one.p95_ms)) } td { (number(one.p99_ms)) }
                    td { (number(one.achieved_rps)) } td { (number(one.goodput_rps)) }
                    td { @if one.overloaded { "the backlog grows" } @else if one.holds { "holds" } @else { "does not hold" } @if !one.valid { " and does not count: the client was late" } @else if one.client_late { ", the client was late" } }
                } } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::capacity::BracketEnd;
    use crate::report::capacity::fixtures::{bracket, found, measured, rate};

    fn page(found: &Capacity) -> String {
        String::from_utf8(capacity_page(found)).expect("text")
    }

    fn searched() -> Capacity {
        let narrow = || Some(bracket(Some(100.0), Some(104.0), BracketEnd::Precision));
        let before = HighestRate { knee_rps: Some(101.0), ..rate(Some(102.0), narrow()) };
        let points = [(50.0, 100.0), (100.0, 400.0), (103.0, 9_000.0), (101.0, 450.0), (200.0, 20_000.0)];
        let measurements = points.map(|(rate, value)| measured(Phase::Before, rate, value)).to_vec();
        Capacity { measurements, ..found(before, rate(None, None)) }
    }

    #[test]
    fn a_line_has_one_place_for_each_rate_and_the_marks_are_all_there() {
        let page = page(&searched());
        let from = page.find("curve before p95").expect("a line");
        let path = page[from..].split('"').find(|part| part.starts_with('M')).expect("its way");
        assert_eq!(path.matches('L').count(), 2, "50, about 101 and 200: {path}");
        assert_eq!(page.matches("P95 450.0").count(), 1, "each measurement has its mark");
    }

    #[test]
    fn names_at_one_place_are_moved_apart() {
        let names = apart(vec![
            ("P50", (9.0, 52.0)),
            ("P99", (9.0, 40.0)),
            ("P95", (9.0, 41.0)),
            ("max", (9.0, 200.0)),
        ]);
        let heights: Vec<(&str, f64)> = names.into_iter().map(|(name, (_, y))| (name, y)).collect();
        assert_eq!(heights, [("P99", 40.0), ("P95", 55.0), ("P50", 70.0), ("max", 200.0)]);
    }

    #[test]
    fn the_highest_rate_and_the_knee_are_two_things_and_brackets_name_their_measurements() {
        let page = page(&searched());
        assert!(
            page.contains("highest rate that holds: 102.0 requests/s") && page.contains("▲ knee 101.0"),
            "{page}"
        );
        assert!(page.contains("Which measurements decided") && page.contains("<td>1, 3</td>"), "{page}");
        assert!(page.contains("<td>2, 4</td>"), "{page}");
        let without = Capacity { before: rate(Some(102.0), None), ..searched() };
        assert!(
            !String::from_utf8(capacity_page(&without)).expect("text").contains("▲"),
            "only where it is known"
        );
    }

    #[test]
    fn what_limits_a_figure_stands_under_it() {
        let late = rate(None, Some(bracket(Some(90.0), None, BracketEnd::ClientLate)));
        let page = page(&Capacity { after: late, ..searched() });
        assert!(
            page.contains("at least 90.0 requests/s") && page.contains("limited by the client"),
            "{page}"
        );
    }
}
