//! Where the time went: the slowest 5 % and all requests by cause, before and after, as bars that sum.

use maud::{Markup, html};

use super::chart::{Segment, stacked};
use super::figure::{NumberForm, capital, figure, plain_ms};
use super::{Drawn, Html, palette};
use crate::analyze::{Cause, Contribution, PhaseAnalysis, Table};
use crate::model::Phase;

/// Requests that a mean of the slowest must rest on.
const TAIL_LEAST: u64 = 5;
/// A shorter part of a bar has no room for any name, however wide the page.
const NAMED_FROM: f64 = 0.04;
/// A bar that is shorter has its name beside it.
const BESIDE_BELOW: f64 = 0.14;
/// A smaller part of every bar is only in the table's last lines.
const WORTH_A_COLOUR: f64 = 0.004;

/// One bar: a mean latency and what it is made of.
struct Bar<'a> {
    phase: Phase,
    of: Requests,
    mean_ms: Option<f64>,
    causes: &'a Table<Cause, Contribution>,
    from: String,
}

/// Whose mean it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Requests {
    Slowest,
    All,
}

impl Requests {
    /// Where the causes stand in the analysis of a phase.
    fn causes(self) -> &'static str {
        match self {
            Requests::Slowest => "causes",
            Requests::All => "causes_of_all",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Requests::Slowest => "slowest 5 %",
            Requests::All => "all requests",
        }
    }
}

/// Both pairs of bars and their table.
pub fn section(page: &Html<'_>) -> Markup {
    let analysis = page.analysis;
    let phases = [(Phase::Before, &analysis.phases.before), (Phase::After, &analysis.phases.after)];
    let tails = phases.map(|(phase, of)| tail(phase, of));
    let alls = phases.map(|(phase, of)| all(phase, of));
    let enough = phases.iter().all(|(_, phase)| phase.tail.n >= TAIL_LEAST);
    html! {
        section aria-labelledby="causes" {
            h2 #causes { "Where the time went" }
            p.how {
                "Each bar is a mean latency, split exactly over what caused it; the parts of a bar add up to the number at its end. "
                "Both bars of a pair have one scale. Percentiles of parts do not add up, so means are stacked: within the slowest 5 %, and over all requests."
            }
            (legend(&tails, &alls, enough))
            @if enough { (pair("The slowest 5 %", &tails)) }
            @else {
                p.none { "Too few samples for a tail: the slowest 5 % are " (phases[0].1.tail.n) " requests before and " (phases[1].1.tail.n)
                    " after; " (TAIL_LEAST) " of each are needed. Raise -n or --repetitions." }
            }
            (pair("All requests", &alls))
            (table(&tails, &alls, enough))
            (shared_compute(page.drawn))
        }
    }
}

/// Why a batch makes compute grow though the server works less.
fn shared_compute(drawn: &[Drawn; 2]) -> Markup {
    let per_answer = [&drawn[0], &drawn[1]].map(Drawn::compute_per_answer_ms);
    let [Some(before), Some(after)] = per_answer else { return html! {} };
    html! {
        @if drawn.iter().any(|one| one.largest_call() > 1) {
            p.note {
                "Compute is the time of the whole call, and each request in a batch is charged all of it. Shared among the answers of a call, the server computed "
                (plain_ms(before)) " ms an answer before and " (plain_ms(after)) " ms after."
            }
        }
    }
}

fn tail<'a>(phase: Phase, of: &'a PhaseAnalysis) -> Bar<'a> {
    let from = format!("analysis:/phases/{phase}/tail");
    Bar { phase, of: Requests::Slowest, mean_ms: of.tail.mean_ms, causes: &of.tail.causes, from }
}

fn all<'a>(phase: Phase, of: &'a PhaseAnalysis) -> Bar<'a> {
    let from = format!("analysis:/phases/{phase}");
    Bar { phase, of: Requests::All, mean_ms: of.mean_ms, causes: &of.causes_of_all, from }
}

