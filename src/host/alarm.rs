//! Waits for a moment: by the runtime's timer, which time that a test has paused moves too, or by the kernel's own.
//!
//! The runtime's timer has a grain of a millisecond. A timerfd is a file that becomes readable when its time has come, to the
//! grain of the kernel's high-resolution timers; the runtime waits for it as for any socket.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::clock::Clock;
use crate::model::Moment;

const NANOS: u64 = 1_000_000_000;

/// Waits for moments of a clock.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    timer: Option<KernelTimer>,
}

impl Alarm {
    /// By the runtime's own timer.
    pub fn of_runtime(clock: Clock) -> Self {
        Alarm { clock, timer: None }
    }

    /// By the kernel's timer where there is one; for real time only. To be made within a runtime.
    pub fn precise(clock: Clock) -> Self {
        Alarm { clock, timer: KernelTimer::new(&clock).ok() }
    }

    /// Waits until then; one that has passed lets others go first.
    pub async fn until(&self, moment: Moment) {
        if let Some(timer) = &self.timer {
            if moment <= self.clock.now() {
                return tokio::task::yield_now().await;
            }
            if timer.until(moment).await.is_ok() {
                return;
            }
        }
        tokio::time::sleep_until(self.clock.instant(moment)).await;
    }
}

/// A timerfd.
#[derive(Debug)]
struct KernelTimer {
    file: AsyncFd<OwnedFd>,
    /// The kernel's monotonic clock at the start of ours, in nanoseconds.
    origin: u64,
    armed: Cell<Option<Moment>>,
}

impl KernelTimer {
    fn new(clock: &Clock) -> io::Result<Self> {
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

    async fn until(&self, moment: Moment) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_moment_is_missed_and_none_is_early() {
        for alarm in [Alarm::precise, Alarm::of_runtime] {
            let clock = Clock::start();
            let alarm = alarm(clock);
            for millis in [1, 2, 2, 5, 3] {
                let moment = Moment::from_micros(millis * 1_000);
                alarm.until(moment).await;
                assert!(clock.now() >= moment, "{moment:?}, and it is {:?}", clock.now());
            }
        }
    }

    #[tokio::test]
    async fn whoever_is_called_away_can_wait_for_another_moment() {
        let clock = Clock::start();
        let alarm = Alarm::precise(clock);
        assert!(alarm.timer.is_some(), "the kernel has one");
        for round in 1..20 {
            let [soon, late] = [round * 1_000, 3_600_000_000].map(Moment::from_micros);
            tokio::select! {
                biased;
                () = alarm.until(late) => panic!("an hour has not passed"),
                () = tokio::task::yield_now() => {}
            }
            alarm.until(soon).await;
            assert!(clock.now() >= soon);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn paused_time_moves_the_timer_of_the_runtime() {
        let clock = Clock::start();
        Alarm::of_runtime(clock).until(Moment::from_micros(3_600_000_000)).await;
        assert_eq!(clock.now(), Moment::from_micros(3_600_000_000));
    }
}
