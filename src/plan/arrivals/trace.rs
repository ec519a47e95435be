//! A walk through a trace: when each of its arrivals is due, those of one time spread where that is asked for.

use super::error::ArrivalError;
use super::gaps;
use super::trace_lines::{TraceFile, TraceLines};

/// Nobody waits longer for the next request of a load.
const LONGEST_GAP_US: f64 = 3_600e6;

/// Arrivals that share a time.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// Microseconds since the first.
    at: f64,
    size: u64,
}

/// One walk; it holds a line, however long the trace is.
#[derive(Debug)]
pub(super) struct TraceWalk {
    lines: TraceLines,
    seed: u64,
    scale: f64,
    jitter_us: f64,
    /// The time of the first line.
    origin: Option<i64>,
    /// The first line of the next group.
    ahead: Option<(u64, f64)>,
    /// What is wrong with the line behind the group that was read last. It is told when it is its turn: a load that ends
    /// before it never gets there.
    wrong: Option<ArrivalError>,
    next: Option<Group>,
    /// Arrivals of the present group that are still to come.
    left: u64,
    /// Where in its window the last one came, and where the window ends.
    window: (f64, f64),
    pub stamps: u64,
    pub largest_group: u64,
}

impl TraceWalk {
    pub(super) fn start(
        file: &TraceFile,
        seed: u64,
        scale: f64,
        jitter_us: u64,
    ) -> Result<Self, ArrivalError> {
        let mut walk = TraceWalk {
            lines: file.lines(),
            seed,
            scale,
            jitter_us: jitter_us as f64,
            origin: None,
            ahead: None,
            wrong: None,
            next: None,
            left: 0,
            window: (0.0, 0.0),
            stamps: 0,
            largest_group: 0,
        };
        walk.ahead = walk.line()?;
        walk.next = walk.group();
        Ok(walk)
    }

    /// When the arrival with this number is due, in microseconds; `None` after the last one. To be asked in order.
    pub(super) fn due(&mut self, seq: u64) -> Result<Option<f64>, ArrivalError> {
        if self.left == 0 {
            let Some(group) = self.next.take() else { return self.wrong.take().map_or(Ok(None), Err) };
            self.next = self.group();
            self.left = group.size;
            self.stamps += 1;
            self.largest_group = self.largest_group.max(group.size);
            // Those of the next time come after all of this one, so that the order stays that of the trace.
            let end = self.next.map_or(f64::INFINITY, |next| next.at).min(group.at + self.jitter_us);
            self.window = (group.at, end);
        }
        let (at, end) = self.window;
        let due = if self.jitter_us == 0.0 { at } else { self.spread(seq, at, end) };
        self.left -= 1;
        self.window.0 = due;
        Ok(Some(due * self.scale))
    }

    /// The least of so many uniform numbers in the rest of the window: one after the other they are these numbers in order.
    fn spread(&self, seq: u64, at: f64, end: f64) -> f64 {
        let unit = gaps::numbers(self.seed, seq).unit();
        at + (end - at) * (1.0 - unit.powf(1.0 / self.left as f64))
    }

    fn group(&mut self) -> Option<Group> {
        let (_, at) = self.ahead?;
        let mut size = 1;
        loop {
            match self.line_after(at) {
                Ok(ahead) => self.ahead = ahead,
                Err(problem) => (self.ahead, self.wrong) = (None, Some(problem)),
            }
            match self.ahead {
                Some((_, next)) if next == at => size += 1,
                _ => return Some(Group { at, size }),
            }
        }
    }

    /// The next line, whose time is neither before `at` nor too long after it.
    fn line_after(&mut self, at: f64) -> Result<Option<(u64, f64)>, ArrivalError> {
        let Some((line, next)) = self.line()? else { return Ok(None) };
        if next < at {
            let problem = "its time is before that of the line above; sort the trace by time";
            return Err(self.lines.problem(line, problem));
        }
        if (next - at) * self.scale > LONGEST_GAP_US {
            let hours = (next - at) * self.scale / LONGEST_GAP_US;
            let problem = format!(
                "it comes {hours:.1} hours after the line above, more than the 1 that is waited for; cut the trace there, or \
                 shorten its times by load.trace_scale, such as 0.01"
            );
            return Err(self.lines.problem(line, problem));
        }
        Ok(Some((line, next)))
    }

    fn line(&mut self) -> Result<Option<(u64, f64)>, ArrivalError> {
        let Some((line, time)) = self.lines.next_time()? else { return Ok(None) };
        let origin = *self.origin.get_or_insert(time);
        Ok(Some((line, time.saturating_sub(origin) as f64)))
    }
}
