//! What came of the one request.

use bytes::Bytes;

use crate::model::{ConnectionUse, ErrorKind, Stages};

/// What came of it.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct Probed {
    /// Where its time went.
    pub stages: Stages,
    /// The connection, if it came to one.
    pub connection: Option<ConnectionUse>,
    /// The answer, or why there is none.
    pub outcome: Result<Answered, Failed>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(in crate::workflow) struct Answered {
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// The decoded content; `None` where it is longer than is looked at.
    pub content: Option<Bytes>,
}

/// Why there is none.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct Failed {
    pub kind: ErrorKind,
    /// What the word leaves out.
    pub problem: Option<String>,
}
