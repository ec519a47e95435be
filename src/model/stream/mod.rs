//! What is known of an answer that came as a stream of tokens.

mod chunk_gaps;
mod finish;
mod goodput;
mod record;
mod stream_end;
mod token_counts;

pub use chunk_gaps::ChunkGaps;
pub use finish::Finish;
pub use goodput::{Goodput, GoodputVerdict, Objectives};
pub use record::{GapUnit, StreamRecord};
pub use stream_end::StreamEnd;
pub use token_counts::{TokenCounts, TokenTimes};
