//! Predicted beside measured: what each way to send would bring, and what it brought where it was tried.

use maud::{Markup, html};

use super::chart::{Scale, span_of_time, track};
use super::conditions_of_run::Conditions;
use super::figure::{NumberForm, capital, figure, grouped};
use crate::analyze::{Analysis, Comparison, Verdict};
use crate::model::{Metric, Statistic};

/// A way to send with all that is known of it; each value with its place in the files.
#[derive(Default)]
struct DrawnRung {
    strategy: String,
    is_before: bool,
    is_after: bool,
    predicted: Option<(f64, String)>,
    range: Option<([f64; 2], String)>,
    measured: Option<(f64, String)>,
    rate: Option<(f64, String)>,
    verdict: Option<Verdict>,
    bought: Option<Gain>,
}

impl DrawnRung {
    /// Which phases send so.
    fn note(&self) -> &'static str {
        match (self.is_before, self.is_after) {
            (true, true) => "before and after",
            (true, false) => "before",
            (false, true) => "after",
            (false, false) => "",
        }
    }
}

/// What a rung of the ladder gained, each figure with its place in the files.
struct Gain {
    ms: (f64, String),
    ratio: (f64, String),
    /// The rung before.
    than: String,
    than_ms: (f64, String),
}

/// The table with its bars.
pub fn section(comparison: &Comparison, analysis: &Analysis, conditions: &Conditions) -> Markup {
    let rungs = rungs(comparison, analysis, conditions);
    let limit = comparison
        .sla
        .iter()
        .find(|line| line.metric == Metric::latency(Statistic::P95))
        .and_then(|line| line.times.as_ref())
        .map(|times| times.limit_ms);
    let ends = rungs.iter().flat_map(|rung| {
        [
            rung.predicted.as_ref().map(|one| one.0),
            rung.measured.as_ref().map(|one| one.0),
            rung.range.as_ref().map(|one| one.0[1]),
        ]
    });
    let longest = ends.flatten().chain(limit).fold(0.0, f64::max);
    let scale = Scale::from_zero(longest);
    html! {
        section aria-labelledby="ladder" {
            h2 #ladder { "Predicted beside measured" }
            @if longest <= 0.0 {
                p.none { "Too few samples: nothing was measured at P95, and nothing could be predicted." }
            } @else {
                p.how {
                    "P95 of each way to send. A filled bar was measured in this run; a black tick was predicted from the before log and the idle server alone, with its range as a band; "
                    "the dashed line is the limit. The after phase is no input of its prediction."
                    @if analysis.ladder.is_none() { " Only the two phases were measured: " code { "--ladder" } " measures the steps between them too." }
                }
                (table(&rungs, scale, limit))
                @if let Some(note) = &analysis.ladder_note { p.note { (capital(note)) "." } }
                (assumptions(analysis))
            }
        }
    }
}

fn rungs(comparison: &Comparison, analysis: &Analysis, conditions: &Conditions) -> Vec<DrawnRung> {
    let phases = &comparison.phases;
    let mut rungs = vec![DrawnRung {
        strategy: conditions.before.clone(),
        is_before: true,
        measured: known(phases.before.latency_ms.p95, "comparison:/phases/before/latency_ms/p95"),
        rate: known(phases.before.throughput_rps, "comparison:/phases/before/throughput_rps"),
        ..DrawnRung::default()
    }];
    let candidates = analysis.prediction.iter().flat_map(|prediction| &prediction.candidates);
    rungs.extend(candidates.enumerate().map(|(at, one)| {
        let from = format!("analysis:/prediction/candidates/{at}");
        DrawnRung {
            strategy: one.strategy.clone(),
            predicted: known(one.p95_ms, &format!("{from}/p95_ms")),
            range: one.range.as_ref().map(|range| (range.p95_ms, format!("{from}/range/p95_ms"))),
            ..DrawnRung::default()
        }
    }));
    for (at, one) in analysis.ladder.iter().flatten().enumerate() {
        let from = format!("analysis:/ladder/{at}");
        let rung = rung_named(&mut rungs, &one.strategy);
        if rung.note().is_empty() {
            rung.measured = known(one.p95_ms, &format!("{from}/p95_ms"));
            rung.rate = known(one.throughput_rps, &format!("{from}/throughput_rps"));
            rung.verdict = Some(one.verdict);
        }
        let lower = at.checked_sub(1).and_then(|lower| Some((lower, analysis.ladder.as_ref()?.get(lower)?)));
        let bought = one.bought.as_ref().and_then(|bought| Some((bought.p95_ms?, bought.p95_ratio?)));
        rung.bought = bought.zip(lower).and_then(|((ms, ratio), (place, lower))| {
            Some(Gain {
                ms: (ms, format!("{from}/bought/p95_ms")),
                ratio: (ratio, format!("{from}/bought/p95_ratio")),
                than: lower.strategy.clone(),
                than_ms: (lower.p95_ms?, format!("analysis:/ladder/{place}/p95_ms")),
            })
        });
    }
    let rung = rung_named(&mut rungs, &conditions.after);
    rung.is_after = true;
    rung.measured = known(phases.after.latency_ms.p95, "comparison:/phases/after/latency_ms/p95");
    rung.rate = known(phases.after.throughput_rps, "comparison:/phases/after/throughput_rps");
    rung.verdict = Some(comparison.verdict);
    rungs
}

