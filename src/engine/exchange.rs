//! A slot's life: take requests, exchange, end their stories, again, as long as there is room for it.

use std::future::{pending, poll_fn};
use std::rc::Rc;

use bytes::Bytes;
use tokio::task::AbortHandle;

use super::repetition::Repetition;
use super::scheduler::Scheduler;
use super::slot::Slot;
use crate::client::{AnswerCollector, Collected, Seat, opening};
use crate::model::{AnswerBody, ErrorKind, FailedAnswer, Micros, Moment};
use crate::plan::PlanLost;
use crate::transport::{Aside, Head, Request, Transport};

/// Starts the task of a slot; it ends with its `LocalSet`.
pub(super) fn start<T: Transport + 'static>(scheduler: &Rc<Scheduler<T>>, slot: &Rc<Slot<T>>) -> AbortHandle {
    tokio::task::spawn_local(run(Rc::clone(scheduler), Rc::clone(slot))).abort_handle()
}

/// Sees to it that a panic in a slot does not pass for a request that takes its time.
struct PanicGuard<T: Transport + 'static>(Rc<Scheduler<T>>);

impl<T: Transport + 'static> Drop for PanicGuard<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked();
        }
    }
}

async fn run<T: Transport + 'static>(scheduler: Rc<Scheduler<T>>, slot: Rc<Slot<T>>) {
    let _guard = PanicGuard(Rc::clone(&scheduler));
    while let Some(seat) = poll_fn(|cx| scheduler.poll_take(&slot, cx)).await {
        let repetition = &scheduler.repetition;
        let needs_copy = slot.members.borrow().len() > 1 || !repetition.checks.is_empty();
        let mut collector = AnswerCollector::new(&repetition.answers, needs_copy);
        let outcome = exchange(&scheduler, &slot, seat, &mut collector).await;
        if outcome.is_ok() {
            collector.decoded_all().await;
        }
        end_exchange(&scheduler, &slot, outcome, collector);
    }
}

async fn exchange<T: Transport + 'static>(
    scheduler: &Rc<Scheduler<T>>,
    slot: &Slot<T>,
    seat: Seat<T>,
    collector: &mut AnswerCollector,
) -> Result<Head, ErrorKind> {
    let Ok(request) = compose(scheduler, slot) else {
        // The plan knows why; whoever ends the repetition ends this one too.
        scheduler.stop();
        return pending().await;
    };
    seat.exchange(&request, &slot.marks, collector, || scheduler.next_connection()).await
}

/// What the requests in a slot send; the first of them leads.
fn compose<'a, T: Transport + 'static>(
    scheduler: &'a Scheduler<T>,
    slot: &Slot<T>,
) -> Result<Request<'a>, PlanLost> {
    let repetition = &scheduler.repetition;
    let members = slot.members.borrow();
    let first = members[0].1.seq;
    let (traceparent, keep) = (repetition.traces.traceparent(first), repetition.strategy.keeps());
    let routes = repetition.routes(first);
    // Who takes no batches is given one request at a time.
    let Some(route) = routes.batch.as_ref().filter(|_| members.len() > 1) else {
        return Ok(Request { route: &routes.single, body: repetition.plan.body(first)?, traceparent, keep });
    };
    let bodies = members.iter().map(|(_, member)| repetition.plan.body(member.seq));
    let body = repetition.batch_format.compose(&bodies.collect::<Result<Vec<Bytes>, PlanLost>>()?);
    Ok(Request { route, body, traceparent, keep })
}

/// An answer for each member, in order, or why it is no success.
type MemberAnswers = Vec<Result<AnswerBody, ErrorKind>>;

/// How an exchange ended, for all of its members.
struct Ending {
    end: Moment,
    /// What each member cost.
    items: Vec<Micros>,
    /// Bytes of the decoded content, where it was encoded.
    decoded: Option<u64>,
    /// One answer a member.
    answers: Result<MemberAnswers, ErrorKind>,
    /// What the server said in their place.
    said: Option<AnswerBody>,
}

/// Ends the stories of all members that have not timed out on the way.
fn end_exchange<T: Transport + 'static>(
    scheduler: &Scheduler<T>,
    slot: &Slot<T>,
    outcome: Result<Head, ErrorKind>,
    mut collector: AnswerCollector,
) {
    let now = scheduler.clock.now();
    let size = slot.batch.get().map_or(1, |batch| batch.size as usize);
    if let Ok(head) = &outcome {
        slot.marks.answered(head.status, head.server);
        scheduler.repetition.endpoint.server_headers.note(head.told_by);
    }
    let end = if outcome.is_ok() { slot.marks.last_read().unwrap_or(now) } else { now };
    let outcome = outcome.and_then(|head| collector.end().map(|()| head));
    let decoded = collector.decoded();
    let items = outcome.as_ref().map_or(Vec::new(), |head| items(head, size));
    let (answers, said) = match outcome {
        Ok(head) => answered(scheduler, slot, head, collector, size),
        Err(kind) => {
            let coding = collector.undecoded();
            let opening =
                || collector.finish().map_or(Bytes::new(), |content| opening(coding, &content.bytes()));
            (Err(kind), said(scheduler, slot, kind, None, opening))
        }
    };
    end_members(scheduler, slot, Ending { end, items, decoded, answers, said });
}

