//! A timerfd: a file that becomes readable when its time has come, to the grain of the kernel's high-resolution timers.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::clock::Clock;
use crate::model::Moment;

const NANOS: u64 = 1_000_000_000;

/// A timerfd.
#[derive(Debug)]
pub(super) struct KernelTimer {
    file: AsyncFd<OwnedFd>,
    /// The kernel's monotonic clock at the start of ours, in nanoseconds.
    origin: u64,
    armed: Cell<Option<Moment>>,
}

impl KernelTimer {
    /// To be made within a runtime.
    pub(super) fn new(clock: &Clock) -> io::Result<Self> {
        // SAFETY: no pointer is passed.
        let file =
            unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the file was just opened, and nobody else has it.
        let file = unsafe { OwnedFd::from_raw_fd(file) };
        // SAFETY: an `OwnedFd` stays open, and the same, until it is dropped.
        let file = unsafe { AsyncFd::register_with_interest(file, Interest::READABLE) }?;
        Ok(KernelTimer { file, origin: clock.kernel_origin()?, armed: Cell::default() })
    }

    /// Waits until then.
    pub(super) async fn until(&self, moment: Moment) -> io::Result<()> {
        self.arm(moment)?;
        loop {
            let mut ready = self.file.readable().await?;
            let mut expirations = [0_u8; 8];
            let read = ready.try_io(|file| {
                // SAFETY: the buffer is as long as is said.
                let read = unsafe {
                    libc::read(file.as_raw_fd(), expirations.as_mut_ptr().cast(), expirations.len())
                };
                if read < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
            });
            // What was readable may have been an earlier time that nobody waits for any more.
            if let Ok(read) = read {
                self.armed.set(None);
                return read;
            }
        }
    }

    /// Whoever waited for another moment before does so no longer.
    fn arm(&self, moment: Moment) -> io::Result<()> {
        if self.armed.replace(Some(moment)) == Some(moment) {
            return Ok(());
        }
        let at = self.origin + moment.as_micros() * 1_000;
        let nought = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let value =
            libc::timespec { tv_sec: (at / NANOS) as libc::time_t, tv_nsec: (at % NANOS) as libc::c_long };
        let once = libc::itimerspec { it_interval: nought, it_value: value };
        let file = self.file.as_raw_fd();
        // SAFETY: the file is a timer, and `once` a valid time.
        let set = unsafe { libc::timerfd_settime(file, libc::TFD_TIMER_ABSTIME, &once, ptr::null_mut()) };
        if set < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}
