//! A client whose processor core is really busy: a thread that burns time on the very core that the engine has, and what
//! the engine itself measured of it.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spanload::analyze::{ClientHealth, ClientStall};
use spanload::engine::Health;
use spanload::model::Sample;

use super::causes::{HEAD, TOLERANCE, analysed, outside, server};
use super::expected::{Expected, check};
use crate::common::load::Load;
use crate::common::wire::pause;

/// Length of a burst of work, and of the quiet before it.
const BUSY_MS: u64 = 300;
const QUIET_MS: u64 = 200;

/// The cores that this process may use.
fn cores() -> Vec<usize> {
    // SAFETY: cpu_set_t is plain data; the call writes as much as its size says.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set), 0);
        (0..libc::CPU_SETSIZE as usize).filter(|core| libc::CPU_ISSET(*core, &set)).collect()
    }
}

/// Keeps the calling thread, and those it starts, to one core.
fn stay_on(core: usize) {
    // SAFETY: as above; the thread is the calling one.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        assert_eq!(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set), 0);
    }
}

/// Lets every other thread of the core go first: the scheduler would else give an idle one its turn at once.
fn go_last() {
    let least = libc::sched_param { sched_priority: 0 };
    // SAFETY: `least` outlives the call; the thread is the calling one.
    assert_eq!(unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &least) }, 0);
}

fn burn(core: usize, done: &AtomicBool) {
    stay_on(core);
    while !done.load(Ordering::Relaxed) {
        pause(QUIET_MS);
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(BUSY_MS) {
            std::hint::spin_loop();
        }
    }
}

/// Runs the load on a core that another thread keeps busy.
fn run_beside_a_spinner(load: Load, url: &str, core: usize) -> (Vec<Sample>, Health) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| burn(core, &done));
        let engine = scope.spawn(move || {
            stay_on(core);
            go_last();
            load.run_watched(url)
        });
        let outcome = engine.join().expect("the engine runs");
        done.store(true, Ordering::Relaxed);
        outcome
    })
}

#[test]
fn a_busy_core_is_an_overloaded_client_by_what_the_engine_measured() {
    let [busy, free, ..] = cores()[..] else {
        return crate::common::cannot("this test wants a core for the client and one for the server");
    };
    std::thread::scope(|scope| scope.spawn(|| scenario(busy, free)).join().expect("the scenario holds"));
}

fn scenario(busy: usize, free: usize) {
    stay_on(free);
    let (server, log) = server(|peer, _| peer.write(&format!("{HEAD}{{}}")));
    for load in [Load::new(240, 4).pool(4), Load::new(240, 4)] {
        log.lock().expect("nothing panics with it").clear();
        let (samples, health) = run_beside_a_spinner(load, &server.url(), busy);
        let stall = |(from, length)| ClientStall { repetition: 1, from, length };
        println!("late at most {:?}, {} times", health.lag, health.stalls.len());
        let stalls: Vec<ClientStall> = health.stalls.into_iter().map(stall).collect();
        let found = analysed(&samples, &ClientHealth::new(stalls));
        let shares: &[(&[&str], f64)] = &[(&["client_overload"], outside(&samples, &log))];
        check(&found, &Expected { first: "client_overload", shares, companions: &[] }, TOLERANCE);
        assert!(found.causes[0].remedy.contains("processor"), "{:?}", found.causes[0]);
        let unmeasured = analysed(&samples, &ClientHealth::default());
        assert!(unmeasured.causes.iter().all(|cause| cause.cause.name() != "client_overload"), "not guessed");
    }
}
