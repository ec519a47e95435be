//! Where there is room for another exchange: what open connections carry without what is on them, and a place for each connection
//! that may still be opened.

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Context;

use super::slot::{Slot, SlotState};
use crate::client::{ConnectionPlace, Seat};
use crate::transport::Transport;

/// The places of a thread. What it counts is looked at anew whenever a slot comes to a place or a connection says that it has
/// changed, and only there, so that a request costs the same however many places there are.
pub(super) struct Room<T: Transport> {
    /// Places that there may be.
    most: usize,
    places: Vec<Site<T>>,
    /// The room of all places that there are.
    free: usize,
    /// Places with room that no slot has been called for; who has waited longest comes first.
    offered: VecDeque<usize>,
    /// Slots that were called and have not come yet.
    coming: usize,
}

/// A place, and what is known of it.
struct Site<T: Transport> {
    place: Rc<ConnectionPlace<T>>,
    /// Its room when it was last looked at.
    room: usize,
    /// Slots that were called and have not come yet.
    coming: usize,
    /// Slots that wait to be called; there may be more than it has room for.
    idle: Vec<Rc<Slot<T>>>,
    offered: bool,
}

impl<T: Transport> Room<T> {
    pub(super) fn new(most: usize) -> Self {
        Room { most, places: Vec::new(), free: 0, offered: VecDeque::new(), coming: 0 }
    }

    /// Exchanges that may still start.
    pub(super) fn free(&self) -> usize {
        self.free.saturating_add(self.most - self.places.len())
    }

    pub(super) fn coming(&self) -> usize {
        self.coming
    }

    /// Chooses a place for a slot that is to come: one with room beside others on an open connection, else one for a new
    /// connection.
    pub(super) fn call(&mut self, new_place: impl FnOnce() -> Rc<ConnectionPlace<T>>) -> Option<usize> {
        while let Some(index) = self.offered.pop_front() {
            self.places[index].offered = false;
            if self.has_room(index) {
                self.expect(index);
                self.offer(index);
                return Some(index);
            }
        }
        (self.places.len() < self.most).then(|| {
            let index = self.places.len();
            let place = new_place();
            self.places.push(Site { place, room: 0, coming: 0, idle: Vec::new(), offered: false });
            self.expect(index);
            self.look(index);
            index
        })
    }

    /// A slot that waits to be called in this place.
    pub(super) fn idle_slot(&mut self, index: usize) -> Option<Rc<Slot<T>>> {
        self.places[index].idle.pop()
    }

    pub(super) fn place(&self, index: usize) -> Rc<ConnectionPlace<T>> {
        Rc::clone(&self.places[index].place)
    }

    /// A slot is on its way to this place.
    pub(super) fn expect(&mut self, index: usize) {
        self.coming += 1;
        self.places[index].coming += 1;
    }

    /// A slot has come, from wherever it was.
    pub(super) fn welcome(&mut self, slot: &Slot<T>) {
        let place = &mut self.places[slot.place_index];
        match slot.state.get() {
            SlotState::Called => {
                self.coming -= 1;
                place.coming -= 1;
            }
            SlotState::Idle => place.idle.retain(|idle| idle.index != slot.index),
            SlotState::Busy => {}
        }
        self.look(slot.place_index);
    }

    /// A slot that has come waits to be called, and watches the connection until then.
    pub(super) fn rest(&mut self, slot: &Rc<Slot<T>>, cx: &mut Context<'_>) {
        slot.rest(cx);
        self.places[slot.place_index].idle.push(Rc::clone(slot));
        slot.place.poll_idle(cx);
        self.look(slot.place_index);
        self.offer(slot.place_index);
    }

    /// A seat for a slot that has come, if there is room for it.
    pub(super) fn seat(&mut self, index: usize) -> Option<Seat<T>> {
        let Site { place, room, .. } = &self.places[index];
        let seat = (*room > 0).then(|| Seat::take(place));
        self.look(index);
        seat
    }

    /// Offers what room a place has to slots that are not called yet.
    pub(super) fn offer(&mut self, index: usize) {
        if self.has_room(index) && !std::mem::replace(&mut self.places[index].offered, true) {
            self.offered.push_back(index);
        }
    }

    /// Looks at all places, because a connection has changed by itself.
    pub(super) fn look_again(&mut self) {
        for index in 0..self.places.len() {
            self.places[index].place.look_again();
            self.look(index);
            self.offer(index);
        }
    }

    fn look(&mut self, index: usize) {
        let place = &mut self.places[index];
        let room = place.place.room();
        self.free = self.free - place.room + room;
        place.room = room;
    }

    /// Whether a place has room that no slot is on its way to.
    fn has_room(&self, index: usize) -> bool {
        self.places[index].room > self.places[index].coming
    }
}
