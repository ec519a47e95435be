//! Whether the answers are the same.

use maud::{Markup, html};

use super::conditions_of_run::{Conditions, Differing};
use super::figure::{NumberForm, count, figure, interval};
use crate::analyze::{Quality, Yardstick};
use crate::model::run_files::ANSWERS;

/// Requests that are named of those whose answers are not shown.
const NAMED: usize = 200;

/// Counts, the yardstick, and the requests whose answers differ.
pub fn section(quality: &Quality, conditions: &Conditions) -> Markup {
    html! {
        section aria-labelledby="quality" {
            h2 #quality { "Answers compared" }
            @if quality.compared == 0 {
                p.none {
                    @if quality.not_compared == 0 { "No request succeeded in both phases, so no answer could be compared." }
                    @else { "No answer could be compared: of each pair only one was copied before its bytes were gone." }
                }
            } @else {
                p {
                    (count(quality.equal, "comparison:/quality/equal")) " of " (count(quality.compared, "comparison:/quality/compared"))
                    " answers are equal, " strong { (count(quality.different, "comparison:/quality/different")) " different" }
                    ". Compared request by request, wherever both phases succeeded, " (compared_by(conditions)) "."
                }
                @match &quality.yardstick {
                    Some(yardstick) => (measured(yardstick, quality.degraded)),
                    None => p { "No request was answered twice in the before phase, so nobody knows how often the server differs from itself: one difference makes the verdict " em { "missed" } "." },
                }
                (in_numbers(quality))
            }
            (differing(&conditions.differing))
        }
    }
}

/// How, in words.
fn compared_by(conditions: &Conditions) -> String {
    let rules = &conditions.rules;
    let mut words = vec!["as canonical JSON".to_string()];
    if let Some(api) = &conditions.answers_of {
        words.push(format!("without the ids, times and the like of {api}"));
    }
    let own: Vec<_> = rules.own_ignored().collect();
    if !own.is_empty() {
        words.push(format!("without {}", own.join(", ")));
    }
    if !rules.content.is_empty() {
        words.push(format!("by what stands at {} alone", rules.content.join(", ")));
    }
    let limits = [
        ("numbers may lie apart by", rules.tolerance),
        ("arrays of numbers must have a cosine of", rules.cosine),
        ("texts may differ down to a ratio of lengths of", rules.length_ratio),
    ];
    words.extend(limits.into_iter().filter_map(|(what, limit)| Some(format!("{what} {}", limit?))));
    if !rules.command.is_empty() {
        words.push("what still differs judged by the scenario's command".into());
    }
    words.join("; ")
}

fn measured(yardstick: &Yardstick, degraded: bool) -> Markup {
    let share = |share: f64, name: &str| {
        figure(Some(share), &format!("comparison:/quality/yardstick/{name}"), NumberForm::Percent)
    };
    html! {
        p {
            "The yardstick is how often the before phase differs from itself. Of two answers to one request "
            (share(yardstick.before_share, "before_share")) " differ within the before phase, and "
            (share(yardstick.after_share, "after_share")) " between the phases, where chance alone gives "
            (interval(Some(yardstick.chance95), "comparison:/quality/yardstick/chance95", NumberForm::Percent)) ", over "
            (count(yardstick.requests, "comparison:/quality/yardstick/requests")) " requests: "
            @if degraded { strong { "the after phase is worse" } ", so the verdict is " em { "missed" } "." }
            @else { "the after phase is no worse." }
        }
    }
}

fn in_numbers(quality: &Quality) -> Markup {
    let Some(numeric) = &quality.numeric else { return html! {} };
    html! {
        p {
            (count(numeric.pairs, "comparison:/quality/numeric/pairs")) " pairs differ in numbers alone, by at most "
            (format!("{:.1e}", numeric.largest)) " of the larger number"
            @if let Some(cosine) = numeric.least_cosine { ", with a cosine of at least " (format!("{cosine:.6}")) }
            "."
        }
    }
}

/// Side by side as far as they were kept, then the others by their numbers.
fn differing(requests: &[Differing]) -> Markup {
    let not_kept = format!("not kept: {ANSWERS} holds the answers to the first requests");
    let list = |kept: bool| {
        let others = requests.iter().filter(|one| one.shown.is_none() && one.is_kept == kept);
        let numbers: Vec<_> = others.map(|one| one.seq.to_string()).collect();
        let more = numbers.len().saturating_sub(NAMED);
        let named = numbers[..numbers.len() - more].join(", ");
        if more > 0 { format!("{named} and {more} more") } else { named }
    };
    let (kept, lost) = (list(true), list(false));
    html! {
        @for one in requests {
            @if let Some(shown) = &one.shown {
                div.pair {
                    h3 { "Request " (one.seq) }
                    @for (phase, answer) in ["before", "after"].into_iter().zip(shown) {
                        div { h4 { (phase) } pre { @match answer { Some(answer) => (answer), None => (not_kept) } } }
                    }
                }
            }
        }
        @if !kept.is_empty() { p { "Different too, and both answers are in " (ANSWERS) ": requests " (kept) "." } }
        @if !lost.is_empty() { p { "Different too, but not both answers were kept: requests " (lost) "." } }
    }
}
