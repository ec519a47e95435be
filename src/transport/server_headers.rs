//! Headers of the server's own in which it says how long it queued and computed, where it sends no `Server-Timing`.

use hyper::header::{HeaderMap, HeaderName};

use super::EndpointError;
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

    /// Adds what they say to what `Server-Timing` said, which counts first.
    pub(super) fn add(&self, headers: &HeaderMap, told: &mut ServerTimes) {
        let read = |name: &Option<HeaderName>| duration(headers.get(name.as_ref()?)?.to_str().ok()?);
        told.queue = told.queue.or_else(|| read(&self.queue));
        told.compute = told.compute.or_else(|| read(&self.compute));
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
        let headers = [("x-queue-time", "3"), ("x-compute", "4")];
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")))
            .collect();
        let mut told = ServerTimes { compute: Some(Micros(9)), ..ServerTimes::default() };
        names.add(&headers, &mut told);
        assert_eq!((told.queue, told.compute), (Some(Micros(3_000)), Some(Micros(9))));
        let refused = ServerHeaders::new(None, Some("x compute")).expect_err("a space").to_string();
        assert!(refused.contains("target.compute_header") && refused.contains("x compute"), "{refused}");
    }
}
