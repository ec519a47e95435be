//! Tests that time something, on a machine that now and then does something else.
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a disturbed attempt is made at most.
const ATTEMPTS: u32 = 6;
/// How many failures count that nothing was seen to disturb.
const CALM_ATTEMPTS: u32 = 2;
/// A sleeper that wakes so much too late was kept from its processor by something else: the grain of a timer, and the turn
/// of another runnable thread, are a few milliseconds.
const LATE: Duration = Duration::from_millis(12);
/// A test here sleeps most of the time; where the processors were busy for more than this, something else was at work.
const BUSY: f64 = 0.60;
const NAP: Duration = Duration::from_millis(2);
const MOST_LEEWAY: Duration = Duration::from_millis(25);

/// The longest wait for a calm machine before another attempt.
const CALM_WITHIN: Duration = Duration::from_secs(20);
/// So long it must have been calm.
const CALM_FOR: Duration = Duration::from_millis(500);

thread_local! {
    static LEEWAY: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// For what lasts too long to find a calm moment on a machine that is disturbed without end: by how much a figure of this attempt
/// may be off beside its own bound. Zero but in the last attempt, when it is the longest delay that the ones before it met, and
/// 25 ms at most: what is wrong by more never passes.
pub fn leeway() -> Duration {
    LEEWAY.get()
}

/// What holds on any machine: an attempt that breaks it is not made again.
pub fn certain(holds: bool, what: &str) {
    if !holds {
        std::panic::panic_any(Broken(what.to_string()));
    }
}

struct Broken(String);

/// One of these at a time: each needs the machine to itself for its times to be its own. Otherwise as [`undisturbed`].
pub fn alone(attempt: impl FnMut()) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    undisturbed(attempt);
}

/// Makes a test that times something, and makes it again if it failed while the machine was seen to be kept from it. A failure
/// that nothing was seen to disturb is made once more, for a guest does not see all that its host does, and counts if it comes
/// back; the last attempt's counts whatever happened, so that wrong code never passes.
pub fn undisturbed(mut attempt: impl FnMut()) {
    LEEWAY.set(Duration::ZERO);
    let (mut met, mut calm) = (Duration::ZERO, 0);
    for number in 1.. {
        let watch = Watch::start();
        let outcome = catch_unwind(AssertUnwindSafe(&mut attempt));
        let seen = watch.finish();
        let Err(failure) = outcome else { return };
        if let Some(Broken(what)) = failure.downcast_ref() {
            panic!("whatever the machine does: {what}");
        }
        println!("attempt {number} failed; {seen:?}");
        calm += u32::from(seen.is_calm());
        if number == ATTEMPTS || calm == CALM_ATTEMPTS {
            resume_unwind(failure);
        }
        met = met.max(seen.late);
        if number + 1 == ATTEMPTS {
            LEEWAY.set(met.min(MOST_LEEWAY));
        }
        wait_for_calm();
    }
}

/// What keeps the machine now may well go on for a while.
fn wait_for_calm() {
    let start = Instant::now();
    while start.elapsed() < CALM_WITHIN {
        let watch = Watch::start();
        std::thread::sleep(CALM_FOR);
        if watch.finish().is_calm() {
            return;
        }
    }
}

/// What kept a test from its processors.
#[derive(Debug)]
struct Disturbance {
    /// How much too late a sleeper woke, at most.
    late: Duration,
    /// Share of the processors' time that somebody used; 0 where the platform does not say.
    busy: f64,
}

impl Disturbance {
    fn is_calm(&self) -> bool {
        self.late < LATE && self.busy < BUSY
    }
}

/// A sleeper on each processor.
struct Watch {
    sleepers: Vec<JoinHandle<Duration>>,
    done: Arc<AtomicBool>,
    times: Option<Times>,
}

impl Watch {
    fn start() -> Self {
        let done = Arc::<AtomicBool>::default();
        let sleeper = |processor: usize| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                stay_on(processor);
                latest(&done)
            })
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Watch { sleepers: (0..processors).map(sleeper).collect(), done, times: Times::read() }
    }

    fn finish(self) -> Disturbance {
        self.done.store(true, Ordering::Relaxed);
        let late = self.sleepers.into_iter().filter_map(|sleeper| sleeper.join().ok()).max();
        let busy = self.times.zip(Times::read()).map_or(0.0, |(start, end)| end.busy_since(&start));
        Disturbance { late: late.unwrap_or_default(), busy }
    }
}

fn latest(done: &AtomicBool) -> Duration {
    let mut latest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let start = Instant::now();
        std::thread::sleep(NAP);
        latest = latest.max(start.elapsed().saturating_sub(NAP));
    }
    latest
}

/// Keeps the calling thread to one of the processors that it may use, where that can be asked for.
fn stay_on(_nth: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: cpu_set_t is plain data; the calls read and write as much as their size says, of the calling thread alone.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) != 0 {
            return;
        }
        let mut allowed =
            (0..libc::CPU_SETSIZE as usize).filter(|processor| libc::CPU_ISSET(*processor, &set));
        let Some(processor) = allowed.nth(_nth) else { return };
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut one);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &one);
    }
}

/// What the kernel counts of all processors (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal.
struct Times(Vec<u64>);

impl Times {
    fn read() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let fields = text.lines().next()?.split_whitespace().skip(1).take(8);
        Some(Times(fields.map(str::parse).collect::<Result<_, _>>().ok()?))
    }

    fn busy_since(&self, start: &Times) -> f64 {
        let spent: Vec<u64> =
            self.0.iter().zip(&start.0).map(|(now, then)| now.saturating_sub(*then)).collect();
        let (all, idle) = (spent.iter().sum::<u64>(), spent.iter().skip(3).take(2).sum::<u64>());
        if all == 0 { 0.0 } else { (all - idle) as f64 / all as f64 }
    }
}
