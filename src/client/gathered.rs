//! Gathers an answer's content: a copy while there is room for one, its digest alone where there is none.

use std::io;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::answer_limits::AnswerLimits;
use super::batch_room::BatchHold;
use super::collected::Collected;
use crate::model::digest::RollingDigest;
use crate::model::{ErrorKind, Lease};

/// Of a copy this long the digest is taken beside it, so that a budget that is used up later costs no time then.
const DIGESTED_BESIDE: usize = 256 * 1024;

/// The content so far.
pub(super) struct Gathered {
    limits: AnswerLimits,
    /// What the answer holds that must be looked at: one to a batch, and one that is checked.
    hold: Option<BatchHold>,
    bytes: u64,
    content: Content,
    too_large: bool,
}

enum Content {
    Nothing,
    /// A copy with its place in the budget, and its digest so far where it is long. One that must be looked at has its place
    /// elsewhere, and asks for one here later.
    Copy(Vec<u8>, Option<Lease>, Option<RollingDigest>),
    Rolling(RollingDigest),
}

impl Gathered {
    /// Nothing yet.
    pub(super) fn new(limits: &AnswerLimits, needs_copy: bool) -> Self {
        let hold = needs_copy.then(|| BatchHold::new(&limits.batches));
        Gathered { limits: limits.clone(), hold, bytes: 0, content: Content::Nothing, too_large: false }
    }

    /// Forgets what has come.
    pub(super) fn forget(&mut self) {
        *self = Gathered::new(&self.limits, self.hold.is_some());
    }

    /// Its bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it grew past the limit.
    pub(super) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Whether its bytes need room that all answers share that must be looked at.
    pub(super) fn waits_for_room(&self) -> bool {
        self.hold.is_some()
    }

    /// Whether more may come now.
    pub(super) fn has_room(&mut self) -> bool {
        self.hold.as_mut().is_none_or(BatchHold::may_go_on)
    }

    /// Ready once more may come.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.hold.as_mut().map_or(Poll::Ready(()), |hold| hold.poll_room(cx))
    }

    /// Takes more of it.
    ///
    /// # Errors
    /// It is too large; then all memory is given back.
    pub(super) fn take(&mut self, data: &[u8]) -> Result<(), ErrorKind> {
        self.bytes += data.len() as u64;
        if self.bytes > self.limits.most || self.too_large {
            self.refuse();
            return Err(ErrorKind::TooLarge);
        }
        if let Some(hold) = &mut self.hold {
            hold.add(data.len() as u64);
        }
        self.content = match std::mem::replace(&mut self.content, Content::Nothing) {
            Content::Nothing => self.begun(data),
            Content::Copy(copy, lease, running) => self.copied(copy, lease, running, data),
            Content::Rolling(mut running) => {
                running.add(data);
                Content::Rolling(running)
            }
        };
        Ok(())
    }

    /// It is too large: all memory is given back.
    pub(super) fn refuse(&mut self) {
        (self.content, self.hold, self.too_large) = (Content::Nothing, None, true);
    }

    /// The content, once it is complete.
    pub(super) fn finish(self) -> Collected {
        match self.content {
            Content::Nothing => Collected::Copy(Bytes::new(), None),
            Content::Copy(copy, lease, _) => match self.hold {
                Some(hold) => Collected::Held(copy.into(), hold),
                None => Collected::Copy(copy.into(), lease),
            },
            Content::Rolling(running) => Collected::Rolled(running.finish()),
        }
    }

    fn begun(&self, data: &[u8]) -> Content {
        if self.hold.is_some() {
            return Content::Copy(data.to_vec(), None, None);
        }
        match self.limits.budget.reserve(data.len() as u64) {
            Some(lease) => Content::Copy(data.to_vec(), Some(lease), None),
            None => Content::Rolling(digest_of(&[data])),
        }
    }

    fn copied(
        &self,
        mut copy: Vec<u8>,
        mut lease: Option<Lease>,
        running: Option<RollingDigest>,
        data: &[u8],
    ) -> Content {
        let mut running = running.or_else(|| {
            let long = self.hold.is_none() && copy.len() >= DIGESTED_BESIDE;
            long.then(|| digest_of(&[&copy]))
        });
        running.iter_mut().for_each(|running| running.add(data));
        if lease.as_mut().is_none_or(|lease| lease.grow(data.len() as u64)) {
            grow(&mut copy, data.len());
            copy.extend_from_slice(data);
            return Content::Copy(copy, lease, running);
        }
        Content::Rolling(running.unwrap_or_else(|| digest_of(&[&copy, data])))
    }
}

/// For decoders, which write what they have decoded. Once it is too large every write fails.
impl io::Write for Gathered {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.take(data).map_err(|_| io::ErrorKind::FileTooLarge)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes room for more, and for a quarter again at most: twice as much, as a vector does by itself, would be memory that no budget
/// counts.
fn grow(copy: &mut Vec<u8>, more: usize) {
    if copy.capacity() - copy.len() < more {
        copy.reserve_exact(more.max(copy.len() / 4));
    }
}

/// The digest of what has come, to be gone on with.
fn digest_of(pieces: &[&[u8]]) -> RollingDigest {
    let mut running = RollingDigest::default();
    pieces.iter().for_each(|piece| running.add(piece));
    running
}