fn pair(title: &str, bars: &[Bar<'_>; 2]) -> Markup {
    let longest = bars.iter().filter_map(|bar| bar.mean_ms).fold(0.0, f64::max);
    if longest <= 0.0 {
        return html! { h3 { (title) } p.none { "Too few samples: no request succeeded." } };
    }
    html! {
        figure.bars {
            figcaption { h3 { (title) } }
            @for bar in bars { (row(title, bar, longest)) }
        }
    }
}

fn row(title: &str, bar: &Bar<'_>, longest: f64) -> Markup {
    let segments: Vec<Segment> =
        bar.causes.0.iter().map(|(cause, part)| segment(*cause, part, longest)).collect();
    let label = format!(
        "{title}, {}: {}: {}",
        bar.phase,
        bar.mean_ms.map_or("no request".into(), |ms| format!("{} ms on average", plain_ms(ms))),
        segments.iter().map(|segment| segment.title.as_str()).collect::<Vec<_>>().join("; ")
    );
    html! {
        div.bar-row {
            span.bar-name { (bar.phase) }
            div.bar-track { (stacked(&segments, &label)) (names(bar, longest)) }
            span.bar-value { (figure(bar.mean_ms, &format!("{}/mean_ms", bar.from), NumberForm::Plain)) " ms" }
        }
    }
}

fn segment(cause: Cause, part: &Contribution, longest: f64) -> Segment {
    let share = part.share.map_or(String::new(), |share| format!(" ({:.1} %)", share * 100.0));
    Segment {
        class: palette::of_cause(cause),
        length: part.mean_ms.max(0.0) / longest,
        title: format!("{} {} ms{share}", cause.words(), plain_ms(part.mean_ms)),
    }
}

/// What each colour stands for: every cause that has a colour worth a word in any bar, as the bars have them.
fn legend(tails: &[Bar<'_>; 2], alls: &[Bar<'_>; 2], enough: bool) -> Markup {
    let bars = shown(tails, alls, enough);
    let present = Cause::ALL.into_iter().filter(|cause| largest(*cause, &bars) >= WORTH_A_COLOUR);
    html! {
        ul.legend { @for cause in present { li { span.swatch.(palette::of_cause(cause)) {} (cause.words()) } } }
    }
}

fn shown<'a, 'b>(tails: &'b [Bar<'a>; 2], alls: &'b [Bar<'a>; 2], enough: bool) -> Vec<&'b Bar<'a>> {
    if enough { tails.iter().chain(alls).collect() } else { alls.iter().collect() }
}

/// The largest share that a cause has of any bar.
fn largest(cause: Cause, bars: &[&Bar<'_>]) -> f64 {
    let shares = bars.iter().filter_map(|bar| bar.causes.get(cause)?.share);
    shares.fold(0.0, |most, share| f64::max(most, share.abs()))
}

/// Names in the parts that have room for one. Whether there is room the page itself knows: a name that does not fit is
/// not there at all, and stands in the legend.
fn names(bar: &Bar<'_>, longest: f64) -> Markup {
    let mut end = 0.0;
    let placed = bar.causes.0.iter().map(|(cause, part)| {
        let (start, length) = (end, part.mean_ms.max(0.0) / longest);
        end += length;
        (*cause, start, length)
    });
    let placed: Vec<_> = placed.collect();
    let whole = placed.iter().map(|(.., length)| length).sum::<f64>();
    let most = placed.iter().max_by(|one, other| one.2.total_cmp(&other.2)).filter(|one| one.2 > whole / 2.0);
    html! {
        // A bar that is too short for a name has it beside its end.
        @if let Some((cause, ..)) = most.filter(|_| whole < BESIDE_BELOW) {
            span.beside aria-hidden="true" style=(format!("left:{:.2}%", whole * 100.0)) { "mostly " (short(*cause)) }
        }
        @for (cause, start, length) in placed.iter().filter(|(.., length)| whole >= BESIDE_BELOW && *length >= NAMED_FROM) {
            span.in-bar aria-hidden="true" style=(format!("left:{:.2}%;width:{:.2}%", start * 100.0, length * 100.0)) {
                b.(format!("on-{}", cause.name())) { (in_two_lines(short(*cause))) }
            }
        }
    }
}

/// Few words for a narrow place.
fn short(cause: Cause) -> &'static str {
    match cause {
        Cause::NotYetAccepted => "not yet accepted",
        Cause::AcceptQueueWait => "accept queue",
        Cause::ClientQueue => "client queue",
        other => other.words(),
    }
}

