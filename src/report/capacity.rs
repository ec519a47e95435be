//! The highest rate that holds: the lines of the closing summary, and the table for spreadsheets.

use super::words;
use crate::analyze::capacity::{Capacity, CapacityEnd, HighestRate};
use crate::model::Phase;

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
    if let Some(ratio) = found.ratio {
        let interval =
            found.ratio_ci95.map_or(String::new(), |ends| format!(" [{:.2}, {:.2}]", ends.lo, ends.hi));
        text.push_str(&format!("after holds {ratio:.2} times the rate of before{interval}\n"));
    }
    if let Some(least) = found.least_rps {
        text.push_str(&format!("asked for: {least} requests/s after (--least)\n"));
    }
    let measurements = found.measurements.len();
    let ended = match found.ended_by {
        CapacityEnd::Precision => {
            format!("each search ended within {:.0} %", (found.precision - 1.0) * 100.0)
        }
        CapacityEnd::Time => "the time was up before all searches had ended (--time)".into(),
        CapacityEnd::Interrupted => "interrupted before all searches had ended".into(),
    };
    text.push_str(&format!("{measurements} measurements; {ended}\n"));
    text
}

/// The rate with its interval, or what is known of it.
pub(super) fn rate_words(rate: &HighestRate) -> String {
    let holds = rate.brackets.iter().filter_map(|one| one.holds_rps).reduce(f64::min);
    let fails = rate.brackets.iter().filter_map(|one| one.fails_rps).reduce(f64::min);
    match (rate.rate_rps, rate.ci95_rps, holds, fails) {
        (Some(found), Some(ends), ..) => format!("{found:.1} requests/s [{:.1}, {:.1}]", ends.lo, ends.hi),
        (Some(found), ..) => format!("{found:.1} requests/s, from one pattern (no interval)"),
        (None, _, Some(holds), None) => {
            format!("holds at {holds:.1} requests/s and at every rate that was tried")
        }
        (None, _, None, Some(fails)) => format!("does not hold, not even at {fails:.1} requests/s"),
        _ => "not measured".into(),
    }
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
        ])?;
    }
    Ok(table.into_inner()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::capacity::RateBracket;
    use crate::stats::Interval;

    #[test]
    fn a_rate_is_told_as_far_as_it_is_known() {
        let bracket = |holds_rps, fails_rps| vec![RateBracket { pattern: 1, holds_rps, fails_rps }];
        let rate = |rate_rps, ci95_rps, brackets| HighestRate {
            strategy: String::new(),
            rate_rps,
            ci95_rps,
            brackets,
        };
        let ends = Interval { lo: 35.1, hi: 41.04 };
        let both = bracket(Some(38.0), Some(39.0));
        let told = [
            rate(Some(38.25), Some(ends), both.clone()),
            rate(Some(38.25), None, both),
            rate(None, None, bracket(Some(40.0), None)),
            rate(None, None, bracket(None, Some(0.5))),
            rate(None, None, Vec::new()),
        ];
        let expected = [
            "38.2 requests/s [35.1, 41.0]",
            "38.2 requests/s, from one pattern (no interval)",
            "holds at 40.0 requests/s and at every rate that was tried",
            "does not hold, not even at 0.5 requests/s",
            "not measured",
        ];
        assert_eq!(told.each_ref().map(rate_words), expected);
    }
}
