//! A network namespace of the test's own, so that the kernel's counters are those of one scenario.
use std::collections::HashMap;
use std::io;

/// Retransmissions that the kernel counts in the namespace.
#[derive(Clone, Copy, Debug)]
pub struct Retransmissions {
    /// Of data.
    pub data: u64,
    /// Of SYNs, the server's SYN-ACKs among them.
    pub syn: u64,
}

pub struct Namespace(Retransmissions);

/// Moves this thread, and what it starts, into a new namespace; `None` where it may not, and the test goes on without.
pub fn enter() -> Option<Namespace> {
    // SAFETY: a plain system call that concerns this thread alone.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        super::cannot(&format!(
            "no namespace: {}; the kernel's counters are not compared",
            io::Error::last_os_error()
        ));
        return None;
    }
    loopback_up();
    Some(Namespace(counters()))
}

impl Namespace {
    pub fn since_start(&self) -> Retransmissions {
        let now = counters();
        Retransmissions { data: now.data - self.0.data, syn: now.syn - self.0.syn }
    }
}

/// SYNs that were dropped in this thread's network because an accept queue was full.
pub fn dropped() -> u64 {
    values("netstat", "TcpExt: ")["ListenDrops"]
}

/// Connections to a port of this thread's network that the client takes for established.
pub fn established(port: u16) -> u64 {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/thread-self/net/tcp").expect("Linux has it");
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(2);
        Some((fields.next()?, fields.next()?))
    });
    let to_port = format!(":{port:04X}");
    rows.filter(|(peer, state)| peer.ends_with(&to_port) && *state == ESTABLISHED).count() as u64
}

fn loopback_up() {
    // SAFETY: a plain system call.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0) };
    assert!(socket >= 0, "{}", io::Error::last_os_error());
    // SAFETY: ifreq is plain data, for which all-zero is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = *byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: `request` outlives the call, which reads it.
    let failed = unsafe { libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw const request) };
    assert_eq!(failed, 0, "{}", io::Error::last_os_error());
    // SAFETY: the socket is this function's own.
    unsafe { libc::close(socket) };
}

fn counters() -> Retransmissions {
    let all = values("snmp", "Tcp: ")["RetransSegs"];
    let syn = values("netstat", "TcpExt: ")["TCPSynRetrans"];
    Retransmissions { data: all - syn, syn }
}

/// A line of names and one of values, as the kernel writes them.
fn values(file: &str, prefix: &str) -> HashMap<String, u64> {
    let text = std::fs::read_to_string(format!("/proc/thread-self/net/{file}")).expect("Linux has it");
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
    let (names, values) = (lines.next().expect("names"), lines.next().expect("values"));
    let values = values.split(' ').map(|value| value.parse().unwrap_or(0));
    names.split(' ').map(String::from).zip(values).collect()
}