/// A name that can be broken at one place, where its halves are most alike.
fn in_two_lines(name: &str) -> String {
    let longer = |at: usize| name[..at].len().max(name.len() - at);
    let spaces = name.match_indices(' ').map(|(at, _)| at);
    let middle = spaces.min_by_key(|at| longer(*at));
    let letter = |(at, letter)| if letter == ' ' && Some(at) != middle { '\u{a0}' } else { letter };
    name.char_indices().map(letter).collect()
}

/// Every cause that any bar has, with its figures.
fn table(tails: &[Bar<'_>; 2], alls: &[Bar<'_>; 2], enough: bool) -> Markup {
    let bars = shown(tails, alls, enough);
    let share = |cause: &Cause| largest(*cause, &bars);
    let mut present: Vec<Cause> = Cause::ALL
        .into_iter()
        .filter(|cause| bars.iter().any(|bar| bar.causes.get(*cause).is_some()))
        .collect();
    present.sort_by(|one, other| share(other).total_cmp(&share(one)));
    let (large, small): (Vec<Cause>, Vec<Cause>) =
        present.into_iter().partition(|cause| share(cause) >= WORTH_A_COLOUR);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Mean latency by cause" {
            table.causes.pairwise {
                caption { "Mean latency by cause, in milliseconds and as a share of the bar. 0.0: less than 0.05; –: none at all" }
                thead {
                    tr { th rowspan="2" scope="col" { "cause" }
                        @if enough { th colspan="4" scope="colgroup" { "slowest 5 %" } }
                        th colspan="4" scope="colgroup" { "all requests" } }
                    tr { @for bar in &bars { th colspan="2" scope="colgroup" { (bar.phase) } } }
                }
                tbody { @for cause in &large { (cause_row(*cause, &bars)) } }
                @if !small.is_empty() {
                    tbody.small { @for cause in &small { (cause_row(*cause, &bars)) } }
                }
                tfoot { tr { th scope="row" { "sum" } @for bar in &bars { td.n colspan="2" data-label=[of_pair(bar)] { (figure(bar.mean_ms, &format!("{}/mean_ms", bar.from), NumberForm::Plain)) } } } }
            }
        }
    }
}

fn cause_row(cause: Cause, bars: &[&Bar<'_>]) -> Markup {
    html! {
        tr {
            th scope="row" { span.swatch.(palette::of_cause(cause)) {} (capital(cause.words())) }
            @for bar in bars { (cells(cause, bar)) }
        }
    }
}

/// The name of a pair of cells where they stand in a line of their own: it stands before the first of them.
fn of_pair(bar: &Bar<'_>) -> Option<&'static str> {
    (bar.phase == Phase::Before).then(|| bar.of.words())
}

/// Milliseconds and the share of the bar.
fn cells(cause: Cause, bar: &Bar<'_>) -> Markup {
    let Some(part) = bar.causes.get(cause) else {
        return html! { td.n data-label=[of_pair(bar)] { "–" } td.n.share {} };
    };
    let from = format!("{}/{}/{}", bar.from, bar.of.causes(), cause.name());
    html! {
        td.n data-label=[of_pair(bar)] { (figure(Some(part.mean_ms), &format!("{from}/mean_ms"), NumberForm::Plain)) }
        td.n.share { @if part.share.is_some() { (figure(part.share, &format!("{from}/share"), NumberForm::Percent)) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_at_most_two_lines() {
        assert_eq!(in_two_lines("compute"), "compute");
        assert_eq!(in_two_lines("SYN retransmission"), "SYN retransmission");
        assert_eq!(in_two_lines("not yet accepted"), "not\u{a0}yet accepted");
        for cause in Cause::ALL {
            assert!(in_two_lines(short(cause)).split(' ').count() <= 2, "{cause:?}");
        }
    }
}
