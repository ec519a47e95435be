//! The highest rate that holds: the lines of the closing summary, and the table for spreadsheets.

use super::words;
use crate::analyze::capacity::{BracketEnd, Capacity, CapacityEnd, HighestRate, RateBracket};
use crate::model::{Exit, Phase};

/// The closing summary.
pub fn capacity_summary(found: &Capacity) -> String {
    let lines: Vec<String> = found.sla.iter().map(words::limited).collect();
    let each = found.each_ms / 1e3;
    let mut text = format!(
        "the highest rate at which {} holds, {} arrivals, {each} s or more a measurement\n",
        lines.join(" and "),
        found.arrival
    );
    for (phase, rate) in [(Phase::Before, &found.before), (Phase::After, &found.after)] {
        text.push_str(&format!("{:<8}{:<36}{}\n", phase.name(), rate.strategy, rate_words(rate)));
    }
    if let Some(ratio) = ratio_words(found) {
        text.push_str(&format!("{ratio}\n"));
    }
    if let Some(demand) = demand_words(found) {
        text.push_str(&format!("{demand}\n"));
    }
    for note in notes(found) {
        text.push_str(&format!("{note}\n"));
    }
    let measurements = found.measurements.len();
    text.push_str(&format!("{measurements} measurements; {}\n", ended_words(found)));
    text
}

/// The rate with its interval, or what is known of it.
pub(super) fn rate_words(rate: &HighestRate) -> String {
    let lowest = |one: &RateBracket| one.ended_by == BracketEnd::Lowest;
    match (rate.rate_rps, rate.ci95_rps, rate.at_least_rps, rate.below_rps) {
        (Some(found), Some(ends), ..) => format!("{found:.1} requests/s [{:.1}, {:.1}]", ends.lo, ends.hi),
        (Some(found), ..) => format!("{found:.1} requests/s, from one arrival sequence (no interval)"),
        (_, _, Some(least), Some(below)) => format!("between {least:.1} and {below:.1} requests/s"),
        (_, _, Some(least), None) => format!("at least {least:.1} requests/s"),
        (_, _, None, Some(below)) if rate.brackets.iter().all(lowest) => {
            format!("does not hold, not even at {below:.1} requests/s")
        }
        (_, _, None, Some(below)) => format!("below {below:.1} requests/s"),
        _ if rate.brackets.is_empty() => "not measured".into(),
        _ => "no figure: what is known of one arrival sequence is no bound for the others".into(),
    }
}

/// How many times the rate of before the after phase holds, as far as that is known.
pub(super) fn ratio_words(found: &Capacity) -> Option<String> {
    let times = match (found.ratio, found.ratio_ci95, found.ratio_at_least, found.ratio_below) {
        (Some(ratio), Some(ends), ..) => {
            return Some(format!(
                "after holds {ratio:.2} times the rate of before [{:.2}, {:.2}]",
                ends.lo, ends.hi
            ));
        }
        (Some(ratio), ..) => format!("{ratio:.2}"),
        (_, _, Some(least), Some(below)) => format!("between {least:.2} and {below:.2}"),
        (_, _, Some(least), None) => format!("at least {least:.2}"),
        (_, _, None, Some(below)) => format!("less than {below:.2}"),
        _ => return None,
    };
    Some(format!("after holds {times} times the rate of before"))
}

/// What became of what the after phase had to hold.
pub(super) fn demand_words(found: &Capacity) -> Option<String> {
    let least = found.least_rps?;
    let shown = match found.exit {
        Exit::Success => "held",
        Exit::InDoubt => "neither held nor missed, for the client itself was late: it cannot send as much",
        Exit::Missed => "not shown to be held",
        _ => "not judged",
    };
    Some(format!("asked for: {least} requests/s after (--least), {shown} (exit code {})", found.exit))
}

