//! The project's tests through its public face, one binary: a file a subject, helpers in `common`.
#![allow(clippy::disallowed_methods, reason = "the tests time programs from outside")]
mod common;

mod analysis;
mod analyze;
mod attribution;
mod backoff;
mod bad_input;
mod bad_readers;
mod ci_docs;
mod cli_docs;
mod collector_settings;
mod collectors;
mod compare;
mod comparison;
mod equal_work;
mod explain;
mod failed_run;
mod failures;
mod faults;
mod input_py;
mod interrupt;
mod interval_coverage;
mod junit;
#[cfg(target_os = "linux")]
mod memory;
mod metrics;
mod mock;
#[cfg(target_os = "linux")]
mod mock_gate;
mod mock_lifetime;
mod named_files;
mod output;
mod page;
mod page_drawn;
mod page_missing;
mod page_size;
mod page_verdict;
mod prediction;
mod probe;
mod prove;
mod readme;
mod requests;
mod rooms;
mod run_tests;
mod runs_coverage;
mod server_bodies;
mod server_headers;
mod simulated;
mod sockets;
mod target_url;
mod terminal;
mod terminal_gone;
mod tls;
mod traces;
mod transports;
mod truth;
