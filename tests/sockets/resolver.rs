//! A name server of the test's on its namespace's loopback, and the file that points the system's resolver at it.
use std::ffi::CString;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::common::run::fresh_folder;

/// Record type A (RFC 1035, §3.2.2).
const A: u16 = 1;

/// Every name is 127.0.0.1, which the name server says after `delay`; counts the lookups. The calling thread must have a
/// namespace of its own; `None` where it may not mount.
pub fn start(delay: Duration) -> Option<Arc<AtomicU64>> {
    let file = fresh_folder("sockets_resolver").join("resolv.conf");
    std::fs::write(&file, "nameserver 127.0.0.1\noptions timeout:5 attempts:1\n").expect("it can be written");
    if !mounted(&file, "/etc/resolv.conf") {
        crate::common::cannot(&format!(
            "no mount: {}; the system's resolver is not tested",
            std::io::Error::last_os_error()
        ));
        return None;
    }
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).expect("the namespace is the test's own");
    let lookups = Arc::new(AtomicU64::new(0));
    let count = lookups.clone();
    std::thread::spawn(move || serve(&socket, &count, delay));
    Some(lookups)
}

/// Lays a file over another one, for this thread and those it starts.
fn mounted(file: &Path, over: &str) -> bool {
    let file = CString::new(file.as_os_str().as_bytes()).expect("no NUL in a path");
    let (over, root) = (CString::new(over).expect("no NUL"), c"/");
    // SAFETY: plain system calls on strings that outlive them; they concern this thread's namespace alone.
    unsafe {
        let none = std::ptr::null();
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(none, root.as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, std::ptr::null()) == 0
            && libc::mount(file.as_ptr(), over.as_ptr(), none, libc::MS_BIND, std::ptr::null()) == 0
    }
}

fn serve(socket: &UdpSocket, lookups: &AtomicU64, delay: Duration) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query) {
        let Some((question, kind)) = question(&query[..length]) else { continue };
        if kind == A {
            lookups.fetch_add(1, Ordering::SeqCst);
        }
        if kind == A {
            std::thread::sleep(delay);
        }
        let _ = socket.send_to(&answer(&query[..2], question, kind), from);
    }
}

/// The question section and its type: the name ends with an empty label (RFC 1035, §4.1.2).
fn question(query: &[u8]) -> Option<(&[u8], u16)> {
    let end = 12 + query.get(12..)?.iter().position(|byte| *byte == 0)? + 5;
    let kind = query.get(end - 4..end - 2)?;
    Some((query.get(12..end)?, u16::from_be_bytes([kind[0], kind[1]])))
}

/// One address for an A question, none for any other one.
fn answer(id: &[u8], question: &[u8], kind: u16) -> Vec<u8> {
    let answers = u8::from(kind == A);
    let header = [&[id[0], id[1], 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0], question].concat();
    // The name is that at offset 12; class IN, 0 s to live, four bytes.
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1];
    if kind == A { [&header[..], &record].concat() } else { header }
}
