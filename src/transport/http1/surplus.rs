//! Bytes that come when nothing was asked.

/// As many are enough to know them.
pub(super) const LOOKED_AT: usize = 16;

/// How a server says that it closes an idle connection (RFC 9110 §15.5.9).
const IDLE_CLOSE: [&[u8]; 2] = [b"HTTP/1.1 408", b"HTTP/1.0 408"];

/// Whether bytes that came unasked are anything but a farewell.
pub(super) fn is_surplus(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !IDLE_CLOSE.iter().any(|farewell| bytes.starts_with(farewell))
}
