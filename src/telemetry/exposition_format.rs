//! The two text formats of Prometheus metrics, by what the reader asks for: OpenMetrics 1.0, or the older one, 0.0.4,
//! which every reader understands. Sources: the OpenMetrics specification, and Prometheus' "Exposition formats".
//!
//! They differ in the lines around the samples: OpenMetrics names a counter's family without `_total`, allows no empty
//! line, has exemplars, and ends with `# EOF`.

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpositionFormat {
    OpenMetrics,
    Text,
}

const OPEN_METRICS: &str = "application/openmetrics-text";

impl ExpositionFormat {
    /// What a reader with these `Accept` headers gets: OpenMetrics if it asks for that no less than for plain text.
    pub fn asked<'a>(accept: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut open_metrics, mut text) = (0.0_f64, 0.0_f64);
        for range in accept.into_iter().flat_map(|header| header.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
            if name.eq_ignore_ascii_case(OPEN_METRICS) {
                open_metrics = f64::max(open_metrics, weight);
            } else if name.eq_ignore_ascii_case("text/plain") {
                text = text.max(weight);
            }
        }
        if open_metrics > 0.0 && open_metrics >= text { Self::OpenMetrics } else { Self::Text }
    }

    /// For the header `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// An exposition in OpenMetrics, in this format.
    pub fn of_open_metrics(self, exposition: String) -> String {
        match self {
            Self::OpenMetrics => exposition,
            Self::Text => as_text(&exposition),
        }
    }

    /// An exposition in the older format, in this one.
    pub fn of_text(self, exposition: String) -> String {
        match self {
            Self::OpenMetrics => as_open_metrics(&exposition),
            Self::Text => exposition,
        }
    }
}

fn as_text(exposition: &str) -> String {
    let mut text = String::with_capacity(exposition.len());
    let counters = counters(exposition);
    for line in exposition.lines() {
        match Line::of(line) {
            Line::Described { word: "UNIT", .. } | Line::Other => continue,
            Line::Described { word, name, rest } => {
                let total = if counters.contains(&name) { "_total" } else { "" };
                let rest = if word == "TYPE" && rest == "unknown" { "untyped" } else { rest };
                let rest = if word == "HELP" { rest.replace("\\\"", "\"") } else { rest.to_string() };
                text.extend(["# ", word, " ", name, total, " ", &rest]);
            }
            Line::Sample(sample) => text.push_str(without_exemplar(sample)),
        }
        text.push('\n');
    }
    text
}

fn as_open_metrics(exposition: &str) -> String {
    let mut text = String::with_capacity(exposition.len() + 8);
    let counters = counters(exposition);
    for line in exposition.lines() {
        match Line::of(line) {
            Line::Other => continue,
            Line::Described { word, name, rest } => {
                let family = name.strip_suffix("_total").filter(|_| counters.contains(&name)).unwrap_or(name);
                let rest = if word == "TYPE" && rest == "untyped" { "unknown" } else { rest };
                let rest = if word == "HELP" { rest.replace('"', "\\\"") } else { rest.to_string() };
                text.extend(["# ", word, " ", family, " ", &rest]);
            }
            Line::Sample(sample) => text.push_str(sample),
        }
        text.push('\n');
    }
    text.push_str("# EOF\n");
    text
}

/// The names of counters as the lines of their types have them.
fn counters(exposition: &str) -> Vec<&str> {
    let name = |line| match Line::of(line) {
        Line::Described { word: "TYPE", name, rest: "counter" } => Some(name),
        _ => None,
    };
    exposition.lines().filter_map(name).collect()
}

/// A line of either format.
enum Line<'a> {
    Described {
        word: &'a str,
        name: &'a str,
        rest: &'a str,
    },
    Sample(&'a str),
    /// Empty, or the mark of the end.
    Other,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let Some(described) = line.strip_prefix("# ") else {
            return if line.is_empty() { Line::Other } else { Line::Sample(line) };
        };
        let mut parts = described.splitn(3, ' ');
        match (parts.next(), parts.next()) {
            (Some(word), Some(name)) => {
                Line::Described { word, name, rest: parts.next().unwrap_or_default() }
            }
            _ => Line::Other,
        }
    }
}

/// What stands behind ` # ` outside of a label's value.
fn without_exemplar(sample: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in sample.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'#' if !quoted => return sample[..at].trim_end(),
            _ => {}
        }
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "\
# HELP a A \\\"counter\\\".
# TYPE a counter
a_total{x=\"y # z\\\"\"} 3 # {trace_id=\"1\"} 1.0
# HELP b_seconds A histogram.
# TYPE b_seconds histogram
# UNIT b_seconds seconds
b_seconds_sum 0.5
b_seconds_count 1
b_seconds_bucket{le=\"+Inf\"} 1 # {trace_id=\"2\"} 0.5 1.5
# HELP c A gauge.
# TYPE c unknown
c -1.5
# EOF
";
    const TEXT: &str = "\
# HELP a_total A \"counter\".
# TYPE a_total counter
a_total{x=\"y # z\\\"\"} 3
# HELP b_seconds A histogram.
# TYPE b_seconds histogram
b_seconds_sum 0.5
b_seconds_count 1
b_seconds_bucket{le=\"+Inf\"} 1
# HELP c A gauge.
# TYPE c untyped
c -1.5
";

    #[test]
    fn each_format_becomes_the_other() {
        assert_eq!(ExpositionFormat::Text.of_open_metrics(OPEN.into()), TEXT);
        assert_eq!(ExpositionFormat::OpenMetrics.of_open_metrics(OPEN.into()), OPEN);
        let plain: String = OPEN
            .lines()
            .filter(|line| !line.starts_with("# UNIT"))
            .map(|line| if line.starts_with('#') { line } else { without_exemplar(line) }.to_string() + "\n")
            .collect();
        let spaced = TEXT.replace("# HELP", "\n# HELP");
        assert_eq!(ExpositionFormat::OpenMetrics.of_text(spaced.clone()), plain);
        assert_eq!(ExpositionFormat::Text.of_text(spaced.clone()), spaced);
    }

    #[test]
    fn open_metrics_is_for_who_asks_for_it() {
        let asked = |accept: &str| ExpositionFormat::asked([accept]);
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;\
                          q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3";
        for open in [
            prometheus,
            "application/openmetrics-text",
            "text/plain;q=0.5, Application/OpenMetrics-Text; q=0.5",
        ] {
            assert_eq!(asked(open), ExpositionFormat::OpenMetrics, "{open}");
        }
        for text in [
            "",
            "*/*",
            "text/plain",
            "application/openmetrics-text;q=0",
            "text/html, text/plain, application/openmetrics-text;q=0.1",
        ] {
            assert_eq!(asked(text), ExpositionFormat::Text, "{text}");
        }
        assert_eq!(ExpositionFormat::asked([]), ExpositionFormat::Text);
        assert_eq!(
            ExpositionFormat::asked(["text/html", "application/openmetrics-text"]),
            ExpositionFormat::OpenMetrics
        );
    }
}
