//! Waits for a moment: by the runtime's timer, which time that a test has paused moves too, or by the kernel's own.
//!
//! The runtime's timer has a grain of a millisecond, that of Linux none to speak of.

use super::clock::Clock;
use crate::model::Moment;

/// Waits for moments of a clock.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    #[cfg(target_os = "linux")]
    timer: Option<super::kernel_timer::KernelTimer>,
}

impl Alarm {
    /// By the runtime's own timer.
    pub fn of_runtime(clock: Clock) -> Self {
        Alarm {
            clock,
            #[cfg(target_os = "linux")]
            timer: None,
        }
    }

    /// By the kernel's timer where there is one; for real time only. To be made within a runtime.
    #[cfg(target_os = "linux")]
    pub fn precise(clock: Clock) -> Self {
        let timer = super::kernel_timer::KernelTimer::new(&clock);
        let timer = timer.inspect_err(|error| {
            tracing::warn!(
                "no timer of the kernel ({error}): requests leave up to a millisecond after they are due"
            );
        });
        Alarm { clock, timer: timer.ok() }
    }

    /// There is no finer timer here.
    #[cfg(not(target_os = "linux"))]
    pub fn precise(clock: Clock) -> Self {
        Alarm::of_runtime(clock)
    }

    /// Waits until then; one that has passed lets others go first.
    pub async fn until(&self, moment: Moment) {
        #[cfg(target_os = "linux")]
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

    #[cfg(target_os = "linux")]
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