/// How it ended: what is true of every search of an arrival sequence.
pub(super) fn ended_words(found: &Capacity) -> String {
    let brackets = || found.before.brackets.iter().chain(&found.after.brackets);
    let settled = brackets().filter(|one| one.ended_by == BracketEnd::Precision).count();
    let planned = 2 * found.patterns as usize;
    let within = within_words(found.precision);
    match found.ended_by {
        CapacityEnd::Precision if settled == planned => format!("each search ended within {within}"),
        CapacityEnd::Precision => format!("{settled} of {planned} searches ended within {within}"),
        CapacityEnd::Time => {
            format!("the time was up (--time): {settled} of {planned} searches had ended within {within}")
        }
        CapacityEnd::Interrupted => {
            format!("interrupted: {settled} of {planned} searches had ended within {within}")
        }
    }
}

/// A factor as the part by which it is above 1.
fn within_words(precision: f64) -> String {
    let percent = format!("{:.1}", (precision - 1.0) * 100.0);
    format!("{} %", percent.strip_suffix(".0").unwrap_or(&percent))
}

/// What has to be known of a figure: each search that did not end with a narrow bracket, and what to do.
pub(super) fn notes(found: &Capacity) -> Vec<String> {
    let phases = [(Phase::Before, &found.before), (Phase::After, &found.after)];
    let of_phase = |(phase, rate): (Phase, &HighestRate)| {
        let of = move |one: &RateBracket| {
            Some(format!("{}, arrival sequence {}: {}", phase.name(), one.pattern, bracket_note(one)?))
        };
        let missing = found.patterns as usize - rate.brackets.len();
        let missing = (missing > 0).then(|| {
            format!("{}: {missing} of {} arrival sequences were not begun", phase.name(), found.patterns)
        });
        rate.brackets.iter().filter_map(of).chain(missing).collect::<Vec<_>>()
    };
    let mut notes: Vec<String> = phases.into_iter().flat_map(of_phase).collect();
    let busy = found.measurements.iter().filter(|one| one.server_idle == Some(false)).count();
    if busy > 0 {
        notes.push(format!(
            "{busy} measurements began although the server had not become idle after the one before: look for what it was still \
             busy with"
        ));
    }
    notes
}

fn bracket_note(one: &RateBracket) -> Option<String> {
    let known = match (one.holds_rps, one.fails_rps) {
        (Some(holds), Some(fails)) => {
            format!("it is known to lie between {holds:.1} and {fails:.1} requests/s")
        }
        (Some(holds), None) => {
            format!("it holds at {holds:.1} requests/s, and no rate is known that does not")
        }
        (None, Some(fails)) => {
            format!("it does not hold at {fails:.1} requests/s, and no rate is known that does")
        }
        (None, None) => "nothing is known".into(),
    };
    let late = one.client_late_rps.map_or(String::new(), |late| format!("{late:.1} requests/s"));
    Some(match one.ended_by {
        BracketEnd::Precision => return None,
        BracketEnd::ClientLate => format!(
            "limited by the client, which was itself late at {late}; {known}: give the client more processors (load.threads) or a \
             machine of its own"
        ),
        BracketEnd::Unconfirmed => format!(
            "{known}, but the client was late whenever one of the two was measured again: give the client more processors \
             (load.threads) or a machine of its own"
        ),
        BracketEnd::Lowest => {
            format!("{known}; lower ones are tried with a longer -d, or with an SLA of lower percentiles")
        }
        BracketEnd::Highest => format!("{known}; higher ones are not tried"),
        BracketEnd::Unsettled => {
            format!(
                "measurements of one rate went on to disagree; {known}: use a longer -d or a calmer machine"
            )
        }
        BracketEnd::Time => format!("the time was up (--time); {known}"),
        BracketEnd::Interrupted => format!("interrupted; {known}"),
    })
}

