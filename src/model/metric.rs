//! What a line of the SLA judges: a statistic of a subject, or a figure of a whole phase.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// What is judged, over all planned requests of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// A statistic of a length of time.
    Time(Subject, Statistic),
    /// Share of the planned requests that did not succeed.
    ErrorRate,
    /// Successes a second. Its limit is the least that will do.
    Throughput,
}

/// A length of time that every request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Last response byte − due.
    Latency,
}

/// A figure of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// The least.
    Min,
    /// The mean.
    Mean,
    /// A percentile, in tenths of a percent, so that ranks are whole numbers.
    Percentile(u64),
    /// The greatest.
    Max,
}

/// The unit of a figure in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a time.
    Milliseconds,
    /// Of 1.
    Share,
    /// Of a rate.
    RequestsPerSecond,
}

impl Statistic {
    /// The median.
    pub const P50: Statistic = Statistic::Percentile(500);
    /// The 95th percentile.
    pub const P95: Statistic = Statistic::Percentile(950);
    /// The 99th percentile.
    pub const P99: Statistic = Statistic::Percentile(990);

    /// In tenths of a percent, if it is a percentile.
    pub fn percentile(self) -> Option<u64> {
        match self {
            Statistic::Percentile(permille) => Some(permille),
            _ => None,
        }
    }
}

impl Metric {
    /// All that a line can judge.
    pub const ALL: [Metric; 10] = [
        Metric::latency(Statistic::P50),
        Metric::latency(Statistic::Percentile(750)),
        Metric::latency(Statistic::Percentile(900)),
        Metric::latency(Statistic::P95),
        Metric::latency(Statistic::P99),
        Metric::latency(Statistic::Percentile(999)),
        Metric::latency(Statistic::Mean),
        Metric::latency(Statistic::Max),
        Metric::ErrorRate,
        Metric::Throughput,
    ];

    /// A statistic of latency.
    pub const fn latency(statistic: Statistic) -> Self {
        Metric::Time(Subject::Latency, statistic)
    }

    /// A percentile of latency, in tenths of a percent.
    pub const fn latency_percentile(permille: u64) -> Self {
        Metric::latency(Statistic::Percentile(permille))
    }

    /// Of a length of time.
    pub fn statistic(self) -> Option<Statistic> {
        match self {
            Metric::Time(_, statistic) => Some(statistic),
            Metric::ErrorRate | Metric::Throughput => None,
        }
    }

    /// In tenths of a percent, if it is a percentile.
    pub fn percentile(self) -> Option<u64> {
        self.statistic().and_then(Statistic::percentile)
    }

    /// Of its figures.
    pub fn unit(self) -> Unit {
        match self {
            Metric::Time(..) => Unit::Milliseconds,
            Metric::ErrorRate => Unit::Share,
            Metric::Throughput => Unit::RequestsPerSecond,
        }
    }

    /// Whether a figure keeps a limit, which is inclusive.
    pub fn keeps(self, figure: f64, limit: f64) -> bool {
        if self.has_least() { figure >= limit } else { figure <= limit }
    }

    /// Whether its limit is the least that will do; of all others it is the most.
    pub fn has_least(self) -> bool {
        self == Metric::Throughput
    }
}

impl Unit {
    /// As it stands in files.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Share => "share",
            Unit::RequestsPerSecond => "requests/s",
        }
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// In JSON spelling.
impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Min => f.write_str("min"),
            Statistic::Mean => f.write_str("mean"),
            Statistic::Max => f.write_str("max"),
            Statistic::Percentile(permille) => match permille % 10 {
                0 => write!(f, "p{}", permille / 10),
                tenth => write!(f, "p{}_{tenth}", permille / 10),
            },
        }
    }
}

/// In JSON spelling; a statistic of latency bears no other name.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Time(Subject::Latency, statistic) => statistic.fmt(f),
            Metric::ErrorRate => f.write_str("error_rate"),
            Metric::Throughput => f.write_str("throughput"),
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let name = name.replace('.', "_");
        let known = Metric::ALL.into_iter().find(|metric| metric.to_string() == name);
        known.ok_or_else(|| {
            let known: Vec<_> = Metric::ALL.iter().map(Metric::to_string).collect();
            format!("unknown SLA metric `{name}`; use one of {}", known.join(", "))
        })
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> String {
        metric.to_string()
    }
}

impl TryFrom<String> for Metric {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for metric in Metric::ALL {
            assert_eq!(metric.to_string().parse(), Ok(metric));
            assert_eq!(serde_json::to_string(&metric).expect("plain data"), format!("\"{metric}\""));
        }
        let fine = Metric::latency_percentile(999);
        assert_eq!((fine.to_string().as_str(), "p99.9".parse()), ("p99_9", Ok(fine)));
    }

    #[test]
    fn what_no_line_can_judge_is_refused_with_what_can_be() {
        for name in ["p42", "min", "", "p950"] {
            assert!(name.parse::<Metric>().is_err_and(|problem| problem.contains("p95, p99")), "{name}");
        }
    }

    #[test]
    fn only_a_throughput_has_to_be_high() {
        assert!(Metric::Throughput.keeps(5.0, 5.0) && !Metric::Throughput.keeps(4.9, 5.0));
        assert!(Metric::ErrorRate.keeps(0.01, 0.01) && !Metric::ErrorRate.keeps(0.02, 0.01));
    }
}
