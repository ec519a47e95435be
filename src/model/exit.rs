//! What a command exits with: the one place where an outcome becomes a number.

use serde::{Serialize, Serializer};

use super::{RunEnd, Signal, Verdict};

/// What a command exits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked to; what is judged is met.
    Success,
    /// It could not, or a phase has not one success.
    Failed,
    /// The call or the scenario is wrong.
    WrongUsage,
    /// A success in doubt, where only what is beyond doubt passes.
    InDoubt,
    /// The SLA is missed, or an A/A run found a difference.
    Missed,
    /// A signal stopped it.
    Interrupted(Signal),
}

impl Exit {
    /// Of what is judged: an interruption first, then a run that failed, then the verdict. Where `strict`, a success in
    /// doubt is none.
    pub fn judged(end: RunEnd, verdict: Verdict, in_doubt: bool, strict: bool) -> Self {
        match (end, verdict) {
            (RunEnd::Completed, Verdict::Missed) => Exit::Missed,
            (RunEnd::Completed, Verdict::Met) if strict && in_doubt => Exit::InDoubt,
            (end, _) => Exit::from(end),
        }
    }

    /// The number; 99 is what k6 uses too.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::WrongUsage => 2,
            Exit::InDoubt => 98,
            Exit::Missed => 99,
            Exit::Interrupted(signal) => signal.exit_code(),
        }
    }
}

/// Of a run that nothing is judged of.
impl From<RunEnd> for Exit {
    fn from(end: RunEnd) -> Exit {
        match end {
            RunEnd::Completed => Exit::Success,
            RunEnd::Failed => Exit::Failed,
            RunEnd::Interrupted(signal) => Exit::Interrupted(signal),
        }
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code().fmt(f)
    }
}

impl Serialize for Exit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_wins_over_a_failure_and_a_failure_over_the_verdict() {
        let code = |end, verdict| Exit::judged(end, verdict, true, true).code();
        for verdict in [Verdict::Met, Verdict::Missed] {
            assert_eq!(code(RunEnd::Interrupted(Signal::Interrupt), verdict), 130);
            assert_eq!(code(RunEnd::Interrupted(Signal::Terminate), verdict), 143);
            assert_eq!(code(RunEnd::Failed, verdict), 1);
        }
    }

    #[test]
    fn only_who_is_strict_asks_for_doubts_and_only_of_a_success() {
        let code =
            |verdict, in_doubt, strict| Exit::judged(RunEnd::Completed, verdict, in_doubt, strict).code();
        assert_eq!([code(Verdict::Met, true, false), code(Verdict::Met, true, true)], [0, 98]);
        assert_eq!([code(Verdict::Met, false, true), code(Verdict::Missed, true, true)], [0, 99]);
    }
}
