//! What the measurements at one rate say together.

use std::cmp::Ordering;

/// A rate whose SLA was missed so often while the client was late is beyond what the client can send.
const LATE_MOST: usize = 2;
/// So many measurements that agree are sure of a rate.
const SURE: usize = 2;

/// What a measurement says of its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateOutcome {
    /// The SLA holds.
    Holds,
    /// It does not.
    Fails,
    /// It does not, but the client itself was late: that may be why.
    ClientLate,
}

/// Measurements at one rate, by their numbers in the phase's log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tried {
    pub(super) rate: f64,
    pub(super) holds: Vec<u32>,
    pub(super) fails: Vec<u32>,
    late: Vec<u32>,
}

impl Tried {
    pub(super) fn new(rate: f64) -> Self {
        Tried { rate, holds: Vec::new(), fails: Vec::new(), late: Vec::new() }
    }

    pub(super) fn take(&mut self, outcome: RateOutcome, repetition: u32) {
        match outcome {
            RateOutcome::Holds => self.holds.push(repetition),
            RateOutcome::Fails => self.fails.push(repetition),
            RateOutcome::ClientLate => self.late.push(repetition),
        }
    }

    /// What most of its measurements say; `None` while another one has to decide. One that the client spoilt has no say.
    pub(super) fn says(&self) -> Option<RateOutcome> {
        match self.holds.len().cmp(&self.fails.len()) {
            Ordering::Greater => Some(RateOutcome::Holds),
            Ordering::Less => Some(RateOutcome::Fails),
            Ordering::Equal => (self.late.len() >= LATE_MOST).then_some(RateOutcome::ClientLate),
        }
    }

    /// Whether nothing is gained by another measurement.
    pub(super) fn is_sure(&self) -> bool {
        self.is_confirmed() || self.late.len() >= LATE_MOST
    }

    /// Whether two measurements agree.
    pub(super) fn is_confirmed(&self) -> bool {
        self.holds.len().max(self.fails.len()) >= SURE
    }

    /// Whether its measurements disagree, as they do near the highest rate that holds.
    pub(super) fn is_contested(&self) -> bool {
        !self.holds.is_empty() && !self.fails.is_empty()
    }

    /// Measurements that only confirm or refute another one.
    pub(super) fn again(&self) -> usize {
        (self.holds.len() + self.fails.len()).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use RateOutcome::{ClientLate, Fails, Holds};

    use super::*;

    fn tried(outcomes: &[RateOutcome]) -> (Option<RateOutcome>, bool) {
        let mut tried = Tried::new(10.0);
        outcomes.iter().zip(1..).for_each(|(outcome, repetition)| tried.take(*outcome, repetition));
        (tried.says(), tried.is_sure())
    }

    #[test]
    fn two_of_three_decide_and_one_that_the_client_spoilt_has_no_say() {
        assert_eq!(tried(&[Fails]), (Some(Fails), false));
        assert_eq!(tried(&[Fails, Holds]), (None, false), "a third one decides");
        assert_eq!(tried(&[Fails, Holds, Holds]), (Some(Holds), true));
        assert_eq!(tried(&[ClientLate]), (None, false), "once more");
        assert_eq!(tried(&[ClientLate, Fails]), (Some(Fails), false));
        assert_eq!(tried(&[ClientLate, ClientLate]), (Some(ClientLate), true));
        assert_eq!(tried(&[Fails, Holds, ClientLate, ClientLate]), (Some(ClientLate), true));
    }
}
