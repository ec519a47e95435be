//! Latency over the script's run, by when requests started.

use crate::analyze::document::Window;
use crate::analyze::observed::ScriptRows;
use crate::model::Micros;
use crate::stats::distribution::Distribution;
use crate::stats::rounded;

/// Windows of equal length.
const WINDOWS: usize = 10;

/// Ten windows from the first start to the last; none if there are not two different starts.
pub(super) fn of(rows: &ScriptRows) -> Vec<Window> {
    let started = || rows.rows().iter().filter_map(|row| row.started_s.map(|started| (started, row.latency)));
    let first = started().map(|(started, _)| started).fold(f64::INFINITY, f64::min);
    let last = started().map(|(started, _)| started).fold(f64::NEG_INFINITY, f64::max);
    let length = (last - first) / WINDOWS as f64;
    if !(length > 0.0 && length.is_finite()) {
        return Vec::new();
    }
    let mut windows: [(Vec<u64>, u64); WINDOWS] = Default::default();
    for (started, latency) in started() {
        let (successes, n) = &mut windows[(((started - first) / length) as usize).min(WINDOWS - 1)];
        *n += 1;
        successes.extend(latency.map(|latency| latency.0));
    }
    let window = |(index, (successes, n)): (usize, (Vec<u64>, u64))| Window {
        from_s: rounded(index as f64 * length, 3),
        n,
        p50_ms: Distribution::new(successes, n).percentile(500).map(Micros::as_millis),
    };
    windows.into_iter().enumerate().map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fixtures::script_rows;

    fn windows(rows: &str) -> Vec<Window> {
        let log = format!("started_at,latency_ms,success\n{rows}");
        of(&script_rows(&log))
    }

    #[test]
    fn every_request_is_in_one_window_of_equal_length() {
        let row = |i| format!("{}.5,{}.0,{}\n", 1_000 + i, 10 * i, u8::from(i != 3));
        let windows = windows(&(0..=20).map(row).collect::<String>());
        assert_eq!(windows.len(), 10);
        assert_eq!(windows.iter().map(|window| window.n).sum::<u64>(), 21);
        let first = Window { from_s: 0.0, n: 2, p50_ms: Some(0.0) };
        let second = Window { from_s: 2.0, n: 2, p50_ms: Some(20.0) };
        assert_eq!(windows[..2], [first, second]);
        assert_eq!(
            (windows[9].n, windows[9].p50_ms),
            (3, Some(190.0)),
            "the last start is in the last window"
        );
    }

    #[test]
    fn without_two_starts_there_is_no_time() {
        assert_eq!(windows(""), []);
        assert_eq!(windows("5.0,1.0,1\n5.0,1.0,1\n"), []);
        assert_eq!(windows(",1.0,1\n7.0,1.0,1\n"), []);
    }
}
