//! What tells whether a log is still as the run left it.

use serde::{Deserialize, Serialize};

/// Length and checksum of a closed log. The checksum finds what happens to files by chance; it keeps nobody from changing
/// both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSum {
    /// Its length.
    pub bytes: u64,
    /// CRC-32 as gzip has it (RFC 1952), in eight hexadecimal digits.
    pub crc32: String,
}