fn known(value: Option<f64>, from: &str) -> Option<(f64, String)> {
    value.map(|value| (value, from.to_string()))
}

fn rung_named<'a>(rungs: &'a mut Vec<DrawnRung>, strategy: &str) -> &'a mut DrawnRung {
    let at = rungs.iter().position(|rung| rung.strategy == strategy).unwrap_or(rungs.len());
    if at == rungs.len() {
        rungs.push(DrawnRung { strategy: strategy.to_string(), ..DrawnRung::default() });
    }
    &mut rungs[at]
}

fn table(rungs: &[DrawnRung], scale: Scale, limit: Option<f64>) -> Markup {
    let climbed = rungs.iter().any(|rung| rung.bought.is_some());
    html! {
        div.scroll tabindex="0" role="region" aria-label="Predicted and measured P95" {
            table.ladder.stack {
                caption { "P95 in milliseconds" }
                thead { tr { th scope="col" { "how it sends" } th scope="col" { "P95, from 0 to " (span_of_time(scale.end())) } th scope="col" { "predicted" } th scope="col" { "measured" }
                    th scope="col" { "answers/s" } @if climbed { th scope="col" { "bought, against the rung before" } } } }
                tbody { @for rung in rungs { (row(rung, scale, limit, climbed)) } }
            }
        }
    }
}

fn row(rung: &DrawnRung, scale: Scale, limit: Option<f64>, climbed: bool) -> Markup {
    let scaled = |known: &Option<(f64, String)>| known.as_ref().map(|one| scale.place(one.0));
    let range = rung.range.as_ref().map(|(range, _)| range.map(|end| scale.place(end)));
    let words = |what: &str, known: &Option<(f64, String)>| match known {
        Some((value, _)) => format!("{what} {} ms", grouped(*value, 1, false)),
        None => format!("not {what}"),
    };
    let label = format!(
        "{}: {}, {}",
        rung.strategy,
        words("measured", &rung.measured),
        words("predicted", &rung.predicted)
    );
    let measured_class = if rung.is_before { "of-before" } else { "of-after" };
    html! {
        tr.phase[!rung.note().is_empty()] {
            th scope="row" { (rung.strategy) @if !rung.note().is_empty() { " " span.tag.(rung.note().replace(' ', "-")) { (rung.note()) } } }
            td.wide.(measured_class) { (track(scaled(&rung.measured), scaled(&rung.predicted), range, limit.map(|limit| scale.place(limit)), &label)) }
            td.n data-label="predicted" { (predicted(rung)) }
            td.n data-label="measured" { @match &rung.measured { Some((value, from)) => (figure(Some(*value), from, NumberForm::Plain)), None => "–" } }
            td.n data-label="answers/s" { @match &rung.rate { Some((value, from)) => (figure(Some(*value), from, NumberForm::Plain)), None => "–" } }
            @if climbed { td.n data-label="bought" { @match &rung.bought {
                Some(Gain { ms, ratio, than, than_ms }) => {
                    (figure(Some(ms.0), &ms.1, NumberForm::Signed)) " ms, × " (figure(Some(ratio.0), &ratio.1, NumberForm::Ratio))
                    " of " (than) "’s " (figure(Some(than_ms.0), &than_ms.1, NumberForm::Plain))
                }
                None => "–",
            } } }
        }
    }
}

fn predicted(rung: &DrawnRung) -> Markup {
    html! {
        @match (&rung.predicted, &rung.range) {
            (None, None) => "–",
            (value, range) => {
                @if let Some((value, from)) = value { (figure(Some(*value), from, NumberForm::Plain)) }
                @if let Some((ends, from)) = range { br; span.ci { "["
                    (figure(Some(ends[0]), &format!("{from}/0"), NumberForm::Plain)) " – " (figure(Some(ends[1]), &format!("{from}/1"), NumberForm::Plain)) "]" } }
            }
        }
    }
}

fn assumptions(analysis: &Analysis) -> Markup {
    let assumptions = analysis.prediction.iter().flat_map(|prediction| &prediction.assumptions);
    let assumptions: Vec<_> = assumptions.collect();
    html! {
        @if !assumptions.is_empty() {
            details { summary { "What the prediction assumes" } ul { @for one in assumptions { li { (capital(one)) } } } }
        }
        (calibration(analysis))
    }
}

fn calibration(analysis: &Analysis) -> Markup {
    let Some(found) = &analysis.calibration else { return html! {} };
    let part = |name: &str| format!("analysis:/calibration/{name}");
    html! {
        p.note {
            "What the idle server was seen to cost, from " (super::figure::count(found.n, &part("n"))) " calls before the phases: "
            (figure(found.fixed_ms, &part("fixed_ms"), NumberForm::Plain)) " ms a call and "
            (figure(found.item_ms, &part("item_ms"), NumberForm::Plain)) " ms an item."
        }
    }
}
