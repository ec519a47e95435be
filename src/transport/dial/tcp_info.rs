//! Evidence from the kernel: how often it retransmitted on a connection (`TCP_INFO`).

use std::os::fd::RawFd;

/// Retransmitted segments over the connection's life, SYNs included; `None` where the socket is
/// gone or the platform has no such counter.
#[cfg(target_os = "linux")]
pub(super) fn total_retransmits(socket: RawFd) -> Option<u32> {
    // SAFETY: tcp_info is plain integers, for which all-zero is a value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: `info` is valid for `length` bytes, and the kernel writes at most that many.
    let failed = unsafe {
        libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            std::ptr::from_mut(&mut info).cast(),
            &mut length,
        )
    };
    (failed == 0).then_some(info.tcpi_total_retrans)
}

/// Elsewhere the evidence is absent.
#[cfg(not(target_os = "linux"))]
pub(super) fn total_retransmits(_socket: RawFd) -> Option<u32> {
    None
}
