//! What became of a request, as far as the kernel and the log say: the marks of the chart of every request.

use maud::{Markup, html};

use super::chart::{Marker, mark};
use super::drawn::{Dot, Drawn};
use super::figure::{grouped, short};
use crate::analyze::Comparison;
use crate::model::Micros;
use crate::model::Stage;

/// Each request is one of these; of several that hold it is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
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

impl Kind {
    const ALL: [Kind; 6] =
        [Kind::Within, Kind::Over, Kind::Resent, Kind::Syn, Kind::NotAccepted, Kind::Failed];

    /// What became of a request.
    pub fn of(dot: &Dot, limit: Option<Micros>) -> Kind {
        let [syn, data] = dot.retransmits.map(|count| count.unwrap_or(0) > 0);
        let has = |stage: Stage| dot.stages[stage as usize].is_some();
        // With TLS the handshake would wait for the server to accept; a kept connection is accepted.
        let (opened, may_wait) = (has(Stage::Connect), has(Stage::Connect) && !has(Stage::Tls));
        match limit {
            _ if dot.error.is_some() => Kind::Failed,
            _ if data && may_wait => Kind::NotAccepted,
            _ if syn && opened => Kind::Syn,
            _ if data => Kind::Resent,
            Some(limit) if dot.latency > limit => Kind::Over,
            _ => Kind::Within,
        }
    }

    /// Its mark: a shape of its own; colours tell stages.
    pub fn marker(self) -> Marker {
        match self {
            Kind::Within => Marker::Dot,
            Kind::Over => Marker::Dash,
            Kind::Resent => Marker::Square,
            Kind::Syn => Marker::Triangle,
            Kind::NotAccepted => Marker::Diamond,
            Kind::Failed => Marker::Cross,
        }
    }

    /// What is said of it where its stages are, beside its status or error.
    pub fn said(self) -> Option<&'static str> {
        match self {
            Kind::Within | Kind::Over | Kind::Failed => None,
            Kind::Syn => Some("its SYN was sent again"),
            Kind::Resent | Kind::NotAccepted => Some("a packet of it was sent again"),
        }
    }

    /// `counted` where the kernel's counters are known. They are the client's: what the server sends again is not in them.
    fn words(self, limit: Option<Micros>, counted: bool) -> String {
        let limit = limit.map(|limit| short(limit.as_millis()));
        let lost = if counted { "nothing sent again" } else { "nothing seen sent again" };
        match (self, limit) {
            (Kind::Within, Some(limit)) => format!("answered within {limit} ms, {lost}"),
            (Kind::Within, None) => format!("answered, {lost}"),
            (Kind::Over, limit) => format!("answered later than {} ms, {lost}", limit.unwrap_or_default()),
            (Kind::Resent, _) => "a packet of the request sent again".into(),
            (Kind::Syn, _) => "first packet of the connection lost (SYN sent again)".into(),
            (Kind::NotAccepted, _) => "connection not yet accepted (request sent again)".into(),
            (Kind::Failed, _) => "failed, drawn at the time it failed".into(),
        }
    }
}

/// The limit that tells slow from fast: that of P95, else the lowest of a length of time.
pub fn limit(comparison: &Comparison) -> Option<Micros> {
    let times = |metric: Option<&str>| {
        let lines = comparison.sla.iter().filter(move |line| metric.is_none_or(|name| line.metric == name));
        let limits = lines.filter_map(|line| Some(line.times.as_ref()?.limit_ms));
        limits.min_by(f64::total_cmp).map(|ms| Micros((ms * 1e3).round() as u64))
    };
    times(Some("p95")).or_else(|| times(None))
}

/// The marks with what they mean and how many requests of each phase there are, drawn or not.
pub fn legend(drawn: &[Drawn; 2], limit: Option<Micros>) -> Markup {
    let n = |kind: Kind| [&drawn[0], &drawn[1]].map(|one| one.kinds.get(&kind).copied().unwrap_or(0));
    let counted = drawn.iter().all(|one| one.uncounted == 0);
    html! {
        table.key {
            caption { "Each mark is a request; one that is of several kinds has the mark of the lowest" }
            thead { tr { th scope="col" { "what became of it" } th scope="col" { "before" } th scope="col" { "after" } } }
            tbody { @for kind in Kind::ALL.into_iter().filter(|kind| n(*kind) != [0, 0]) { tr {
                th scope="row" { (mark(kind.marker())) (kind.words(limit, counted)) }
                @for count in n(kind) { td.n { (grouped(count as f64, 0, false)) } }
            } } }
        }
    }
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
        let kind = |stages: &[Stage], retransmits| Kind::of(&dot(stages, retransmits), limit);
        let opened = [Stage::Connect, Stage::Wait];
        assert_eq!(kind(&opened, [Some(1), Some(7)]), Kind::NotAccepted);
        assert_eq!(kind(&opened, [Some(1), Some(0)]), Kind::Syn);
        assert_eq!(kind(&[Stage::Wait], [Some(1), Some(0)]), Kind::Over, "who opened it paid for its SYN");
        assert_eq!(kind(&[Stage::Wait], [Some(0), Some(1)]), Kind::Resent, "a kept one is accepted");
        let tls = [Stage::Connect, Stage::Tls, Stage::Wait];
        assert_eq!(kind(&tls, [Some(0), Some(1)]), Kind::Resent, "the handshake waited");
        assert_eq!(kind(&opened, [None, None]), Kind::Over);
        let failed = Dot { error: Some(ErrorKind::Timeout), ..dot(&opened, [Some(1), Some(7)]) };
        assert_eq!(Kind::of(&failed, limit), Kind::Failed);
        let slow = dot(&opened, [Some(0), Some(0)]);
        assert_eq!(Kind::of(&slow, Some(Micros(900_000))), Kind::Within, "the limit is inclusive");
        assert_eq!(Kind::of(&slow, None), Kind::Within, "there is no limit");
    }

    #[test]
    fn every_kind_has_a_shape_of_its_own() {
        let shapes = Kind::ALL.map(Kind::marker);
        for (at, shape) in shapes.iter().enumerate() {
            assert!(!shapes[..at].contains(shape), "{shape:?} twice");
        }
    }
}
