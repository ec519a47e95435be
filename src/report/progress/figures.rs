//! How a load stands, in words: one text for the bar, one for plain lines.

use super::load::Judged;
use super::schedule::Left;
use crate::model::Micros;
use crate::report::style::{Colour, Style};
use crate::report::words;
use crate::runlog::Live;

/// Percentiles that are always shown, in tenths of a percent.
const SHOWN: [u64; 2] = [500, 950];

/// How far a load whose arrivals do not wait had come when the last of them was due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arrived {
    pub seconds: f64,
    pub succeeded: u64,
}

impl Arrived {
    pub(super) fn now(live: &Live, seconds: f64) -> Self {
        Arrived { seconds: seconds.max(1e-3), succeeded: live.ended - live.failed }
    }
}

/// `41.2 requests/s`; of a load whose arrivals do not wait `offered 50.0, achieved 41.2 requests/s, backlog 88`: achieved are
/// successes, and both count until the last request was due, where it was.
pub(super) fn rate(live: &Live, seconds: f64, arrived: Option<Arrived>) -> String {
    let Some(due) = live.offered else {
        return format!("{:.1} requests/s", live.ended as f64 / seconds.max(1e-3));
    };
    let Arrived { seconds, succeeded } = arrived.unwrap_or(Arrived::now(live, seconds));
    let (offered, achieved) = (due as f64 / seconds, succeeded as f64 / seconds);
    let backlog = due.saturating_sub(live.ended);
    format!("offered {offered:.1}, achieved {achieved:.1} requests/s, backlog {backlog}")
}

/// `3 errors (0.5 %)`; `None` if there are none.
pub(super) fn errors(live: &Live, colour: Colour) -> Option<String> {
    let share = live.failed as f64 / live.ended.max(1) as f64 * 100.0;
    let word = if live.failed == 1 { "error" } else { "errors" };
    let text = format!("{} {word} ({share:.1} %)", live.failed);
    (live.failed > 0).then(|| colour.paint(Style::Bad, &text))
}

/// `P50 916, P95 1949 > 800 ms`: of all requests that have ended, each beside its limit of the SLA. A failure ranks slower
/// than every success, as in the verdict.
pub(super) fn percentiles(live: &Live, judged: &[Judged], colour: Colour) -> String {
    let mut shown: Vec<u64> = SHOWN.into_iter().chain(judged.iter().map(|line| line.permille)).collect();
    shown.sort_unstable();
    shown.dedup();
    let figures = shown.into_iter().map(|permille| {
        let limit = judged.iter().find(|line| line.permille == permille);
        percentile(live, permille, limit, colour)
    });
    figures.collect::<Vec<_>>().join(", ")
}

fn percentile(live: &Live, permille: u64, limit: Option<&Judged>, colour: Colour) -> String {
    let name = words::percentile(permille);
    if live.latency.is_empty() {
        return match limit {
            Some(line) => format!("{name} none yet (limit {} ms)", line.limit.as_millis()),
            None => format!("{name} none yet"),
        };
    }
    let Some(found) = at_rank(live, permille) else {
        return colour.paint(Style::Bad, &format!("{name} no answer at that rank"));
    };
    let figure = format!("{name} {:.0} ms", Micros(found).as_millis());
    let Some(line) = limit else { return figure };
    let (style, sign) = if found <= line.limit.0 { (Style::Good, "≤") } else { (Style::Bad, ">") };
    colour.paint(style, &format!("{figure} {sign} {} ms", line.limit.as_millis()))
}

/// By nearest rank over successes and failures; `None` where a failure has that rank.
fn at_rank(live: &Live, permille: u64) -> Option<u64> {
    let (ended, successes) = (live.latency.len() + live.failed, live.latency.len());
    let rank = (ended * permille).div_ceil(1_000).max(1);
    (rank <= successes).then(|| live.latency.value_at_quantile(rank as f64 / successes as f64))
}

/// `about 1 min 12 s left`; nothing where nothing is known.
pub(super) fn left(left: Left) -> Option<String> {
    match left {
        Left::Unknown => None,
        Left::AtLeast(seconds) => Some(format!("at least {} left", length(seconds))),
        Left::About(seconds) => Some(format!("about {} left", length(seconds))),
    }
}

fn length(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(latencies_ms: &[u64], failed: u64) -> Live {
        let mut live = Live { ended: latencies_ms.len() as u64 + failed, failed, ..Live::default() };
        latencies_ms.iter().for_each(|latency| live.latency.saturating_record(latency * 1_000));
        live
    }

    fn judged(lines: &[(u64, u64)]) -> Vec<Judged> {
        let line =
            |(permille, limit): &(u64, u64)| Judged { permille: *permille, limit: Micros(limit * 1_000) };
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_percentile_stands_beside_its_limit() {
        let shown =
            |latencies: &[u64]| percentiles(&live(latencies, 0), &judged(&[(950, 800)]), Colour(false));
        assert_eq!(shown(&[100; 20]), "P50 100 ms, P95 100 ms ≤ 800 ms");
        assert_eq!(shown(&[900; 20]), "P50 900 ms, P95 900 ms > 800 ms");
        assert_eq!(shown(&[]), "P50 none yet, P95 none yet (limit 800 ms)");
        let other = percentiles(&live(&[5; 9], 0), &judged(&[(999, 7)]), Colour(false));
        assert_eq!(other, "P50 5 ms, P95 5 ms, P99.9 5 ms ≤ 7 ms");
    }

    #[test]
    fn errors_are_counted() {
        assert_eq!(rate(&live(&[5; 18], 2), 2.0, None), "10.0 requests/s");
        assert_eq!(errors(&live(&[5; 18], 2), Colour(false)).as_deref(), Some("2 errors (10.0 %)"));
        assert_eq!(errors(&live(&[5; 18], 0), Colour(false)), None);
    }

    #[test]
    fn arrivals_that_do_not_wait_are_offered_and_some_of_them_achieved() {
        let open = Live { offered: Some(25), ..live(&[5; 18], 2) };
        assert_eq!(rate(&open, 2.0, None), "offered 12.5, achieved 9.0 requests/s, backlog 5");
        let counted_sooner = Live { offered: Some(19), ..live(&[5; 20], 0) };
        assert_eq!(rate(&counted_sooner, 2.0, None), "offered 9.5, achieved 10.0 requests/s, backlog 0");
        let arrived = Some(Arrived::now(&open, 2.0));
        let drained = Live { offered: Some(25), ..live(&[5; 23], 2) };
        assert_eq!(rate(&drained, 8.0, arrived), "offered 12.5, achieved 9.0 requests/s, backlog 0");
    }

    #[test]
    fn time_is_written_as_people_say_it() {
        assert_eq!(left(Left::About(71.2)).as_deref(), Some("about 1 min 12 s left"));
        assert_eq!(left(Left::AtLeast(8.0)).as_deref(), Some("at least 8 s left"));
        assert_eq!(left(Left::About(7_260.0)).as_deref(), Some("about 2 h 01 min left"));
        assert_eq!(left(Left::Unknown), None);
    }
}
