//! The command line: a file a command with its flags and what it does, one for each group of flags that commands share,
//! and what calls them.

mod ablate;
mod analyze;
mod capacity;
mod command;
mod compare;
mod connection_args;
mod deliver;
mod duration;
mod execute;
mod explain;
mod export;
mod import;
mod interruptible;
mod load;
mod mock;
mod output;
mod parse;
mod phase_arg;
mod prove;
mod report;
mod scenario_args;
mod summary;
mod telemetry;
mod whole_number;

pub use command::{Cli, Command};
pub use execute::execute;
pub use parse::parse;
