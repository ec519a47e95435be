//! Headers of the server's own in which it says how long it queued and computed, where it sends no `Server-Timing`.

use hyper::header::HeaderName;

use super::endpoint_error::EndpointError;
use crate::model::Micros;
use crate::model::ServerTimes;

/// The names of such headers.
#[derive(Clone, Debug, Default)]
pub struct ServerHeaders {
    queue: Option<HeaderName>,
    compute: Option<HeaderName>,
}

impl ServerHeaders {
    /// From their names, such as `x-queue-time`.
    pub fn new(queue: Option<&str>, compute: Option<&str>) -> Result<Self, EndpointError> {
        let name = |key, name: Option<&str>| {
            let parse = |name: &str| {
                let refused = |_| EndpointError::ServerHeader { key, name: name.to_string() };
                HeaderName::from_bytes(name.as_bytes()).map_err(refused)
            };
            name.map(parse).transpose()
        };
        Ok(ServerHeaders {
            queue: name("target.queue_header", queue)?,
            compute: name("target.compute_header", compute)?,
        })
    }

    /// Whether any is given.
    pub(super) fn are_given(&self) -> bool {
        self.queue.is_some() || self.compute.is_some()
    }

    /// Adds what a header says, if it is one of them, to what `Server-Timing` said, which counts first.
    pub(super) fn add(&self, header: &str, value: &[u8], told: &mut ServerTimes) {
        let named = |name: &Option<HeaderName>| {
            name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(header))
        };
        let read = || duration(std::str::from_utf8(value).ok()?);
        if named(&self.queue) {
            told.queue = told.queue.or_else(read);
        }
        if named(&self.compute) {
            told.compute = told.compute.or_else(read);
        }
    }
}

/// Milliseconds, or a number with its unit: `s`, `ms` or `us`.
fn duration(text: &str) -> Option<Micros> {
    let text = text.trim();
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("", 1e3)];
    let (number, scale) =
        units.into_iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))?;
    let micros = (number.trim().parse::<f64>().ok()? * scale).round();
    (0.0..1e15).contains(&micros).then_some(Micros(micros as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood_and_nonsense_is_nothing() {
        let micros = |text| duration(text).map(|time| time.0);
        assert_eq!(micros("12.5"), Some(12_500));
        assert_eq!([micros("0.25 s"), micros("7ms"), micros("90us")], [Some(250_000), Some(7_000), Some(90)]);
        assert_eq!([micros(""), micros("-1"), micros("NaN"), micros("s"), micros("1e300")], [None; 5]);
    }

    #[test]
    fn server_timing_counts_first() {
        let names = ServerHeaders::new(Some("x-queue-time"), Some("x-compute")).expect("good names");
        let mut told = ServerTimes { compute: Some(Micros(9)), ..ServerTimes::default() };
        for (header, value) in [("X-Queue-Time", "3"), ("x-compute", "4"), ("x-other", "5")] {
            names.add(header, value.as_bytes(), &mut told);
        }
        assert_eq!((told.queue, told.compute), (Some(Micros(3_000)), Some(Micros(9))));
        let refused = ServerHeaders::new(None, Some("x compute")).expect_err("a space").to_string();
        assert!(refused.contains("target.compute_header") && refused.contains("x compute"), "{refused}");
    }
}
