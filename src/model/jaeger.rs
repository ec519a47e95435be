//! Links into Jaeger, where its address is known: the scenario names it, the page uses it.

use crate::model::{TraceId, url_port};

/// The base address of a Jaeger query service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JaegerUrl(String);

impl JaegerUrl {
    /// From an address such as `http://127.0.0.1:16686`. Only HTTP makes a link that is safe to click; a name and a
    /// password have no place in a page that is sent on.
    pub fn new(base: &str) -> Result<Self, String> {
        let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"));
        let sound = |rest: &str| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && rest
                    .chars()
                    .all(|letter| letter.is_ascii_graphic() && !r#""'<>\^`{|}?#@"#.contains(letter))
                && url_port(rest.split('/').next().unwrap_or(rest)).is_ok()
        };
        match rest.filter(|rest| sound(rest)) {
            Some(_) => Ok(JaegerUrl(base.trim_end_matches('/').to_string())),
            None => {
                Err(format!("`{base}` is no address of Jaeger; write one such as http://127.0.0.1:16686"))
            }
        }
    }

    /// The address itself.
    pub fn base(&self) -> &str {
        &self.0
    }

    /// One trace.
    pub fn trace(&self, trace: TraceId) -> String {
        format!("{}/trace/{trace}", self.0)
    }

    /// Two traces side by side.
    pub fn compare(&self, before: TraceId, after: TraceId) -> String {
        format!("{}/trace/{before}...{after}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_is_linked() {
        let jaeger = JaegerUrl::new("http://127.0.0.1:16686/").expect("an address");
        let [one, other] = [TraceId(1), TraceId(2)];
        assert_eq!(jaeger.trace(one), format!("http://127.0.0.1:16686/trace/{:032x}", 1));
        assert_eq!(
            jaeger.compare(one, other),
            format!("http://127.0.0.1:16686/trace/{:032x}...{:032x}", 1, 2)
        );
        for bad in [
            "javascript:alert(1)",
            "127.0.0.1:16686",
            "http://",
            "http://a b",
            "http://a\"><script>",
            "http://a?b",
            "http://a:99999",
            "http://a:80x/b",
        ] {
            assert!(JaegerUrl::new(bad).is_err_and(|problem| problem.contains("16686")), "{bad}");
        }
    }
}
