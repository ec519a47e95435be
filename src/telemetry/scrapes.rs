//! Who has come to read the metrics: how many, and how far apart.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::host::Clock;
use crate::model::Moment;

/// Who has come to read.
#[derive(Debug)]
pub(super) struct Scrapes {
    clock: Clock,
    /// How many, and when the last two were.
    seen: Mutex<(u64, [Option<Moment>; 2])>,
    count: watch::Sender<u64>,
}

impl Scrapes {
    pub(super) fn new() -> Self {
        Scrapes { clock: Clock::start(), seen: Mutex::default(), count: watch::Sender::new(0) }
    }

    /// Reads for one who came, and counts it. Meanwhile nobody else counts: whoever has changed a figure and then asks
    /// how many came knows that every later one has seen it.
    pub(super) fn came(&self, read: impl FnOnce() -> String) -> String {
        let mut seen = self.lock();
        let text = read();
        *seen = (seen.0 + 1, [Some(self.clock.now()), seen.1[0]]);
        self.count.send_replace(seen.0);
        text
    }

    /// How many so far.
    pub(super) fn count(&self) -> u64 {
        self.lock().0
    }

    fn lock(&self) -> MutexGuard<'_, (u64, [Option<Moment>; 2])> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time between the last two.
    pub(super) fn interval(&self) -> Option<Duration> {
        let [last, before] = self.lock().1;
        Some(Duration::from_micros(last?.since(before?).0))
    }

    /// Waits until there are more than `count`.
    pub(super) async fn beyond(&self, count: u64) {
        let mut changes = self.count.subscribe();
        // The sender lives as long as `self`.
        let _ = changes.wait_for(|now| *now > count).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Or a reader that saw the metrics as they were is taken for the one that is waited for.
    #[test]
    fn who_reads_while_somebody_counts_is_counted_first() {
        let scrapes = &Scrapes::new();
        let ((begin, begun), (go_on, going_on)) = (channel(), channel());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                scrapes.came(|| {
                    begin.send(()).expect("somebody waits");
                    going_on.recv().expect("somebody sends");
                    "as it was".into()
                })
            });
            begun.recv().expect("it begins");
            let counting = scope.spawn(|| scrapes.count());
            std::thread::sleep(Duration::from_millis(20));
            go_on.send(()).expect("it reads still");
            assert_eq!(counting.join().expect("a number"), 1);
        });
    }
}
