//! How a client sends: what becomes of its connections, and how many requests go into one call.
//!
//! The two are independent and combine: a [`ConnectionPlace`], in which each exchange has a [`Seat`], keeps a connection or does
//! not, [`BatchFormat`] puts bodies together, and neither knows of the other.

mod answer;
mod batch;
mod batch_items;
mod batch_room;
mod place;
mod seat;

pub use answer::{AnswerCollector, AnswerLimits, Collected};
pub use batch::BatchFormat;
pub use batch_room::BatchRoom;
pub use place::ConnectionPlace;
pub use seat::Seat;
