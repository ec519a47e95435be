//! Client and server as a discrete-event simulation: whole microseconds, no clock, chance only from a seed.
//!
//! Callers in a closed loop, or arrivals that wait for nobody, put requests into one queue, first come first served. A connection that is
//! free takes its share of the waiting requests, at most a batch; the one that has just ended its exchange
//! before the idle ones, as the engine does. The server answers exchanges in the order of arrival on so
//! many replicas.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;

use crate::model::mix;
use crate::stats::SplitMix64;

/// The server and the way to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimulatedServer<'a> {
    /// Time of a call with this request alone, by sequence number, in microseconds.
    pub calls: &'a [u64],
    /// What a batch of them costs.
    pub economy: Economy,
    /// Exchanges that are computed at the same time, at least 1.
    pub replicas: usize,
    /// Time of an exchange outside the server, in microseconds.
    pub round_trip: u64,
    /// Seed of a spread of ± 1 % in what exchanges cost; `None` is no spread.
    ///
    /// Which requests share a batch hangs on which of two exchanges ends first, be it by a microsecond, and the
    /// tail on who shares a batch. Runs with different seeds show what may happen instead of one accident.
    pub spread: Option<u64>,
}

/// What a batch costs, given what its members cost alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Economy {
    /// So many microseconds of each call are paid once an exchange.
    Fixed(u64),
    /// A batch costs what the dearest of its members costs alone.
    Free,
    /// A batch costs what its members cost alone, one after the other.
    None,
}

impl SimulatedServer<'_> {
    /// The cost of the exchange that this request leads, with its spread.
    fn spread(&self, cost: u64, leader: usize) -> u64 {
        let Some(seed) = self.spread else { return cost };
        let unit = SplitMix64::new(mix(seed) ^ leader as u64).unit();
        (cost as f64 * (0.99 + 0.02 * unit)).round() as u64
    }

    /// Microseconds for which an exchange with these members holds a replica.
    fn cost(&self, members: Range<usize>) -> u64 {
        let calls = &self.calls[members];
        match self.economy {
            Economy::Fixed(fixed) => {
                let items: u64 = calls.iter().map(|call| call.saturating_sub(fixed)).sum();
                // a call that is cheaper than the fixed part is all fixed
                items + fixed.min(calls.iter().copied().max().unwrap_or_default())
            }
            Economy::Free => calls.iter().copied().max().unwrap_or_default(),
            Economy::None => calls.iter().sum(),
        }
    }
}

/// The load and how it is sent; all at least 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    /// When requests become due.
    pub arriving: Arriving<'a>,
    /// Kept connections.
    pub connections: usize,
    /// Most requests an exchange may carry.
    pub batch: usize,
}

/// When requests become due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arriving<'a> {
    /// When those before them end.
    Closed {
        /// Callers who send their next request when the last one has ended.
        callers: usize,
        /// What each of them waits between the two, in microseconds.
        think: u64,
    },
    /// At these times, in order, in microseconds; one for each request.
    Open(&'a [u64]),
}

impl Arriving<'_> {
    /// The most requests that can be under way at the same time.
    pub(super) fn most(self) -> usize {
        match self {
            Arriving::Closed { callers, .. } => callers,
            Arriving::Open(dues) => dues.len(),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Due → end by sequence number, in microseconds.
    pub latencies: Vec<u64>,
    /// When the last request ended, in microseconds since the first was due.
    pub end: u64,
}

/// What happens next, mostly on the exchange of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// It reaches the server.
    Arrival(usize),
    /// It leaves its replica.
    Computed(usize),
    /// Its answer reaches the client.
    Answer(usize),
    /// So many requests become due: their callers have thought, or they arrive.
    Due(usize),
}

struct Simulation<'a> {
    server: SimulatedServer<'a>,
    client: Client<'a>,
    now: u64,
    /// When the last answer came.
    end: u64,
    /// By time, then by the order in which they were set.
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    set: u64,
    /// By sequence number: when due, and in the end how long it took.
    due: Vec<u64>,
    latencies: Vec<u64>,
    /// The first request that waits; all issued ones after it wait too.
    waiting: usize,
    idle: VecDeque<usize>,
    /// The requests under way on each connection: consecutive, because the queue is in order.
    under_way: Vec<Range<usize>>,
    free_replicas: usize,
    line: VecDeque<usize>,
}

