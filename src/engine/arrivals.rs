//! Requests whose story has not begun: those that wait for a slot, and those whose callers do not let them wait yet.

use std::collections::{BTreeMap, VecDeque};

use super::back_off::InVain;
use super::repetition::Repetition;
use super::slot::Arrival;
use crate::model::Moment;

/// The requests of a thread that are not under way.
#[derive(Default)]
pub(super) struct Arrivals {
    /// How many have become due.
    pub issued: u64,
    /// First come, first served.
    pub waiting: VecDeque<Arrival>,
    /// Those that are due, but whose callers rest, by when the rest ends and by number.
    pub resting: BTreeMap<(Moment, u64), Arrival>,
    /// When callers who think will have thought, the first of them first, and what came of their requests before.
    pub thinking: VecDeque<(Moment, InVain)>,
}

impl Arrivals {
    pub(super) fn issue(&mut self, arrival: Arrival) {
        self.issued += 1;
        self.wait(arrival);
    }

    /// The same of one whose caller rests first: the rest is part of its queue.
    pub(super) fn rest(&mut self, arrival: Arrival, until: Moment) {
        self.issued += 1;
        self.resting.insert((until, arrival.seq), arrival);
    }

    /// A caller thinks; whether nobody is ready before it.
    pub(super) fn think_until(&mut self, ready: Moment, in_vain: InVain) -> bool {
        let place = self.thinking.iter().rposition(|(other, _)| *other <= ready).map_or(0, |last| last + 1);
        self.thinking.insert(place, (ready, in_vain));
        place == 0
    }

    /// When the first caller was ready who is so by now; it thinks no longer.
    pub(super) fn has_thought(&mut self, now: Moment) -> Option<(Moment, InVain)> {
        self.thinking.front().is_some_and(|(ready, _)| *ready <= now).then(|| self.thinking.pop_front())?
    }

    /// Moves up to `most` waiting requests into an exchange; how many that were. With several endpoints these are the one that
    /// has waited longest, and of the others in their order those to the same endpoint, where that takes batches.
    pub(super) fn board(
        &mut self,
        members: &mut Vec<(usize, Arrival)>,
        most: usize,
        repetition: &Repetition,
    ) -> usize {
        let has_choice = repetition.strategy.batches() && repetition.endpoint.routes.len() > 1;
        if !has_choice {
            members.extend(self.waiting.drain(..most).enumerate());
            return most;
        }
        let Some(first) = self.waiting.pop_front() else { return 0 };
        let routes = repetition.routes(first.seq);
        members.push((0, first));
        let mut place = 0;
        while routes.batch.is_some()
            && members.len() < most
            && let Some(next) = self.waiting.get(place)
        {
            match std::ptr::eq(repetition.routes(next.seq), routes) {
                true => members.extend(self.waiting.remove(place).map(|next| (members.len(), next))),
                false => place += 1,
            }
        }
        members.len()
    }

    /// Puts a request behind all that were due before it. Its place is the last, unless ends
    /// are noticed in another order than that in which they happened.
    pub(super) fn wait(&mut self, arrival: Arrival) {
        let later = self.waiting.iter().rposition(|waiting| waiting.due <= arrival.due);
        self.waiting.insert(later.map_or(0, |last| last + 1), arrival);
    }
}
