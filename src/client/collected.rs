//! A complete content, and the answers in it.

use std::sync::Arc;

use bytes::Bytes;

use super::batch_room::BatchHold;
use crate::model::{AnswerBody, AnswerChecks, ByteBudget, Digest, ErrorKind, KeptAnswer, Lease};

fn checked(checks: &AnswerChecks, answer: &[u8]) -> Result<(), ErrorKind> {
    if checks.pass(answer) { Ok(()) } else { Err(ErrorKind::CheckFailed) }
}

/// A complete content.
pub enum Collected {
    /// A copy, with its place in the budget.
    Copy(Bytes, Option<Lease>),
    /// One that must be looked at, with its place among these.
    Held(Bytes, BatchHold),
    /// The digest of the bytes.
    Rolled(Digest),
}

impl Collected {
    /// The content, where there is a copy; it shares the memory.
    pub fn bytes(&self) -> Bytes {
        match self {
            Collected::Copy(copy, _) | Collected::Held(copy, _) => copy.clone(),
            Collected::Rolled(_) => Bytes::new(),
        }
    }

    /// The answer to one request; a copy that was needed only to be looked at stays where the budget has room for it.
    ///
    /// # Errors
    /// It is not what `checks` ask for.
    pub fn whole(self, budget: &Arc<ByteBudget>, checks: &AnswerChecks) -> Result<AnswerBody, ErrorKind> {
        match self {
            Collected::Copy(copy, lease) => {
                checked(checks, &copy)?;
                let kept = match lease {
                    Some(lease) => KeptAnswer::new(copy, lease),
                    None => KeptAnswer::uncounted(copy),
                };
                Ok(AnswerBody::Kept(kept))
            }
            Collected::Held(copy, _hold) => {
                checked(checks, &copy)?;
                Ok(match budget.reserve(copy.len() as u64) {
                    Some(lease) => AnswerBody::Kept(KeptAnswer::new(copy, lease)),
                    None => AnswerBody::Rolled(Digest::of(&copy)),
                })
            }
            Collected::Rolled(digest) => Ok(AnswerBody::Rolled(digest)),
        }
    }

    /// The answers to the members of a batch, as `split` takes the content apart: copies where the budget has room for them. Each is
    /// checked by itself.
    ///
    /// # Errors
    /// What `split` cannot take apart.
    pub fn apart(
        self,
        budget: &Arc<ByteBudget>,
        split: impl FnOnce(&Bytes) -> Option<Vec<Bytes>>,
        checks: &AnswerChecks,
    ) -> Result<Vec<Result<AnswerBody, ErrorKind>>, ErrorKind> {
        // What it holds is free once its parts have places of their own.
        let Collected::Held(copy, _hold) = self else { return Err(ErrorKind::Protocol) };
        let parts = split(&copy).ok_or(ErrorKind::Protocol)?;
        let outcomes: Vec<_> = parts.iter().map(|part| checked(checks, part)).collect();
        let bodies: Vec<_> = match budget.reserve(copy.len() as u64) {
            Some(lease) => KeptAnswer::shared(parts, lease).into_iter().map(AnswerBody::Kept).collect(),
            None => parts.iter().map(|part| AnswerBody::Rolled(Digest::of(part))).collect(),
        };
        Ok(outcomes.into_iter().zip(bodies).map(|(outcome, body)| outcome.map(|()| body)).collect())
    }
}
