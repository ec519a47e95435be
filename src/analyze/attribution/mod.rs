//! Where the time of a phase went, stage by stage and cause by cause, and what makes the tail slow.
//!
//! Everything is built from one function, `split`, which gives each microsecond of a request one cause.

mod accept_order;
mod attribute;
mod back_off;
mod both;
mod bottleneck;
mod causes;
mod client_health;
mod context;
mod evidence;
mod groups;
mod habits;
mod held_back;
mod occupancy;
mod outlook;
#[cfg(test)]
mod phase_tests;
mod remedy;
#[cfg(test)]
mod request_tests;
mod requests;
mod reuse;
mod saturation;
mod split;
#[cfg(test)]
mod testing;
mod utilisation;
mod wording;

pub use attribute::{attribute, attribute_with};
pub use both::attribute_both;
pub use client_health::{ClientHealth, ClientStall};
pub use outlook::Outlook;
pub use requests::causes_of;