fn end_members<T: Transport + 'static>(scheduler: &Scheduler<T>, slot: &Slot<T>, ending: Ending) {
    let repetition = &scheduler.repetition;
    let members = std::mem::take(&mut *slot.members.borrow_mut());
    let Ending { end, items, decoded, answers, mut said } = ending;
    let failed = answers.as_ref().err().copied();
    let mut answers = answers.unwrap_or_default();
    // From the last to the first, so that each can be taken off the end; then in their order.
    let mut ended = Vec::with_capacity(members.len());
    for (number, member) in members.into_iter().rev() {
        let deadline = member.due + repetition.timeout;
        let late = end > deadline;
        answers.truncate(number + 1);
        let (answer, failed) = match answers.pop() {
            Some(Ok(answer)) => (Some(answer), None),
            Some(Err(kind)) => (None, Some(kind)),
            None => (None, failed),
        };
        let error = if late { Some(ErrorKind::Timeout) } else { failed };
        let mut sample = slot.sample(&repetition.traces, member, end.min(deadline), error);
        sample.server.item = items.get(number).copied();
        sample.bytes_decoded = decoded;
        // What was said in their place one of them tells for all.
        let answer = answer.or_else(|| said.take()).filter(|_| !late);
        ended.push((member.in_vain, sample, answer));
    }
    for (in_vain, sample, answer) in ended.into_iter().rev() {
        scheduler.end(in_vain, sample, answer);
    }
}

/// One answer a member; where there is none, what the server said instead.
fn answered<T: Transport + 'static>(
    scheduler: &Scheduler<T>,
    slot: &Slot<T>,
    mut head: Head,
    collector: AnswerCollector,
    size: usize,
) -> (Result<MemberAnswers, ErrorKind>, Option<AnswerBody>) {
    let repetition = &scheduler.repetition;
    let refused = ErrorKind::from_status(head.status).is_some();
    let coding = collector.undecoded();
    let content = match collector.finish() {
        Ok(content) => content,
        Err(kind) => return (Err(kind), said(scheduler, slot, kind, head.aside.take(), Bytes::new)),
    };
    // Nobody else needs it: to share it costs each request a little.
    let looked_at = refused || size > 1 || !repetition.checks.is_empty();
    let bytes = if looked_at { content.bytes() } else { Bytes::new() };
    let answers = answers(repetition, &head, content, size);
    let failed = match &answers {
        Err(kind) => Some(*kind),
        Ok(each) => each.iter().find_map(|one| one.as_ref().err().copied()),
    };
    let said = failed.and_then(|kind| {
        if kind == ErrorKind::Protocol && !refused {
            slot.marks.because("the answer to a batch has no list of as many items as the batch");
        }
        said(scheduler, slot, kind, head.aside.take(), || opening(coding, &bytes))
    });
    (answers, said)
}

/// What there is to tell of a failure, as long as few of its kind were told of.
fn said<T: Transport + 'static>(
    scheduler: &Scheduler<T>,
    slot: &Slot<T>,
    kind: ErrorKind,
    aside: Option<Box<Aside>>,
    opening: impl FnOnce() -> Bytes,
) -> Option<AnswerBody> {
    let (status, reason) = (slot.marks.status(), slot.marks.reason());
    if (status.is_none() && reason.is_none()) || !scheduler.failures.wants(kind, status) {
        return None;
    }
    let Aside { location, retry_after } = aside.map(|aside| *aside).unwrap_or_default();
    Some(AnswerBody::Failed(Box::new(FailedAnswer { location, retry_after, reason, opening: opening() })))
}

/// What each member cost; nothing where the server does not say it of exactly these.
fn items(head: &Head, size: usize) -> Vec<Micros> {
    if head.items.len() == size { head.items.clone() } else { Vec::new() }
}

/// One answer a member, in order, or why it is no success.
fn answers(
    repetition: &Repetition,
    head: &Head,
    content: Collected,
    size: usize,
) -> Result<MemberAnswers, ErrorKind> {
    let Repetition { answers, checks, batch_format, .. } = repetition;
    match ErrorKind::from_status(head.status) {
        Some(kind) => Err(kind),
        None if size == 1 => Ok(vec![content.whole(&answers.budget, checks)]),
        None => content.apart(&answers.budget, |whole| batch_format.split(whole, size), checks),
    }
}
