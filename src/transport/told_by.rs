//! Which source each of the server's times came from, while an answer is read.

use crate::model::{Micros, ServerTimes, TimeKind};

/// The ranks of the sources whose times are held; a lower one counts first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToldBy([Option<u8>; TimeKind::ALL.len()]);

impl ToldBy {
    /// Takes a time from a source of this rank, unless one that counts before it has said it already.
    pub(super) fn take(&mut self, kind: TimeKind, rank: u8, time: Micros, times: &mut ServerTimes) {
        let held = &mut self.0[kind as usize];
        if held.is_none_or(|held| rank < held) {
            *held = Some(rank);
            *times.of_mut(kind) = Some(time);
        }
    }

    /// A bit for each source that has said what is held.
    pub(super) fn bits(self) -> u32 {
        self.0.into_iter().flatten().fold(0, |bits, rank| bits | 1 << u32::from(rank).min(31))
    }
}
