//! The instants and counts that an exchange leaves behind, readable while it is still under way.

use std::cell::Cell;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::tcp_info;
use crate::host::Clock;
use crate::model::Moment;
use crate::model::{ConnectionUse, ServerTimes, Stage, Stages, Timeline};

/// The marks of the exchange that a lane carries now, or carried last.
///
/// Cells, because the lane, the IO wrapper under hyper and the engine's deadline sweep all live on
/// one thread and take turns.
#[derive(Debug)]
pub struct Marks {
    clock: Clock,
    taken: Cell<Moment>,
    attempts: Cell<u32>,
    retried: Cell<Option<Moment>>,
    /// The stage of connection set-up that is under way, if one is.
    opening: Cell<Option<Stage>>,
    dns: Cell<Option<Moment>>,
    connect: Cell<Option<Moment>>,
    tls: Cell<Option<Moment>>,
    last_write: Cell<Option<Moment>>,
    /// The last write, once nothing is left to write; `None` while an answer overtakes the request.
    sent: Cell<Option<Moment>>,
    first_read: Cell<Option<Moment>>,
    last_read: Cell<Option<Moment>>,
    head: Cell<Option<(u16, ServerTimes)>>,
    bytes_sent: Cell<u64>,
    bytes_received: Cell<u64>,
    connection: Cell<Option<ConnectionUse>>,
    socket: Cell<Option<RawFd>>,
    /// The connection's retransmissions before this exchange.
    retransmits_before: Cell<Option<u32>>,
    retransmits: Cell<Option<u32>>,
}

