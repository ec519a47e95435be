//! The server as the before phase shows it, and others that would explain the same log.

use std::borrow::Cow;

use super::load::Demand;
use super::unreported::{Guess, Law};

/// The server as the before phase shows it.
#[derive(Clone, Debug)]
pub(super) struct Inferred {
    /// Exchanges computed at the same time, at least.
    pub replicas: usize,
    /// Whether requests waited for a replica, so that there are no more than these.
    pub saturated: bool,
    /// Exchanges that are simulated at the same time: the replicas where these are known, else as many as there can be.
    pub limit: usize,
    /// When requests are due.
    pub load: Demand,
    /// Time of a call with this request alone, by sequence number, in microseconds.
    pub calls: Vec<u64>,
    /// How these times were drawn, where the server did not report them.
    pub law: Option<Law>,
    /// Other servers that would explain the log as well.
    pub ends: Vec<Guess>,
    /// Time of an exchange outside the server, in microseconds.
    pub round_trip: u64,
    /// What the server calls its queue though nobody waits for a replica there, likewise.
    pub queued: u64,
    /// Most exchanges that were seen in the server at the same time.
    pub seen: Option<usize>,
}

impl Inferred {
    /// Whether the server itself reported what calls cost.
    pub(super) fn reported(&self) -> bool {
        self.law.is_none()
    }

    /// This server, and those at the ends of what log and calibration leave open.
    pub(super) fn with_ends(&self) -> Vec<Cow<'_, Inferred>> {
        let ends = self.ends.iter().map(|guess| Cow::Owned(self.guessed(guess)));
        std::iter::once(Cow::Borrowed(self)).chain(ends).collect()
    }

    /// The same load on another server, which computes no more at the same time than it says.
    pub(super) fn guessed(&self, guess: &Guess) -> Inferred {
        let replicas = guess.replicas.max(1);
        let calls = guess.law.map_or_else(|| self.calls.clone(), |law| law.calls(self.calls.len(), 0));
        let (law, limit) = (guess.law, replicas);
        Inferred { law, replicas, limit, calls, queued: 0, ends: Vec::new(), ..self.clone() }
    }

    /// The times of the calls for one of several simulations: the reported ones, or another draw each time.
    pub(super) fn calls_of(&self, run: u64) -> Cow<'_, [u64]> {
        match self.law {
            Some(law) if run > 0 => Cow::Owned(law.calls(self.calls.len(), run)),
            _ => Cow::Borrowed(&self.calls),
        }
    }
}
