//! What a given load test is told: by its environment, and by places in its command line.

use std::path::Path;

/// What it is told.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// `{url}` and `ENDPOINT`.
    pub endpoint: &'a str,
    /// `{requests}` and `TOTAL_REQUESTS`.
    pub requests: u64,
    /// `{workers}` and `MAX_WORKERS`.
    pub workers: usize,
    /// `{log}`, absolute there, and `LOG_PATH`.
    pub log: &'a Path,
}

impl Brief<'_> {
    /// An argument with its places filled.
    pub(super) fn fill(&self, text: &str) -> String {
        self.filled(text, str::to_string)
    }

    /// A line for the shell with its places filled, each as one word.
    pub(super) fn fill_line(&self, line: &str) -> String {
        self.filled(line, |value| format!("'{}'", value.replace('\'', r"'\''")))
    }

    /// What is filled in is not looked at again: a URL may hold braces.
    fn filled(&self, text: &str, quoted: impl Fn(&str) -> String) -> String {
        // A line may go elsewhere first.
        let log = std::path::absolute(self.log).unwrap_or_else(|_| self.log.to_path_buf());
        let places = [
            ("{url}", self.endpoint.to_string()),
            ("{log}", log.to_string_lossy().into_owned()),
            ("{requests}", self.requests.to_string()),
            ("{workers}", self.workers.to_string()),
        ];
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let place = places.iter().find(|(place, _)| rest.starts_with(place));
            let length = place.map_or(1, |(place, _)| place.len());
            filled.push_str(&place.map_or_else(|| "{".to_string(), |(_, value)| quoted(value)));
            rest = &rest[length..];
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_nothing_else_is_touched() {
        let brief =
            Brief { endpoint: "http://h/{log}?a='b", requests: 8, workers: 2, log: Path::new("/r/x y") };
        assert_eq!(brief.fill("{url} {log}"), "http://h/{log}?a='b /r/x y");
        assert_eq!(
            brief.fill_line("a -n {requests} -c {workers} {log} {{x} ${Y} {"),
            "a -n '8' -c '2' '/r/x y' {{x} ${Y} {"
        );
        assert_eq!(brief.fill_line("{url}"), r"'http://h/{log}?a='\''b'");
        let relative = Brief { log: Path::new("results/x.csv"), ..brief };
        assert!(relative.fill("{log}").starts_with('/'));
    }
}
