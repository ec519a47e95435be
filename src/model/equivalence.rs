//! What the latency in an imported log contains: two are compared only by what both contain.

use serde::{Deserialize, Serialize};

use super::{Stage, StageSet};

/// The instant from which a latency counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyStart {
    /// When the request should have started.
    Due,
    /// When it started, its connection's set-up included.
    Start,
    /// When its connection was open.
    Connection,
}

/// The instant to which it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyEnd {
    /// The last byte of the answer.
    LastByte,
    /// The first one.
    FirstByte,
}

/// A stage that cannot be told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// What has no length of its own.
    pub stage: Stage,
    /// Where its time is.
    pub into: Stage,
}

/// What stands for what in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equivalence {
    /// From when the latency counts.
    pub from: LatencyStart,
    /// Until when.
    pub to: LatencyEnd,
    /// Which column or figure of the tool it is, and how that differs from what the tool itself reports.
    pub latency: String,
    /// Stages that the tool does not tell apart.
    pub merged: Vec<Merged>,
    /// Which failures are in the log, and which are lost.
    pub failures: String,
    /// What does not stand in the log as it is.
    pub derived: Vec<String>,
}

impl LatencyStart {
    /// The word in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            LatencyStart::Due => "due",
            LatencyStart::Start => "start",
            LatencyStart::Connection => "connection",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            LatencyStart::Due => "when the request was due",
            LatencyStart::Start => "the start of the request (connection set-up included)",
            LatencyStart::Connection => "the open connection",
        }
    }
}

impl LatencyEnd {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            LatencyEnd::LastByte => "the last byte of the answer",
            LatencyEnd::FirstByte => "the first byte of the answer",
        }
    }
}

impl Equivalence {
    /// Of this tool's own log, from a transport that merges these stages into the next one.
    pub fn own(merged: &[Stage]) -> Self {
        let next = |stage: &Stage| {
            let seen = |other: &Stage| *other > *stage && !merged.contains(other);
            Some(Merged { stage: *stage, into: Stage::ALL.into_iter().find(seen)? })
        };
        Equivalence {
            from: LatencyStart::Due,
            to: LatencyEnd::LastByte,
            latency: "latency_ms".into(),
            merged: merged.iter().filter_map(next).collect(),
            failures: "all are there".into(),
            derived: Vec::new(),
        }
    }

    /// From when until when, in words.
    pub fn span(&self) -> String {
        format!("from {} to {}", self.from.words(), self.to.words())
    }

    /// The stages of each side that count where both are to contain the same.
    ///
    /// A queue before the start is in one of them or in neither: taking it out of the other would hide a queue that moved
    /// into the client, so it stays.
    ///
    /// # Errors
    /// Why there is nothing that both contain.
    pub fn common(a: &Equivalence, b: &Equivalence) -> Result<[StageSet; 2], String> {
        Ok([a.reduced_to(b)?, b.reduced_to(a)?])
    }

    /// What is left of this one where the other contains less.
    fn reduced_to(&self, other: &Equivalence) -> Result<StageSet, String> {
        let late = other.from == LatencyStart::Connection && self.from != LatencyStart::Connection;
        let early = other.to == LatencyEnd::FirstByte && self.to != LatencyEnd::FirstByte;
        let left_out = |stage: Stage| (late && stage < Stage::Send) || (early && stage == Stage::Receive);
        let straddles = |merged: &&Merged| left_out(merged.stage) && !left_out(merged.into);
        if let Some(Merged { stage, into }) = self.merged.iter().find(straddles) {
            return Err(format!(
                "one latency counts {}, the other {}, and in the latter {} cannot be told from {}",
                other.span(),
                self.span(),
                stage.name(),
                into.name()
            ));
        }
        let out = Stage::ALL.into_iter().filter(|stage| left_out(*stage));
        Ok(out.fold(StageSet::ALL, StageSet::without))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: LatencyStart, to: LatencyEnd, merged: &[(Stage, Stage)]) -> Equivalence {
        let merged = merged.iter().map(|(stage, into)| Merged { stage: *stage, into: *into }).collect();
        Equivalence { from, to, merged, ..Equivalence::own(&[]) }
    }

    #[test]
    fn what_one_lacks_is_taken_out_of_the_other_where_it_can_be() {
        let own = Equivalence::own(&[Stage::Tls]);
        assert_eq!(own.merged, [Merged { stage: Stage::Tls, into: Stage::Send }]);
        let own = Equivalence::own(&[]);
        let connected = of(LatencyStart::Connection, LatencyEnd::LastByte, &[]);
        let [left, right] = Equivalence::common(&own, &connected).expect("all stages are known");
        let set_up = [Stage::Queue, Stage::Retry, Stage::Dns, Stage::Connect, Stage::Tls];
        assert_eq!(left.missing().collect::<Vec<_>>(), set_up);
        assert_eq!(right, StageSet::ALL);
        let to_first = of(LatencyStart::Start, LatencyEnd::FirstByte, &[]);
        let [left, right] = Equivalence::common(&to_first, &own).expect("receive is known");
        assert_eq!((left, right), (StageSet::ALL, StageSet::ALL.without(Stage::Receive)));
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_taken_out() {
        let whole = of(LatencyStart::Start, LatencyEnd::LastByte, &[(Stage::Connect, Stage::Wait)]);
        let connected = of(LatencyStart::Connection, LatencyEnd::LastByte, &[]);
        let why = Equivalence::common(&whole, &connected).expect_err("connect is in wait");
        assert!(why.contains("connect cannot be told from wait"), "{why}");
        let why = Equivalence::common(&connected, &whole).expect_err("either way round");
        assert!(why.contains("connect cannot be told from wait"), "{why}");
        let before = of(LatencyStart::Start, LatencyEnd::LastByte, &[(Stage::Dns, Stage::Connect)]);
        assert!(Equivalence::common(&before, &connected).is_ok(), "both are left out together");
    }

    #[test]
    fn a_queue_is_never_taken_out() {
        let started = of(LatencyStart::Start, LatencyEnd::LastByte, &[]);
        assert_eq!(Equivalence::common(&Equivalence::own(&[]), &started), Ok([StageSet::ALL; 2]));
    }
}