impl Marks {
    /// Marks on a repetition's clock.
    pub fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Marks {
            clock,
            taken: Cell::default(),
            attempts: Cell::default(),
            retried: Cell::default(),
            opening: Cell::default(),
            dns: Cell::default(),
            connect: Cell::default(),
            tls: Cell::default(),
            last_write: Cell::default(),
            sent: Cell::default(),
            first_read: Cell::default(),
            last_read: Cell::default(),
            head: Cell::default(),
            bytes_sent: Cell::default(),
            bytes_received: Cell::default(),
            connection: Cell::default(),
            socket: Cell::default(),
            retransmits_before: Cell::default(),
            retransmits: Cell::default(),
        })
    }

    /// The repetition's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new exchange starts: its requests leave the queue at `taken`.
    pub fn begin(&self, taken: Moment) {
        self.taken.set(taken);
        self.attempts.set(1);
        self.retried.set(None);
        self.bytes_sent.set(0);
        self.bytes_received.set(0);
        self.forget_attempt();
    }

    /// The attempt came to nothing; another one starts now.
    pub fn retry(&self) {
        self.attempts.set(self.attempts.get() + 1);
        self.retried.set(Some(self.clock.now()));
        self.forget_attempt();
    }

    fn forget_attempt(&self) {
        for cell in [&self.dns, &self.connect, &self.tls, &self.last_write, &self.sent] {
            cell.set(None);
        }
        self.first_read.set(None);
        self.last_read.set(None);
        self.opening.set(None);
        self.connection.set(None);
        self.head.set(None);
        self.retransmits.set(None);
        self.retransmits_before.set(None);
    }

    /// A stage of connection set-up starts.
    pub fn opening(&self, stage: Stage) {
        self.opening.set(Some(stage));
    }

    /// The stage of connection set-up that was under way has ended.
    pub fn opened(&self) {
        let end = Some(self.clock.now());
        match self.opening.take() {
            Some(Stage::Dns) => self.dns.set(end),
            Some(Stage::Connect) => self.connect.set(end),
            Some(Stage::Tls) => self.tls.set(end),
            other => debug_assert!(false, "{other:?} is no stage of connection set-up"),
        }
    }

    /// This attempt uses `connection`, which so far had so many retransmissions (`None` while it
    /// is being opened).
    pub fn using(&self, connection: ConnectionUse, retransmits_before: Option<u32>) {
        self.connection.set(Some(connection));
        self.retransmits_before.set(retransmits_before);
    }

    /// `bytes` were handed to the kernel by a call made at `called`. The call's start counts, not its
    /// return: a server on this machine may have the request, and the core, before the call returns,
    /// and no server can have had it before the call was made.
    pub fn wrote(&self, bytes: usize, called: Moment) {
        self.bytes_sent.set(self.bytes_sent.get() + bytes as u64);
        self.last_write.set(Some(called));
        // A response that comes before the request is complete ends `send`: later writes are not part of it.
        if self.first_read.get().is_none() {
            self.sent.set(None);
        }
    }

    /// Nothing is left to write.
    pub fn flushed(&self) {
        if self.first_read.get().is_none() {
            self.sent.set(self.last_write.get());
        }
    }

    /// `bytes` of the response have come.
    pub fn read(&self, bytes: usize) {
        let now = Some(self.clock.now());
        self.bytes_received.set(self.bytes_received.get() + bytes as u64);
        if self.first_read.get().is_none() {
            self.first_read.set(now);
        }
        self.last_read.set(now);
    }

    /// The head of the response is complete, whatever becomes of its body.
    pub fn answered(&self, status: u16, server: ServerTimes) {
        self.head.set(Some((status, server)));
    }

    /// What the response's head said, if the response had begun at `end`.
    pub fn head(&self, end: Moment) -> Option<(u16, ServerTimes)> {
        self.head.get().filter(|_| self.first_read.get().is_none_or(|first| first <= end))
    }

    /// When the last response byte came.
    pub fn last_read(&self) -> Option<Moment> {
        self.last_read.get()
    }

    /// Whether a byte of this attempt was handed to the kernel.
    pub fn wrote_any(&self) -> bool {
        self.last_write.get().is_some()
    }

    /// The socket whose `TCP_INFO` is evidence; `None` when it is closed.
    pub fn set_socket(&self, socket: Option<RawFd>) {
        self.socket.set(socket);
    }

    /// Whether a connection is open or being opened.
    pub fn has_socket(&self) -> bool {
        self.socket.get().is_some()
    }

    /// Retransmissions that the kernel counts on the connection so far.
    pub fn total_retransmits(&self) -> Option<u32> {
        self.socket.get().and_then(tcp_info::total_retransmits)
    }

    /// Takes the kernel's evidence at the end of the exchange, complete or not; returns the
    /// connection's retransmissions so far.
    pub fn take_evidence(&self) -> Option<u32> {
        let total = self.total_retransmits();
        if self.opening.get() == Some(Stage::Connect) {
            // The connect did not end: what was retransmitted was its SYN.
            let unfinished = self.connection.get();
            self.connection
                .set(unfinished.map(|unfinished| ConnectionUse { syn_retransmits: total, ..unfinished }));
        }
        let before = self.retransmits_before.get();
        self.retransmits.set(total.zip(before).map(|(now, before)| now.saturating_sub(before)));
        total
    }

    /// Attempts, at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// The connection of the last attempt.
    pub fn connection(&self) -> Option<ConnectionUse> {
        self.connection.get()
    }

    /// Data retransmissions of the exchange, once the evidence is taken.
    pub fn retransmits(&self) -> Option<u32> {
        self.retransmits.get()
    }

    /// Bytes handed to the kernel, over all attempts.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent.get()
    }

    /// Bytes received, over all attempts.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received.get()
    }

    /// The stages of a request that was due at `due` and whose story ends at `end`, whatever was
    /// under way then. The first stage whose mark is later than `end` (of a batch that outlives a
    /// member) is the one that was under way.
    pub fn stages(&self, due: Moment, end: Moment) -> Stages {
        let mut timeline = Timeline::from_due(due);
        for (stage, mark) in self.ends() {
            timeline.end(stage, mark.map_or(end, |at| at.min(end)));
            if mark.is_none_or(|at| at > end) {
                break;
            }
        }
        timeline.finish()
    }

    /// The stages of the exchange with their ends, in order; `None` is under way.
    fn ends(&self) -> impl Iterator<Item = (Stage, Option<Moment>)> {
        let optional = [
            (Stage::Retry, self.retried.get()),
            (Stage::Dns, self.dns.get()),
            (Stage::Connect, self.connect.get()),
            (Stage::Tls, self.tls.get()),
        ];
        let opening = self.opening.get().map(|stage| (stage, None));
        let first_read = self.first_read.get();
        let exchange = [
            (Stage::Send, self.sent.get().or(first_read)),
            (Stage::Wait, first_read),
            (Stage::Receive, None),
        ];
        std::iter::once((Stage::Queue, Some(self.taken.get())))
            .chain(optional.into_iter().filter(|(_, end)| end.is_some()))
            .chain(opening)
            .chain(exchange)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Micros;

    const SET_UP: [Stage; 3] = [Stage::Dns, Stage::Connect, Stage::Tls];

    /// Marks at the given times (a time is the distance from the mark before it), as far as they
    /// were reached, and the end of every stage that was.
    fn marked(
        taken: u64,
        steps: &[Option<u64>; 7],
        opening: Option<usize>,
    ) -> (Rc<Marks>, Vec<(Stage, u64)>) {
        let marks = Marks::new(Clock::start());
        let cells = [
            (Stage::Retry, &marks.retried),
            (Stage::Dns, &marks.dns),
            (Stage::Connect, &marks.connect),
            (Stage::Tls, &marks.tls),
            (Stage::Send, &marks.sent),
            (Stage::Wait, &marks.first_read),
            (Stage::Receive, &marks.last_read),
        ];
        marks.begin(Moment::from_micros(taken));
        let (mut at, mut ends) = (taken, vec![(Stage::Queue, taken)]);
        let under_way = opening.map(|index| SET_UP[index]);
        marks.opening.set(under_way);
        for ((stage, cell), step) in cells.into_iter().zip(steps) {
            let missing = stage >= Stage::Send && step.is_none();
            if missing || under_way.is_some_and(|under_way| stage >= under_way) {
                break;
            }
            if let Some(step) = step {
                at += step;
                cell.set(Some(Moment::from_micros(at)));
                ends.push((stage, at));
            }
        }
        (marks.clone(), ends)
    }

    proptest! {
        #[test]
        fn whatever_the_marks_and_whenever_it_ends_the_stages_sum_to_the_span(
            before_taken in 0_u64..1_000,
            steps in prop::array::uniform7(prop::option::of(1_u64..1_000)),
            opening in prop::option::of(0_usize..3),
            length in 0_u64..10_000,
        ) {
            let (marks, ends) = marked(50 + before_taken, &steps, opening);
            let (due, end) = (Moment::from_micros(50), Moment::from_micros(50 + length));
            let stages = marks.stages(due, end);
            prop_assert_eq!(stages.latency(), Micros(length));
            // Each stage that had ended by then has its own length, from the end of the one before it …
            let mut start = 50;
            for (stage, stop) in ends.into_iter().take_while(|(_, stop)| *stop <= 50 + length) {
                let own = stages.get(stage).unwrap_or_default();
                let last = stage == Stage::Receive;
                prop_assert!(last || own == Micros(stop - start), "{:?}: {:?}", stage, own);
                start = stop;
            }
            // … and one more, the last, was under way.
            let under_way = Stage::ALL.into_iter().rfind(|stage| stages.get(*stage).is_some());
            let own = under_way.and_then(|stage| stages.get(stage)).unwrap_or_default();
            prop_assert!(under_way == Some(Stage::Receive) || own == Micros(50 + length - start));
        }
    }

    fn at(micros: u64) -> Moment {
        Moment::from_micros(micros)
    }

    fn lengths(marks: &Marks, end: u64) -> Vec<(&'static str, u64)> {
        let stages = marks.stages(at(0), at(end));
        let length = |stage: Stage| stages.get(stage).map(|length| (stage.name(), length.0));
        Stage::ALL.into_iter().filter_map(length).collect()
    }

    #[test]
    fn what_happens_after_the_end_is_not_part_of_the_story() {
        let marks = Marks::new(Clock::start());
        marks.begin(at(10));
        marks.dns.set(Some(at(100)));
        marks.opening(Stage::Connect);
        assert_eq!(lengths(&marks, 90), [("queue", 10), ("dns", 80)]);
        assert_eq!(lengths(&marks, 150), [("queue", 10), ("dns", 90), ("connect", 50)]);
        marks.opening.set(None);
        marks.connect.set(Some(at(200)));
        assert_eq!(lengths(&marks, 150), [("queue", 10), ("dns", 90), ("connect", 50)]);
        assert_eq!(lengths(&marks, 5), [("queue", 5)]);
    }

    #[test]
    fn an_answer_that_overtakes_its_request_ends_send() {
        let marks = Marks::new(Clock::start());
        marks.begin(at(0));
        marks.wrote(1, marks.clock.now());
        let partly = marks.last_write.get();
        marks.first_read.set(Some(at(5_000_000)));
        marks.wrote(1, marks.clock.now());
        marks.flushed();
        assert_eq!(
            lengths(&marks, 6_000_000)[1..],
            [("send", 5_000_000), ("wait", 0), ("receive", 1_000_000)]
        );
        assert!(partly < Some(at(5_000_000)), "a part of the request is not the request");
    }

    #[test]
    fn a_new_attempt_knows_nothing_of_the_one_before_it() {
        let marks = Marks::new(Clock::start());
        marks.begin(at(0));
        marks.using(ConnectionUse { id: 1, reused: true, syn_retransmits: Some(3) }, Some(4));
        marks.read(10);
        marks.answered(408, ServerTimes::default());
        marks.retry();
        assert_eq!((marks.connection(), marks.head(at(u64::MAX)), marks.last_read()), (None, None, None));
        assert_eq!((marks.attempts(), marks.wrote_any(), marks.bytes_received()), (2, false, 10));
    }
}
