//! From a value to a place on an axis: linear, logarithmic, or by percentile as in HDR histogram plots.

/// Decades from which on an axis has a tick at each power of ten only.
const MANY_DECADES: f64 = 3.2;

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear {
        /// At the start of the axis.
        lo: f64,
        /// At its end.
        hi: f64,
    },
    /// Equal distances are equal ratios.
    Log {
        /// At the start of the axis, above 0.
        lo: f64,
        /// At its end.
        hi: f64,
    },
    /// Shares of requests, 0 to 1: each equal distance leaves a tenth of the slower requests. The axis of
    /// HDR histogram plots.
    Percentile {
        /// The last decade that is shown: 3 ends at P99.9.
        nines: f64,
    },
}

impl Scale {
    /// A logarithmic scale with round ends around values above 0; `None` where there are none.
    pub fn log_around(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let positive = values.into_iter().filter(|value| *value > 0.0);
        let (lo, hi) = positive.fold((f64::MAX, 0.0_f64), |(lo, hi), value| (lo.min(value), hi.max(value)));
        (hi > 0.0).then(|| {
            let (lo, hi) = (round_below(lo), round_above(hi));
            Scale::Log { lo, hi: if hi > lo { hi } else { lo * 10.0 } }
        })
    }

    /// A linear scale from 0 with a round end.
    pub fn from_zero(hi: f64) -> Self {
        Scale::Linear { lo: 0.0, hi: fine_above(hi.max(1e-3)) }
    }

    /// The value at the end of the axis.
    pub fn end(self) -> f64 {
        match self {
            Scale::Linear { hi, .. } | Scale::Log { hi, .. } => hi,
            Scale::Percentile { nines } => 1.0 - 10_f64.powf(-nines),
        }
    }

    /// Where a value lies between the start (0) and the end (1) of the axis; what lies beyond is at the end.
    pub fn place(self, value: f64) -> f64 {
        let place = match self {
            Scale::Linear { lo, hi } => (value - lo) / (hi - lo),
            Scale::Log { lo, hi } => (value.max(lo) / lo).ln() / (hi / lo).ln(),
            Scale::Percentile { nines } => -(1.0 - value).max(1e-12).log10() / nines,
        };
        place.clamp(0.0, 1.0)
    }

    /// Round values along the axis.
    pub fn ticks(self) -> Vec<f64> {
        match self {
            Scale::Linear { lo, hi } => {
                let step = round_above((hi - lo) / 5.5);
                (0..).map(|n| lo + step * f64::from(n)).take_while(|tick| *tick <= hi + step * 1e-6).collect()
            }
            Scale::Log { lo, hi } => {
                let steps: &[f64] = if (hi / lo).log10() > MANY_DECADES { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let decades = lo.log10().floor() as i32..=hi.log10().ceil() as i32;
                let ticks =
                    decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)));
                ticks.filter(|tick| (lo * 0.999..=hi * 1.001).contains(tick)).collect()
            }
            Scale::Percentile { nines } => {
                let ticks: [f64; 10] = [0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999_999];
                ticks.into_iter().filter(|tick| -(1.0 - tick).log10() <= nines + 1e-9).collect()
            }
        }
    }
}

/// The greatest of 1, 2, 5 times a power of ten that is not above the value.
fn round_below(value: f64) -> f64 {
    let power = 10_f64.powi(value.log10().floor() as i32);
    [5.0, 2.0, 1.0].into_iter().map(|step| step * power).find(|step| *step <= value).unwrap_or(power)
}

/// The least of 1, 2, 5 times a power of ten that is not below the value.
fn round_above(value: f64) -> f64 {
    let power = 10_f64.powi(value.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(power)
}

/// The same with more steps, for an end that needs no ticks up to it.
fn fine_above(value: f64) -> f64 {
    let power = 10_f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(power * 10.0)
}

/// Milliseconds as a tick says them: `500 ms`, `2 s`.
pub fn span_of_time(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", ms / 1_000.0) } else { format!("{ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_round_and_hold_the_values() {
        assert_eq!(Scale::log_around([123.9, 14_798.0]), Some(Scale::Log { lo: 100.0, hi: 20_000.0 }));
        assert_eq!(Scale::log_around([0.0]), None, "a logarithm of nothing has no place");
        assert_eq!(Scale::from_zero(7_016.0), Scale::Linear { lo: 0.0, hi: 8_000.0 });
    }

    #[test]
    fn places_run_from_start_to_end() {
        let log = Scale::Log { lo: 100.0, hi: 10_000.0 };
        assert_eq!([100.0, 1_000.0, 10_000.0, 50_000.0].map(|at| log.place(at)), [0.0, 0.5, 1.0, 1.0]);
        let hdr = Scale::Percentile { nines: 3.0 };
        let places = [0.0, 0.9, 0.99, 0.999].map(|at| (hdr.place(at) * 3.0).round());
        assert_eq!(places, [0.0, 1.0, 2.0, 3.0], "a tenth of the rest each");
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(Scale::Log { lo: 100.0, hi: 1_000.0 }.ticks(), [100.0, 200.0, 500.0, 1_000.0]);
        assert_eq!(Scale::Log { lo: 0.1, hi: 1_000.0 }.ticks(), [0.1, 1.0, 10.0, 100.0, 1_000.0]);
        assert_eq!(Scale::Percentile { nines: 2.3 }.ticks(), [0.0, 0.5, 0.75, 0.9, 0.95, 0.99]);
        assert_eq!(Scale::Linear { lo: 0.0, hi: 10.0 }.ticks(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!([0.5, 800.0, 2_000.0].map(span_of_time), ["0.5 ms", "800 ms", "2 s"]);
    }
}
