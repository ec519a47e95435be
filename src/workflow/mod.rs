//! Everything a command does: the only room that knows every other.
//!
//! - `prove`, `load`, `ablation`: what sends; `sending` has the run and how a part of it is sent, `steps` what a run
//!   consists of
//! - `capacity`: the highest rate that holds
//! - `findings`: from the files of a run to its comparison, its analysis and its page
//! - `import`: what makes a run of another tool's log
//! - `compare`, `explain`, `export`: what is done with finished runs
//! - `definition`, `foreign_log`, `truth_file`, `invocation`: what these share

mod ablation;
mod capacity;
mod compare;
mod definition;
mod explain;
mod export;
mod findings;
mod foreign_log;
mod import;
pub mod invocation;
mod load;
mod probe;
mod prove;
mod sending;
mod steps;
mod truth_file;

pub use ablation::{Ablated, ablate};
pub use capacity::{CapacityFound, CapacityJob, capacity};
pub use compare::{RunsFindings, compare};
pub use explain::{Wanted, explain};
pub use export::export;
pub use findings::page::{Written, report};
pub use findings::{Findings, analyze};
pub use import::{ImportJob, ImportedRun, import};
pub use load::load;
pub use prove::{Job, Proof, prove};
pub use sending::telemetry::account;