/// Runs one repetition of as many requests as there are costs.
pub(super) fn simulate<'a>(server: SimulatedServer<'a>, client: Client<'a>) -> Outcome {
    // More connections than requests at the same time are never used.
    let connections = client.connections.min(client.arriving.most());
    let mut simulation = Simulation {
        server,
        client,
        now: 0,
        end: 0,
        events: BinaryHeap::new(),
        set: 0,
        due: Vec::with_capacity(server.calls.len()),
        latencies: vec![0; server.calls.len()],
        waiting: 0,
        idle: (0..connections).collect(),
        under_way: vec![0..0; connections],
        free_replicas: server.replicas,
        line: VecDeque::new(),
    };
    match client.arriving {
        Arriving::Closed { callers, .. } => simulation.issue(callers),
        Arriving::Open(_) => simulation.expect_next(),
    }
    simulation.call_idle();
    while let Some(Reverse((time, _, event))) = simulation.events.pop() {
        simulation.now = time;
        simulation.meet(event);
    }
    Outcome { latencies: simulation.latencies, end: simulation.end }
}

impl Simulation<'_> {
    fn meet(&mut self, event: Event) {
        match event {
            Event::Arrival(connection) => {
                self.line.push_back(connection);
                self.compute_next();
            }
            Event::Computed(connection) => {
                self.free_replicas += 1;
                self.compute_next();
                self.after(self.server.round_trip.div_ceil(2), Event::Answer(connection));
            }
            Event::Answer(connection) => {
                let members = std::mem::take(&mut self.under_way[connection]);
                self.end = self.now;
                let ended = members.len();
                for member in members {
                    self.latencies[member] = self.now - self.due[member];
                }
                match self.client.arriving {
                    Arriving::Closed { think: 0, .. } => self.issue(ended),
                    Arriving::Closed { think, .. } => self.after(think, Event::Due(ended)),
                    Arriving::Open(_) => {}
                }
                self.take(connection);
                self.call_idle();
            }
            Event::Due(requests) => {
                self.issue(requests);
                self.expect_next();
                self.call_idle();
            }
        }
    }

    fn after(&mut self, delay: u64, event: Event) {
        self.at(self.now + delay, event);
    }

    fn at(&mut self, time: u64, event: Event) {
        self.set += 1;
        self.events.push(Reverse((time, self.set, event)));
    }

    /// The next arrival of an open load.
    fn expect_next(&mut self) {
        if let Arriving::Open(dues) = self.client.arriving
            && self.due.len() < self.server.calls.len()
            && let Some(due) = dues.get(self.due.len())
        {
            self.at(*due, Event::Due(1));
        }
    }

    /// Lets so many further requests become due, as far as there are any.
    fn issue(&mut self, requests: usize) {
        let left = self.server.calls.len() - self.due.len();
        self.due.extend(std::iter::repeat_n(self.now, requests.min(left)));
    }

    fn call_idle(&mut self) {
        while self.waiting < self.due.len()
            && let Some(connection) = self.idle.pop_front()
        {
            self.take(connection);
        }
    }

    fn take(&mut self, connection: usize) {
        // a fair share among the free connections: more would make requests wait for each other in vain
        let share = (self.due.len() - self.waiting).div_ceil(self.idle.len() + 1);
        let size = share.min(self.client.batch);
        if size == 0 {
            self.idle.push_back(connection);
            return;
        }
        self.under_way[connection] = self.waiting..self.waiting + size;
        self.waiting += size;
        self.after(self.server.round_trip / 2, Event::Arrival(connection));
    }

    fn compute_next(&mut self) {
        while self.free_replicas > 0
            && let Some(connection) = self.line.pop_front()
        {
            self.free_replicas -= 1;
            let members = self.under_way[connection].clone();
            let cost = self.server.spread(self.server.cost(members.clone()), members.start);
            self.after(cost, Event::Computed(connection));
        }
    }
}

#[cfg(test)]
#[path = "simulate_tests.rs"]
mod tests;
