//! Answers that come as streams: bytes → events (`text/event-stream`) → tokens, with the instant at which each came.

mod few;
mod lenient;
mod sse;
mod streamed;
mod tally;
mod text;
mod token_stream;
mod wire;

pub use sse::{SseEvent, SseParser, SseTooLarge};
pub use streamed::{Streamed, WholeAnswer};
pub use token_stream::{StreamLimits, TokenStream};
