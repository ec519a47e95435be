//! What became of a request, as far as the kernel and the log say: the marks of the chart of every request.

use super::chart::Marker;
use super::dot::Dot;
use super::figure::short;
use crate::analyze::Comparison;
use crate::model::Stage;
use crate::model::{Metric, Micros, Statistic};

/// Each request is one of these; of several that hold it is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Answered within the limit, or there is none, and nothing sent again.
    Within,
    /// Answered later, and nothing sent again.
    Over,
    /// Data sent again, but not for want of a place in the accept queue.
    Resent,
    /// The SYN of its connection sent again.
    Syn,
    /// Sent again on a new connection, which the server had not accepted.
    NotAccepted,
    /// No usable answer.
    Failed,
}

impl Fate {
    pub const ALL: [Fate; 6] =
        [Fate::Within, Fate::Over, Fate::Resent, Fate::Syn, Fate::NotAccepted, Fate::Failed];

    /// What became of a request.
    pub fn of(dot: &Dot, limit: Option<Micros>) -> Fate {
        let [syn, data] = dot.retransmits.map(|count| count.unwrap_or(0) > 0);
        let has = |stage: Stage| dot.stages[stage as usize].is_some();
        // With TLS the handshake would wait for the server to accept; a kept connection is accepted.
        let (opened, may_wait) = (has(Stage::Connect), has(Stage::Connect) && !has(Stage::Tls));
        match limit {
            _ if dot.error.is_some() => Fate::Failed,
            _ if data && may_wait => Fate::NotAccepted,
            _ if syn && opened => Fate::Syn,
            _ if data => Fate::Resent,
            Some(limit) if dot.latency > limit => Fate::Over,
            _ => Fate::Within,
        }
    }

    /// Its mark: a shape of its own; colours tell stages.
    pub fn marker(self) -> Marker {
        match self {
            Fate::Within => Marker::Dot,
            Fate::Over => Marker::Dash,
            Fate::Resent => Marker::Square,
            Fate::Syn => Marker::Triangle,
            Fate::NotAccepted => Marker::Diamond,
            Fate::Failed => Marker::Cross,
        }
    }

    /// What is said of it where its stages are, beside its status or error.
    pub fn said(self) -> Option<&'static str> {
        match self {
            Fate::Within | Fate::Over | Fate::Failed => None,
            Fate::Syn => Some("its SYN was sent again"),
            Fate::Resent | Fate::NotAccepted => Some("a packet of it was sent again"),
        }
    }

    /// `counted` where the kernel's counters are known. They are the client's: what the server sends again is not in them.
    pub fn words(self, limit: Option<Micros>, counted: bool) -> String {
        let limit = limit.map(|limit| short(limit.as_millis()));
        let lost = if counted { "nothing sent again" } else { "nothing seen sent again" };
        match (self, limit) {
            (Fate::Within, Some(limit)) => format!("answered within {limit} ms, {lost}"),
            (Fate::Within, None) => format!("answered, {lost}"),
            (Fate::Over, limit) => format!("answered later than {} ms, {lost}", limit.unwrap_or_default()),
            (Fate::Resent, _) => "a packet of the request sent again".into(),
            (Fate::Syn, _) => "first packet of the connection lost (SYN sent again)".into(),
            (Fate::NotAccepted, _) => "connection not yet accepted (request sent again)".into(),
            (Fate::Failed, _) => "failed, drawn at the time it failed".into(),
        }
    }
}

/// The limit that tells slow from fast: that of P95, else the lowest of a length of time.
pub fn slow_from(comparison: &Comparison) -> Option<Micros> {
    let times = |metric: Option<Metric>| {
        let lines = comparison.sla.iter().filter(move |line| metric.is_none_or(|one| line.metric == one));
        let limits = lines.filter_map(|line| Some(line.times.as_ref()?.limit_ms));
        limits.min_by(f64::total_cmp).map(|ms| Micros((ms * 1e3).round() as u64))
    };
    times(Some(Metric::latency(Statistic::P95))).or_else(|| times(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorKind, TraceId};

    fn dot(stages: &[Stage], retransmits: [Option<u32>; 2]) -> Dot {
        let mut dot = Dot {
            repetition: 1,
            seq: 0,
            trace: TraceId(1),
            due: Micros(0),
            stages: [None; 8],
            latency: Micros(900_000),
            status: Some(200),
            error: None,
            retransmits,
            batch: None,
            server: [None; 2],
        };
        stages.iter().for_each(|stage| dot.stages[*stage as usize] = Some(Micros(1)));
        dot
    }

    #[test]
    fn the_kernel_s_counters_tell_what_became_of_a_request() {
        let limit = Some(Micros(800_000));
        let fate = |stages: &[Stage], retransmits| Fate::of(&dot(stages, retransmits), limit);
        let opened = [Stage::Connect, Stage::Wait];
        assert_eq!(fate(&opened, [Some(1), Some(7)]), Fate::NotAccepted);
        assert_eq!(fate(&opened, [Some(1), Some(0)]), Fate::Syn);
        assert_eq!(fate(&[Stage::Wait], [Some(1), Some(0)]), Fate::Over, "who opened it paid for its SYN");
        assert_eq!(fate(&[Stage::Wait], [Some(0), Some(1)]), Fate::Resent, "a kept one is accepted");
        let tls = [Stage::Connect, Stage::Tls, Stage::Wait];
        assert_eq!(fate(&tls, [Some(0), Some(1)]), Fate::Resent, "the handshake waited");
        assert_eq!(fate(&opened, [None, None]), Fate::Over);
        let failed = Dot { error: Some(ErrorKind::Timeout), ..dot(&opened, [Some(1), Some(7)]) };
        assert_eq!(Fate::of(&failed, limit), Fate::Failed);
        let slow = dot(&opened, [Some(0), Some(0)]);
        assert_eq!(Fate::of(&slow, Some(Micros(900_000))), Fate::Within, "the limit is inclusive");
        assert_eq!(Fate::of(&slow, None), Fate::Within, "there is no limit");
    }

    #[test]
    fn every_fate_has_a_shape_of_its_own() {
        let shapes = Fate::ALL.map(Fate::marker);
        for (at, shape) in shapes.iter().enumerate() {
            assert!(!shapes[..at].contains(shape), "{shape:?} twice");
        }
    }
}
