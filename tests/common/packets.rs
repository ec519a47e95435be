//! The packets on a namespace's loopback: an account of dropped SYNs that neither client nor server has written.
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

const ETH_P_ALL: u16 = 0x0003;
/// linux/if_packet.h: the copy of a packet as it leaves; on loopback it arrives, too.
const PACKET_OUTGOING: u8 = 4;
/// asm-generic/sockios.h: when the last packet was seen, by the kernel.
const SIOCGSTAMP: libc::Ioctl = 0x8906;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// What a client sent on one connection.
#[derive(Clone, Debug, Default)]
struct Sent {
    /// The sequence number of its SYN (RFC 9293 §3.4): a port that is used again begins another one.
    first_sequence: u32,
    syns: u64,
    first_syn_ms: f64,
    last_syn_ms: f64,
    /// Packets with data.
    data: u64,
    first_data_ms: f64,
    last_data_ms: f64,
    trace: Option<String>,
}

/// A capture on its way.
pub struct Capture {
    thread: JoinHandle<Ports>,
    stop: Arc<AtomicBool>,
}

/// What was captured.
pub struct Packets(Ports);

/// The connections of each client port, in their order.
type Ports = HashMap<u16, Vec<Sent>>;

impl Capture {
    /// Captures what the calling thread's namespace sends over loopback, from here on.
    pub fn start() -> Self {
        // SAFETY: plain system calls on a socket that this function owns until the thread does.
        let socket = unsafe {
            let protocol = libc::c_int::from(ETH_P_ALL.to_be());
            let socket = libc::socket(libc::AF_PACKET, libc::SOCK_DGRAM, protocol);
            assert!(socket >= 0, "{}", io::Error::last_os_error());
            set(socket, libc::SO_RCVBUFFORCE, &(64 << 20));
            set(socket, libc::SO_RCVTIMEO, &libc::timeval { tv_sec: 0, tv_usec: 50_000 });
            socket
        };
        let stop = Arc::new(AtomicBool::new(false));
        let wish = stop.clone();
        Capture { thread: std::thread::spawn(move || capture(socket, &wish)), stop }
    }

    pub fn finish(self) -> Packets {
        self.stop.store(true, Ordering::SeqCst);
        Packets(self.thread.join().expect("the capture does not panic"))
    }
}

impl Packets {
    /// SYNs and packets with data that were sent again, by the trace id that the connection carried: a request is one packet.
    pub fn sent_again(&self) -> HashMap<&str, (u64, u64)> {
        let again = |sent: &'_ Sent| (sent.syns.saturating_sub(1), sent.data.saturating_sub(1));
        self.0.values().flatten().filter_map(|sent| Some((sent.trace.as_deref()?, again(sent)))).collect()
    }

    /// From a connection's first SYN to its last, and from its request's first packet to the last, in milliseconds, by its
    /// trace id: so long the packets were lost.
    pub fn lost_ms(&self) -> HashMap<&str, (f64, f64)> {
        let lost =
            |sent: &'_ Sent| (sent.last_syn_ms - sent.first_syn_ms, sent.last_data_ms - sent.first_data_ms);
        self.0.values().flatten().filter_map(|sent| Some((sent.trace.as_deref()?, lost(sent)))).collect()
    }
}

/// SAFETY: the caller owns `socket`.
unsafe fn set<T>(socket: libc::c_int, option: libc::c_int, value: &T) {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` outlives the call, which reads `length` bytes of it.
    let failed = unsafe {
        libc::setsockopt(socket, libc::SOL_SOCKET, option, std::ptr::from_ref(value).cast(), length)
    };
    assert_eq!(failed, 0, "{}", io::Error::last_os_error());
}

fn capture(socket: libc::c_int, stop: &AtomicBool) -> Ports {
    let (mut ports, mut buffer) = (Ports::new(), vec![0; 1 << 17]);
    loop {
        // SAFETY: sockaddr_ll is plain data, for which all-zero is a value.
        let mut from: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: buffer and address are valid for the lengths given.
        let bytes = unsafe {
            let address = std::ptr::from_mut(&mut from).cast();
            libc::recvfrom(socket, buffer.as_mut_ptr().cast(), buffer.len(), 0, address, &mut length)
        };
        match usize::try_from(bytes) {
            Ok(bytes) if from.sll_pkttype == PACKET_OUTGOING => {
                note(&mut ports, &buffer[..bytes], seen_ms(socket));
            }
            Ok(_) => {}
            // Nothing has come for a while: whatever was sent has been seen. A signal says nothing of the kind.
            Err(_) if stop.load(Ordering::SeqCst) && has_waited() => break,
            Err(_) => {}
        }
    }
    // SAFETY: the socket is this thread's own.
    unsafe { libc::close(socket) };
    ports
}

/// Whether the last call that failed had waited for its whole time.
fn has_waited() -> bool {
    io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock
}

fn seen_ms(socket: libc::c_int) -> f64 {
    let mut time = libc::timeval { tv_sec: 0, tv_usec: 0 };
    // SAFETY: `time` is valid to write to.
    let failed = unsafe { libc::ioctl(socket, SIOCGSTAMP, &raw mut time) };
    assert_eq!(failed, 0, "{}", io::Error::last_os_error());
    time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3
}

/// Notes a TCP packet over IPv4 (RFC 791, RFC 9293) that a client sent.
fn note(ports: &mut Ports, packet: &[u8], seen_ms: f64) {
    const TCP: u8 = 6;
    let Some(tcp) = packet.first().and_then(|first| packet.get(usize::from(first & 0x0f) * 4..)) else {
        return;
    };
    if packet.get(9) != Some(&TCP) || tcp.len() < 20 {
        return;
    }
    let (port, flags) = (u16::from_be_bytes([tcp[0], tcp[1]]), tcp[13]);
    let connections = ports.entry(port).or_default();
    if flags & (SYN | ACK) == SYN {
        let sequence = u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]);
        if connections.last().is_none_or(|sent| sent.first_sequence != sequence) {
            connections.push(Sent { first_sequence: sequence, first_syn_ms: seen_ms, ..Sent::default() });
        }
        let sent = connections.last_mut().expect("there is one now");
        (sent.syns, sent.last_syn_ms) = (sent.syns + 1, seen_ms);
    }
    // What a server sends is nobody's connection here.
    let Some(sent) = connections.last_mut() else { return };
    let data = tcp.get(usize::from(tcp[12] >> 4) * 4..).unwrap_or_default();
    if !data.is_empty() {
        if sent.data == 0 {
            sent.first_data_ms = seen_ms;
        }
        (sent.data, sent.last_data_ms) = (sent.data + 1, seen_ms);
    }
    let data = String::from_utf8_lossy(data);
    let id = data.split_once("traceparent: 00-").and_then(|(_, rest)| rest.get(..32));
    if let Some(id) = id {
        sent.trace = Some(id.to_string());
    }
}
