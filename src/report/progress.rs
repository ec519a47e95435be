//! What a person sees while a run is on: a bar on a terminal, plain lines elsewhere. On stderr.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Clock, Moment};
use crate::console;
use crate::record::Live;

/// Between two plain lines of one step.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Between two looks.
const REFRESH: Duration = Duration::from_millis(200);

/// The progress of a run.
pub struct Progress {
    terminal: bool,
    quiet: bool,
}

/// The progress of one step of it.
pub struct Step {
    bar: Option<ProgressBar>,
    clock: Clock,
    name: String,
    total: u64,
    printed: Cell<Moment>,
    quiet: bool,
}

impl Progress {
    /// On stderr; `quiet` prints nothing but [`Progress::note`]s.
    pub fn new(quiet: bool) -> Self {
        Progress { terminal: std::io::stderr().is_terminal(), quiet }
    }

    /// Says something that must be seen.
    pub fn note(&self, text: &str) {
        console::say(text);
    }

    /// Says something in passing.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            console::say(text);
        }
    }

    /// Starts a step of `total` requests; 0 where there is nothing to count.
    pub fn step(&self, name: &str, total: u64) -> Step {
        let bar = (self.terminal && !self.quiet).then(|| {
            let template =
                if total > 0 { "{prefix:<16} [{bar:30}] {pos}/{len} {msg}" } else { "{prefix:<16} {msg}" };
            let style = ProgressStyle::with_template(template).expect("the template is a constant");
            ProgressBar::new(total).with_style(style.progress_chars("=> ")).with_prefix(name.to_string())
        });
        let clock = Clock::start();
        let name = name.to_string();
        Step { bar, clock, name, total, printed: Cell::new(clock.now()), quiet: self.quiet }
    }
}

impl Step {
    /// Shows how it stands, again and again, until `work` is done.
    pub async fn watch<F: Future>(&self, work: F, live: impl Fn() -> Live) -> F::Output {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                output = &mut work => return output,
                () = tokio::time::sleep(REFRESH) => self.show(&live()),
            }
        }
    }

    /// Shows how it stands.
    pub fn show(&self, live: &Live) {
        let now = self.clock.now();
        if let Some(bar) = &self.bar {
            bar.set_position(live.ended);
            bar.set_message(self.figures(live));
        } else if !self.quiet && now >= self.printed.get() + PLAIN_EVERY {
            self.printed.set(now);
            console::say(&format!("{}: {}", self.name, self.counted(live)));
        }
    }

    /// Ends the step with a line that stays.
    pub fn done(self, live: &Live) {
        let line = format!("{}: {}", self.name, self.counted(live));
        self.close(&line);
    }

    /// Ends a step that counts nothing with a line that stays.
    pub fn close(self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if !self.quiet {
            console::say(line);
        }
    }

    fn counted(&self, live: &Live) -> String {
        match self.total {
            0 => self.figures(live),
            total => format!("{}/{total}, {}", live.ended, self.figures(live)),
        }
    }

    fn figures(&self, live: &Live) -> String {
        if self.total == 0 {
            return format!("{:.0} s", self.elapsed());
        }
        let rate = live.ended as f64 / self.elapsed().max(1e-3);
        let failed = if live.failed > 0 { format!(", {} failed", live.failed) } else { String::new() };
        let p95 = match live.latency.len() {
            0 => "none yet".to_string(),
            _ => format!("{:.0} ms", live.latency.value_at_quantile(0.95) as f64 / 1e3),
        };
        format!("{rate:.1} requests/s, P95 so far {p95}{failed}, {:.0} s", self.elapsed())
    }

    fn elapsed(&self) -> f64 {
        self.clock.now().as_micros() as f64 / 1e6
    }
}
