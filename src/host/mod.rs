//! What this machine provides: its clock, processors, memory, limits, signals and terminal.

mod alarm;
mod both;
mod clock;
pub mod console;
pub mod cpu;
pub mod hang_up;
mod interrupt;
#[cfg(target_os = "linux")]
mod kernel_timer;
pub mod limits;
pub mod machine;
pub mod memory;
pub mod paths;
pub mod regular;
mod threads;
pub mod written;

pub use alarm::Alarm;
pub use both::both;
pub use clock::{Anchor, Clock};
pub use interrupt::{Interrupt, Interrupted, Signal};
pub use threads::{aside, no_thread, thread};
