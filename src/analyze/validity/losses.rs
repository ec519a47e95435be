//! What telemetry lost of a run, in words.

/// Spans of one kind of which some were lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostSpans {
    /// Spans that were made.
    pub created: u64,
    /// Of these, which the collector did not take.
    pub failed: u64,
    /// Of these, for which there was no room.
    pub dropped: u64,
    /// The last reason.
    pub problem: Option<String>,
}

impl LostSpans {
    fn message(&self, kind: &str) -> String {
        let LostSpans { created, failed, dropped, problem } = self;
        let why = problem.as_ref().map(|problem| format!(", last because: {problem}")).unwrap_or_default();
        format!(
            "{} of {created} {kind} did not reach the collector ({failed} failed, {dropped} dropped{why})",
            failed + dropped
        )
    }
}

/// What did not arrive, and what to do.
pub(super) fn message(spans: Option<&LostSpans>, server_spans: Option<&LostSpans>, samples: u64) -> String {
    let mut lost = Vec::new();
    if let Some(spans) = spans {
        lost.push(format!("{}; `spanload export` sends them again", spans.message("spans")));
    }
    if let Some(spans) = server_spans {
        let said = spans.message("server spans");
        lost.push(format!("{said}; they are in no log: run again with a collector that takes them all"));
    }
    if samples > 0 {
        lost.push(format!(
            "telemetry did not see {samples} requests; metrics lack them, the logs have them: give the client more \
             processor time, or use the logs"
        ));
    }
    format!("{}; the run's figures are not affected", lost.join("; "))
}