/// One row a measurement.
pub fn capacity_table(found: &Capacity) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "phase",
        "pattern",
        "rate_rps",
        "requests",
        "succeeded",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "achieved_rps",
        "goodput_rps",
        "overloaded",
        "client_late",
        "holds",
        "repetition",
        "valid",
    ])?;
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.3}"));
    for one in &found.measurements {
        table.write_record([
            one.phase.name().to_string(),
            one.pattern.to_string(),
            format!("{:.3}", one.rate_rps),
            one.requests.to_string(),
            one.succeeded.to_string(),
            number(one.p50_ms),
            number(one.p95_ms),
            number(one.p99_ms),
            number(one.achieved_rps),
            number(one.goodput_rps),
            one.overloaded.to_string(),
            one.client_late.to_string(),
            one.holds.to_string(),
            one.repetition.to_string(),
            one.valid.to_string(),
        ])?;
    }
    Ok(table.into_inner()?)
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;
    use crate::analyze::capacity::RateMeasured;
    use crate::model::SlaLine;

    pub(in crate::report) fn bracket(
        holds: Option<f64>,
        fails: Option<f64>,
        ended_by: BracketEnd,
    ) -> RateBracket {
        RateBracket {
            pattern: 1,
            holds_rps: holds,
            fails_rps: fails,
            holds_repetitions: holds.map_or_else(Vec::new, |_| vec![1, 3]),
            fails_repetitions: fails.map_or_else(Vec::new, |_| vec![2, 4]),
            client_late_rps: (ended_by == BracketEnd::ClientLate).then_some(160.0),
            ended_by,
        }
    }

    pub(in crate::report) fn rate(rate_rps: Option<f64>, bracket: Option<RateBracket>) -> HighestRate {
        HighestRate {
            strategy: "per_request".into(),
            rate_rps,
            ci95_rps: None,
            at_least_rps: bracket.as_ref().and_then(|one| one.holds_rps),
            below_rps: bracket.as_ref().and_then(|one| one.fails_rps),
            knee_rps: None,
            brackets: bracket.into_iter().collect(),
        }
    }

    pub(in crate::report) fn measured(phase: Phase, rate: f64, value: f64) -> RateMeasured {
        RateMeasured {
            phase,
            repetition: 1,
            pattern: 1,
            rate_rps: rate,
            requests: 200,
            succeeded: 200,
            p50_ms: Some(value / 2.0),
            p95_ms: Some(value),
            p99_ms: Some(value * 2.0),
            achieved_rps: Some(rate),
            goodput_rps: Some(rate),
            overloaded: false,
            client_late: false,
            holds: value <= 500.0,
            valid: true,
            server_idle: None,
        }
    }

    pub(in crate::report) fn found(before: HighestRate, after: HighestRate) -> Capacity {
        Capacity {
            schema: 1,
            run_id: "run".into(),
            sla: vec![SlaLine::parse("p95", "500ms").expect("a line")],
            arrival: "poisson".into(),
            each_ms: 10_000.0,
            precision: 1.05,
            patterns: 1,
            ended_by: CapacityEnd::Precision,
            before,
            after,
            ratio: None,
            ratio_ci95: None,
            ratio_at_least: None,
            ratio_below: None,
            least_rps: None,
            exit: Exit::Success,
            measurements: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::{bracket, found, measured, rate};
    use super::*;
    use crate::analyze::capacity::RateMeasured;
    use crate::stats::Interval;

    #[test]
    fn a_rate_is_told_as_far_as_it_is_known() {
        let ends = Interval { lo: 35.1, hi: 41.04 };
        let both = || Some(bracket(Some(38.0), Some(39.0), BracketEnd::Precision));
        let open = |holds, fails, end| rate(None, Some(bracket(holds, fails, end)));
        let mixed = HighestRate {
            at_least_rps: None,
            below_rps: None,
            ..open(Some(40.0), None, BracketEnd::Highest)
        };
        let told = [
            HighestRate { ci95_rps: Some(ends), ..rate(Some(38.25), both()) },
            rate(Some(38.25), both()),
            open(Some(40.0), Some(80.0), BracketEnd::Time),
            open(Some(40.0), None, BracketEnd::ClientLate),
            open(None, Some(0.5), BracketEnd::Lowest),
            open(None, Some(20.0), BracketEnd::Time),
            mixed,
            rate(None, None),
        ];
        let expected = [
            "38.2 requests/s [35.1, 41.0]",
            "38.2 requests/s, from one arrival sequence (no interval)",
            "between 40.0 and 80.0 requests/s",
            "at least 40.0 requests/s",
            "does not hold, not even at 0.5 requests/s",
            "below 20.0 requests/s",
            "no figure: what is known of one arrival sequence is no bound for the others",
            "not measured",
        ];
        assert_eq!(told.each_ref().map(rate_words), expected);
    }

    #[test]
    fn each_search_that_ended_otherwise_is_named_with_what_to_do() {
        let narrow = || rate(Some(38.5), Some(bracket(Some(38.0), Some(39.0), BracketEnd::Precision)));
        let of = |bracket| found(narrow(), rate(None, Some(bracket)));
        let both = found(narrow(), narrow());
        assert!(notes(&both).is_empty() && ended_words(&both) == "each search ended within 5 %");
        for (bracket, words) in [
            (
                bracket(Some(90.0), None, BracketEnd::ClientLate),
                &["limited by the client", "late at 160.0", "load.threads"][..],
            ),
            (bracket(None, Some(7.6), BracketEnd::Lowest), &["does not hold at 7.6", "a longer -d"]),
            (bracket(Some(40.0), Some(80.0), BracketEnd::Time), &["--time", "between 40.0 and 80.0"]),
            (bracket(Some(40.0), Some(41.0), BracketEnd::Unsettled), &["disagree"]),
            (bracket(Some(40.0), Some(41.0), BracketEnd::Unconfirmed), &["measured again", "load.threads"]),
        ] {
            let text = capacity_summary(&of(bracket));
            assert!(words.iter().all(|words| text.contains(words)), "{text}");
            assert!(text.contains("after, arrival sequence 1: "), "{text}");
            assert!(text.contains("1 of 2 searches ended within 5 %"), "{text}");
        }
        let short =
            Capacity { patterns: 3, ended_by: CapacityEnd::Time, ..found(narrow(), rate(None, None)) };
        let text = capacity_summary(&short);
        assert!(text.contains("after: 3 of 3 arrival sequences were not begun"), "{text}");
        assert!(text.contains("1 of 6 searches had ended"), "{text}");
        let fine = Capacity { precision: 1.005, ..found(narrow(), narrow()) };
        assert_eq!(ended_words(&fine), "each search ended within 0.5 %");
        let busy = RateMeasured { server_idle: Some(false), ..measured(Phase::Before, 10.0, 5.0) };
        let busy = Capacity { measurements: vec![busy], ..found(narrow(), narrow()) };
        assert!(notes(&busy).concat().contains("had not become idle"));
    }

    #[test]
    fn a_ratio_is_told_as_far_as_it_is_known() {
        let nothing = || found(rate(None, None), rate(None, None));
        let of = |found: Capacity| ratio_words(&found).unwrap_or_default();
        let ratio_ci95 = Some(Interval { lo: 2.3, hi: 2.97 });
        let known = of(Capacity { ratio: Some(2.64), ratio_ci95, ..nothing() });
        assert_eq!(known, "after holds 2.64 times the rate of before [2.30, 2.97]");
        let open = of(Capacity { ratio_at_least: Some(1.8), ..nothing() });
        assert_eq!(open, "after holds at least 1.80 times the rate of before");
        assert_eq!(of(nothing()), "");
    }

    #[test]
    fn a_demand_that_the_client_could_not_try_is_neither_held_nor_missed() {
        let of =
            |exit| Capacity { least_rps: Some(100.0), exit, ..found(rate(None, None), rate(None, None)) };
        let words = [Exit::Success, Exit::InDoubt, Exit::Missed]
            .map(|exit| demand_words(&of(exit)).unwrap_or_default());
        assert!(words[0].contains("100 requests/s after (--least), held (exit code 0)"), "{words:?}");
        assert!(words[1].contains("the client itself was late") && words[1].contains("98"), "{words:?}");
        assert!(words[2].contains("not shown") && words[2].contains("99"), "{words:?}");
        assert_eq!(demand_words(&found(rate(None, None), rate(None, None))), None);
    }
}
