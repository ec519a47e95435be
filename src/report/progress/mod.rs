//! What a person sees while a run is on: a bar on a terminal, plain lines elsewhere. On stderr.

mod figures;
mod load;
mod schedule;
mod stage_bar;

pub use load::{ExpectedLoad, Judged};

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::style::Colour;
use crate::host::Clock;
use crate::host::console;
use crate::model::Moment;
use crate::runlog::Live;
use figures::Arrived;
use schedule::Schedule;
use stage_bar::stage_bar;

/// Between two plain lines of one step.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Between two looks.
const REFRESH: Duration = Duration::from_millis(200);

/// Letters of the bar of stages: with its names it fits 80 columns.
const STAGES_WIDTH: usize = 30;

/// The progress of a run.
pub struct Progress {
    terminal: bool,
    quiet: bool,
    judged: Vec<Judged>,
    schedule: Rc<RefCell<Schedule>>,
    since: Since,
}

/// The time since the last part of the load ended, or what came before the first one: starting a server and calling it
/// beside the load belong to the part that needs them.
#[derive(Clone)]
struct Since {
    clock: Clock,
    ended: Rc<Cell<Moment>>,
    in_load: Rc<Cell<bool>>,
}

impl Since {
    fn seconds(&self) -> f64 {
        self.clock.now().since(self.ended.get()).0 as f64 / 1e6
    }

    fn reset(&self, after_part: bool) {
        if after_part || !self.in_load.get() {
            self.ended.set(self.clock.now());
        }
        self.in_load.set(self.in_load.get() || after_part);
    }
}

/// The progress of one step of it.
pub struct Step {
    bar: Option<ProgressBar>,
    clock: Clock,
    name: String,
    total: u64,
    printed: Cell<Moment>,
    quiet: bool,
    /// What tells the time left; only of a part of the load.
    schedule: Option<Rc<RefCell<Schedule>>>,
    since: Since,
    /// Only a part of the load is judged.
    judged: Vec<Judged>,
    /// Once all requests of an open load are due.
    arrived: Cell<Option<Arrived>>,
    colour: Colour,
}

impl Progress {
    /// On stderr; `quiet` prints nothing but [`Progress::note`]s.
    pub fn new(quiet: bool, load: ExpectedLoad) -> Self {
        let schedule = Rc::new(RefCell::new(Schedule::new(load.parts)));
        let since = Since { clock: Clock::start(), ended: Rc::default(), in_load: Rc::default() };
        let terminal = std::io::stderr().is_terminal();
        Progress { terminal, quiet, judged: load.judged, schedule, since }
    }

    /// Says something that must be seen: a caveat or a warning.
    pub fn note(&self, text: &str) {
        console::warn(text);
    }

    /// Says something in passing.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            console::say(text);
        }
    }

    /// Starts a step of `total` requests that is no part of the load; 0 where there is nothing to count.
    pub fn step(&self, name: &str, total: u64) -> Step {
        self.start(name, total, None)
    }

    /// Starts the next part of the load.
    pub fn part(&self, name: &str, total: u64) -> Step {
        self.start(name, total, Some(Rc::clone(&self.schedule)))
    }

    fn start(&self, name: &str, total: u64, schedule: Option<Rc<RefCell<Schedule>>>) -> Step {
        let bar = (self.terminal && !self.quiet).then(|| bar(name, total));
        bar.iter().for_each(console::show_bar);
        let clock = Clock::start();
        Step {
            bar,
            clock,
            name: name.to_string(),
            total,
            printed: Cell::new(clock.now()),
            quiet: self.quiet,
            since: self.since.clone(),
            judged: if schedule.is_some() { self.judged.clone() } else { Vec::new() },
            schedule,
            arrived: Cell::default(),
            colour: Colour::wanted(console::is_plain(), self.terminal, |name| std::env::var_os(name)),
        }
    }
}

fn bar(name: &str, total: u64) -> ProgressBar {
    let template = match total {
        0 => "{prefix} {msg}",
        _ => "{prefix} [{wide_bar}] {pos}/{len}\n{msg}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    ProgressBar::new(total).with_style(style.progress_chars("=> ")).with_prefix(name.to_string())
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
        if self.arrived.get().is_none() && live.offered.is_some_and(|due| due >= self.total) {
            self.arrived.set(Some(Arrived::now(live, self.elapsed())));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(live.ended);
            bar.set_message(self.drawn(live));
        } else if !self.quiet && now >= self.printed.get() + PLAIN_EVERY {
            self.printed.set(now);
            console::say(&format!("{}: {}", self.name, self.with_left(self.counted(live), live)));
        }
    }

    /// Ends the step with a line that stays.
    pub fn done(self, live: &Live) {
        if let Some(schedule) = &self.schedule {
            schedule.borrow_mut().finish(self.since.seconds());
        }
        let line = format!("{}: {}", self.name, self.counted(live));
        self.close(&line);
    }

    /// Ends a step that counts nothing with a line that stays.
    pub fn close(self, line: &str) {
        if self.bar.is_some() {
            console::hide_bar();
        }
        if !self.quiet {
            console::say(line);
        }
    }

    /// One line, without colour.
    fn counted(&self, live: &Live) -> String {
        let plain = Colour(false);
        if self.total == 0 {
            return format!("{:.0} s", self.elapsed());
        }
        let done = format!("{}/{} in {:.0} s", live.ended, self.total, self.elapsed());
        let percentiles = figures::percentiles(live, &self.judged, plain);
        let all = [Some(done), Some(self.rate(live)), figures::errors(live, plain), Some(percentiles)];
        all.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn rate(&self, live: &Live) -> String {
        figures::rate(live, self.elapsed(), self.arrived.get())
    }

    /// What stands below the bar: figures, the percentiles, where the time goes.
    fn drawn(&self, live: &Live) -> String {
        if self.total == 0 {
            return format!("{:.0} s", self.elapsed());
        }
        let errors = figures::errors(live, self.colour).unwrap_or("no errors".into());
        let rate = self.with_left(format!("{}, {errors}", self.rate(live)), live);
        let percentiles = figures::percentiles(live, &self.judged, self.colour);
        let lines = [Some(rate), Some(percentiles), stage_bar(&live.stages, STAGES_WIDTH, self.colour)];
        let lines: Vec<_> = lines.into_iter().flatten().map(|line| format!("  {line}")).collect();
        lines.join("\n")
    }

    fn with_left(&self, text: String, live: &Live) -> String {
        let left =
            |schedule: &Rc<RefCell<Schedule>>| schedule.borrow().left(self.since.seconds(), live.ended);
        match self.schedule.as_ref().map(left).and_then(figures::left) {
            Some(left) => format!("{text}, {left}"),
            None => text,
        }
    }

    fn elapsed(&self) -> f64 {
        self.clock.now().as_micros() as f64 / 1e6
    }
}

impl Drop for Step {
    /// A step that ends in an error leaves no bar behind it.
    fn drop(&mut self) {
        if self.bar.is_some() {
            console::hide_bar();
        }
        self.since.reset(self.schedule.is_some());
    }
}
