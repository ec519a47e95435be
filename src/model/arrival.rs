//! By which process the requests of an open load arrive: the noun; when each is due is the room `plan`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// By which process requests arrive that do not wait for answers. Rates are in requests a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ArrivalProcess {
    /// One after the other, always the same time apart, the first at the start.
    Constant {
        /// More than 0.
        rate: f64,
    },
    /// Independent of each other: gaps are exponential.
    Poisson {
        /// On average.
        rate: f64,
    },
    /// Gaps from a gamma distribution with the mean 1 ÷ rate.
    Gamma {
        /// On average.
        rate: f64,
        /// 1 is Poisson, less comes in bursts, more is more even: what vLLM calls burstiness.
        shape: f64,
    },
    /// At a rate that changes with time.
    Steps {
        /// One after the other, at least one.
        steps: Vec<RateStep>,
        /// Of the gaps, as for gamma; `None` is even ones.
        shape: Option<f64>,
    },
    /// When those of a trace did.
    Trace {
        /// Its file.
        file: PathBuf,
        /// What its times are multiplied by.
        scale: f64,
        /// How far an arrival may be moved, in microseconds of the trace; 0 is not at all.
        jitter_us: u64,
    },
}

/// A length of time in which the rate stays, or changes evenly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateStep {
    /// How long it lasts.
    pub lasts_us: u64,
    /// The rate at its start.
    pub from: f64,
    /// At its end.
    pub to: f64,
}

impl fmt::Display for ArrivalProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArrivalProcess::Constant { rate } => write!(f, "constant arrivals at {rate}/s"),
            ArrivalProcess::Poisson { rate } => write!(f, "Poisson arrivals at {rate}/s"),
            ArrivalProcess::Gamma { rate, shape } => {
                write!(f, "gamma arrivals of shape {shape} at {rate}/s")
            }
            ArrivalProcess::Steps { steps, shape } => {
                write!(f, "arrivals at ")?;
                for (place, step) in steps.iter().enumerate() {
                    write!(f, "{}{step}", if place > 0 { ", " } else { "" })?;
                }
                shape.map_or(Ok(()), |shape| write!(f, ", gamma gaps of shape {shape}"))
            }
            ArrivalProcess::Trace { file, scale, jitter_us } => {
                write!(f, "the arrivals of {}", file.display())?;
                if *scale != 1.0 {
                    write!(f, ", times × {scale}")?;
                }
                if *jitter_us > 0 {
                    write!(f, ", each up to {:?} later", Duration::from_micros(*jitter_us))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for RateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasts = Duration::from_micros(self.lasts_us);
        if self.from == self.to {
            return write!(f, "{}/s for {lasts:?}", self.from);
        }
        write!(f, "{} to {}/s over {lasts:?}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_said_in_words_and_survives_the_manifest() {
        let steps = vec![
            RateStep { lasts_us: 10_000_000, from: 5.0, to: 5.0 },
            RateStep { lasts_us: 500_000, from: 5.0, to: 20.0 },
        ];
        let trace = ArrivalProcess::Trace { file: "a.csv".into(), scale: 0.1, jitter_us: 3_000_000 };
        for (process, words) in [
            (ArrivalProcess::Constant { rate: 50.0 }, "constant arrivals at 50/s"),
            (ArrivalProcess::Poisson { rate: 0.5 }, "Poisson arrivals at 0.5/s"),
            (ArrivalProcess::Gamma { rate: 5.0, shape: 0.25 }, "gamma arrivals of shape 0.25 at 5/s"),
            (
                ArrivalProcess::Steps { steps, shape: Some(1.0) },
                "arrivals at 5/s for 10s, 5 to 20/s over 500ms, gamma gaps of shape 1",
            ),
            (trace, "the arrivals of a.csv, times × 0.1, each up to 3s later"),
        ] {
            assert_eq!(process.to_string(), words);
            let json = serde_json::to_string(&process).expect("plain data");
            assert_eq!(serde_json::from_str::<ArrivalProcess>(&json).expect("the same"), process, "{json}");
        }
    }
}
