//! The flags of `spanload mock`.
use std::net::IpAddr;
use std::path::PathBuf;

use super::MockSettings;

/// Serve the mock inference API on loopback until a signal, or the end of standard input, stops it
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Address to listen on; the mock has no access control, so keep it on loopback where you can
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port of the inference API; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Port of /healthz and /metrics; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub control_port: u16,
    /// Write what really happened to this CSV file, a row an item
    #[arg(long, value_name = "FILE")]
    pub truth_log: Option<PathBuf>,
    /// Stop when standard input closes, so that the mock never outlives the process that started it
    #[arg(long)]
    pub exit_with_stdin: bool,
    #[command(flatten, next_help_heading = "Model and faults")]
    pub settings: MockSettings,
}
