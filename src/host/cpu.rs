//! Processor time as the kernel accounts it: whether the client itself was the bottleneck.

use std::time::Duration;

use crate::model::Micros;

/// User + system time of the calling thread so far; absent where the platform does not account it.
pub fn of_thread() -> Option<Micros> {
    #[cfg(target_os = "linux")]
    return usage(libc::RUSAGE_THREAD);
    #[cfg(not(target_os = "linux"))]
    return None;
}

/// User + system time of all threads of this process so far; children are not in it.
pub fn of_process() -> Option<Micros> {
    usage(libc::RUSAGE_SELF)
}

fn usage(who: libc::c_int) -> Option<Micros> {
    // SAFETY: rusage is plain integers, for which all-zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid rusage to write to.
    if unsafe { libc::getrusage(who, &mut usage) } != 0 {
        return None;
    }
    Some(micros(usage.ru_utime) + micros(usage.ru_stime))
}

fn micros(time: libc::timeval) -> Micros {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let micros = u64::try_from(time.tv_usec).unwrap_or_default();
    Micros::from(Duration::from_secs(seconds) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Clock;

    /// More than any thread takes to do nothing.
    const ENOUGH: Micros = Micros(100_000);

    #[test]
    #[cfg(target_os = "linux")]
    fn a_busy_thread_is_seen_and_an_idle_one_is_not() {
        let (busy, until_then) = std::sync::mpsc::channel::<()>();
        let working = std::thread::spawn(move || {
            // Until it had its turn, whatever else is on; the bound only ends what hangs.
            let clock = Clock::start();
            while clock.now().as_micros() < 60_000_000 && of_thread() <= Some(ENOUGH) {}
            drop(busy);
            of_thread()
        });
        let idle = std::thread::spawn(move || {
            let _ = until_then.recv();
            of_thread()
        });
        let [busy, idle] =
            [working, idle].map(|thread| thread.join().expect("it ends").expect("Linux has it"));
        assert!(busy > ENOUGH && idle < ENOUGH, "{busy} ms, {idle} ms");
        assert!(of_process() >= Some(busy));
    }
}
