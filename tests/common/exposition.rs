//! An exposition of metrics, read again.
use std::collections::BTreeMap;

/// One line of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Series {
    /// Whether it belongs to a metric: itself, or a part of a histogram.
    pub fn is_of(&self, metric: &str) -> bool {
        let rest = self.name.strip_prefix(metric);
        rest.is_some_and(|rest| ["", "_bucket", "_sum", "_count"].contains(&rest))
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(label, value)| self.labels.get(*label).is_some_and(|own| own == value))
    }
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Exposition {
    pub series: Vec<Series>,
}

impl Exposition {
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with("# EOF\n"), "a whole exposition ends so: {text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Exposition { series: lines.map(parse_line).collect() }
    }

    pub fn of(&self, metric: &str) -> Vec<Series> {
        self.series.iter().filter(|series| series.is_of(metric)).cloned().collect()
    }

    /// The only series with this name and these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let mut found = self.series.iter().filter(|series| series.name == name && series.has(labels));
        let value = found.next().unwrap_or_else(|| panic!("no {name} with {labels:?}")).value;
        assert!(found.next().is_none(), "one {name} with {labels:?}");
        value
    }

    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let found = self.series.iter().filter(|series| series.name == name && series.has(labels));
        found.map(|series| series.value).sum()
    }

    /// The finite bounds of a histogram.
    pub fn buckets(&self, metric: &str) -> Vec<f64> {
        let name = format!("{metric}_bucket");
        let of_name = self.series.iter().filter(|series| series.name == name);
        let mut bounds: Vec<f64> = of_name.filter_map(bound).filter(|bound| bound.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        bounds
    }

    /// The bucket of a percentile over successes and failures, where failures rank last.
    pub fn bucket_of(&self, metric: &str, phase: &str, share: f64) -> (f64, f64) {
        let name = format!("{metric}_bucket");
        let all = self.sum(&format!("{metric}_count"), &[("phase", phase)]);
        let rank = (share * all).ceil();
        let successes = [("phase", phase), ("outcome", "success")];
        let of_name = self.series.iter().filter(|series| series.name == name && series.has(&successes));
        let mut buckets: Vec<(f64, f64)> =
            of_name.filter_map(|series| Some((bound(series)?, series.value))).collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut low = 0.0;
        for (high, count) in buckets {
            if count >= rank && high.is_finite() {
                return (low, high);
            }
            low = high;
        }
        (low, f64::INFINITY)
    }

    /// In an order that does not hang on how it was written.
    pub fn sorted(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.series.iter().map(|series| format!("{series:?}")).collect();
        lines.sort();
        lines
    }
}

fn bound(series: &Series) -> Option<f64> {
    series.labels.get("le").map(|text| text.parse().unwrap_or(f64::INFINITY))
}

fn parse_line(line: &str) -> Series {
    // behind it may stand an exemplar
    let line = line.split_once(" # ").map_or(line, |(series, _)| series);
    let (head, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?} has a value"));
    let (name, labels) = head.split_once('{').unwrap_or((head, ""));
    let labels = labels.trim_end_matches('}').split("\",").filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (label, value) = pair.split_once("=\"").unwrap_or_else(|| panic!("{line:?} has labels"));
        (label.to_string(), value.trim_end_matches('"').to_string())
    };
    let value = value.parse().unwrap_or_else(|_| panic!("{line:?} has a number"));
    Series { name: name.to_string(), labels: labels.map(pair).collect(), value }
}
