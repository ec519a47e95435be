//! How the client itself fared during a repetition, so that its own slowness is not taken for the server's.

use hdrhistogram::Histogram;

use crate::host::Clock;
use crate::host::cpu;
use crate::model::{Closings, Micros, Moment, Releases};

/// The longest lag that is told apart, in microseconds: an hour.
const HIGHEST_US: u64 = 3_600_000_000;
/// Less is a timer's grain and the kernel's scheduler at work.
const STALL: Micros = Micros(10_000);
/// A client that stands still more often than this is beyond a list.
const STALLS_MOST: usize = 256;

/// What a repetition cost the client, and how punctual its loop was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Wake-ups of the loop whose lateness was measured.
    pub ticks: u64,
    /// How much later than asked for the loop woke; absent if it never had to.
    pub lag: Option<Lag>,
    /// When it was late by 10 ms or more, and by how much; the first 256 times.
    pub stalls: Vec<(Moment, Micros)>,
    /// From the start of the repetition to its end.
    pub wall: Micros,
    /// Processor time of the engine's busiest thread in that time.
    pub engine_cpu: Option<Micros>,
    /// Processor time of the whole process in that time; the embedded mock is another process.
    pub process_cpu: Option<Micros>,
    /// Connections that delivered bytes that nobody had asked for.
    pub surplus_connections: u64,
    /// How the server ended connections that were kept.
    pub closings: Closings,
    /// When the repetition was given up, because nothing but failures ended in it.
    pub gave_up: Option<Moment>,
    /// How punctually requests were let go; `None` in a closed loop.
    pub releases: Option<Releases>,
}

impl Health {
    /// Adds another thread of the same repetition: what is worst of any counts, for one that is late or busy makes its own
    /// requests late, however the others fare.
    pub(super) fn join(&mut self, other: Health) {
        self.ticks += other.ticks;
        self.lag = match (self.lag, other.lag) {
            (Some(one), Some(other)) => Some(Lag {
                p50: one.p50.max(other.p50),
                p99: one.p99.max(other.p99),
                max: one.max.max(other.max),
            }),
            (one, other) => one.or(other),
        };
        self.stalls.extend(other.stalls);
        self.stalls.sort_unstable();
        self.stalls.truncate(STALLS_MOST);
        self.wall = self.wall.max(other.wall);
        self.engine_cpu = self.engine_cpu.max(other.engine_cpu);
        self.process_cpu = self.process_cpu.max(other.process_cpu);
        self.surplus_connections += other.surplus_connections;
        self.closings.add(&other.closings);
        self.gave_up = self.gave_up.or(other.gave_up);
        self.releases = match (self.releases, other.releases) {
            (Some(one), Some(other)) => Some(one.with(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Lateness in figures, to two digits. A timer of the runtime has a grain of a millisecond, so that up to
/// about that much is in every figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Median.
    pub p50: Micros,
    /// 99th percentile.
    pub p99: Micros,
    /// Latest.
    pub max: Micros,
}

/// Watches one repetition, from the engine's thread.
pub(super) struct Watch {
    clock: Clock,
    started: Moment,
    lags: Histogram<u64>,
    stalls: Vec<(Moment, Micros)>,
    engine_cpu: Option<Micros>,
    process_cpu: Option<Micros>,
}

impl Watch {
    pub(super) fn start(clock: Clock) -> Self {
        Watch {
            clock,
            started: clock.now(),
            lags: Histogram::new_with_bounds(1, HIGHEST_US, 2).expect("the bounds are in order"),
            stalls: Vec::new(),
            engine_cpu: cpu::of_thread(),
            process_cpu: cpu::of_process(),
        }
    }

    /// Notes that the loop, which asked to be woken at `wake`, is awake now, and tells how late it is.
    pub(super) fn woke(&mut self, wake: Moment) -> Micros {
        let lag = self.clock.now().since(wake);
        self.lags.saturating_record(lag.0);
        if lag >= STALL && self.stalls.len() < STALLS_MOST {
            self.stalls.push((wake, lag));
        }
        lag
    }

    /// What was seen. Must be called on the thread that started the watch.
    pub(super) fn finish(self) -> Health {
        let spent = |now: Option<Micros>, then: Option<Micros>| {
            now.zip(then).map(|(now, then)| Micros(now.0.saturating_sub(then.0)))
        };
        let at = |quantile| Micros(self.lags.value_at_quantile(quantile).min(self.lags.max()));
        let lag = Lag { p50: at(0.5), p99: at(0.99), max: Micros(self.lags.max()) };
        Health {
            ticks: self.lags.len(),
            lag: (!self.lags.is_empty()).then_some(lag),
            stalls: self.stalls,
            wall: self.clock.now().since(self.started),
            engine_cpu: spent(cpu::of_thread(), self.engine_cpu),
            process_cpu: spent(cpu::of_process(), self.process_cpu),
            surplus_connections: 0,
            closings: Closings::default(),
            gave_up: None,
            releases: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lateness_is_told_from_punctuality() {
        let clock = Clock::start();
        let mut watch = Watch::start(clock);
        // An hour from now it is still early.
        for _ in 0..100 {
            watch.woke(Moment::from_micros(HIGHEST_US));
        }
        tokio::time::advance(std::time::Duration::from_millis(20)).await;
        assert_eq!(watch.woke(Moment::START), Micros(20_000));
        let health = watch.finish();
        assert_eq!((health.ticks, health.stalls.as_slice()), (101, &[(Moment::START, Micros(20_000))][..]));
        let lag = health.lag.expect("it woke");
        assert_eq!((lag.p50, health.wall), (Micros(0), Micros(20_000)));
        assert!(lag.p99 <= lag.max && lag.max >= Micros(20_000), "{lag:?}");
    }

    #[test]
    fn of_two_threads_the_worse_one_counts() {
        let health = |ticks, lag, stall| Health {
            ticks,
            lag: Some(Lag { p50: Micros(lag), p99: Micros(lag), max: Micros(lag) }),
            stalls: vec![(Moment::from_micros(stall), Micros(stall))],
            wall: Micros(lag),
            engine_cpu: Some(Micros(stall)),
            process_cpu: None,
            surplus_connections: 0,
            closings: Closings::default(),
            gave_up: None,
            releases: None,
        };
        let mut one = health(3, 5, 9);
        one.join(health(4, 2, 1));
        let both = Health { ticks: 7, engine_cpu: Some(Micros(9)), stalls: vec![], ..health(0, 5, 9) };
        assert_eq!(one.stalls, [1, 9].map(|at| (Moment::from_micros(at), Micros(at))));
        one.stalls.clear();
        assert_eq!(one, both);
    }

    #[test]
    fn a_loop_that_never_woke_has_no_lag() {
        let health = Watch::start(Clock::start()).finish();
        assert_eq!((health.ticks, health.lag), (0, None));
    }
}
