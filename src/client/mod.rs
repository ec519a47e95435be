//! How a client sends: what becomes of its connections, and how many requests go into one call.
//!
//! The two are independent and combine: a [`ConnectionPlace`], in which each exchange has a [`Seat`], keeps a connection or does
//! not, [`BatchFormat`] puts bodies together, and neither knows of the other.

mod answer;
mod answer_limits;
mod batch;
mod batch_items;
mod batch_room;
mod collected;
mod decoding;
mod gathered;
mod opening;
mod place;
mod seat;
mod zstd_writer;

pub use answer::AnswerCollector;
pub use answer_limits::AnswerLimits;
pub use batch::BatchFormat;
pub use batch_items::is_json;
pub use batch_room::BatchRoom;
pub use collected::Collected;
pub use opening::opening;
pub use place::ConnectionPlace;
pub use seat::Seat;
