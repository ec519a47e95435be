//! One request in a tool's own terms, and how stages that sum to its latency come of them.

use super::problem::Flaw;
use super::row::{ForeignOutcome, ForeignRow};
use crate::model::{ErrorKind, Micros, Stage};

/// One request as far as the tool says something of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// The tool's own number.
    pub number: Option<u64>,
    /// When it was due, or else started, in microseconds.
    pub start: Option<i64>,
    /// When it ended.
    pub end: Option<i64>,
    /// From there to there.
    pub latency: Option<Micros>,
    /// Name lookup and connecting together.
    pub set_up: Option<Micros>,
    /// From the start to the first byte.
    pub first_byte: Option<Micros>,
    /// What has a length of its own.
    pub stages: [Option<Micros>; Stage::ALL.len()],
    /// What became of it.
    pub outcome: ForeignOutcome,
}

impl Draft {
    /// Sets the length of a stage.
    pub(super) fn set(&mut self, stage: Stage, length: Option<Micros>) {
        self.stages[stage as usize] = length;
    }

    fn get(&self, stage: Stage) -> Option<Micros> {
        self.stages[stage as usize]
    }

    /// The row, whose place in the log is `place`. The tool rounds each of its figures to `grain`.
    pub(super) fn row(mut self, place: u64, grain: Micros) -> Result<ForeignRow, Flaw> {
        self.judge_status();
        if let (None, Some(start), Some(end)) = (self.latency, self.start, self.end) {
            self.latency = Some(span(start, end)?);
        }
        self.split_set_up(grain)?;
        if let (None, None, Some(first)) =
            (self.latency, self.get(Stage::Wait), self.first_byte.take_if(|_| self.latency.is_none()))
        {
            self.latency = Some(first + self.get(Stage::Receive).unwrap_or_default());
        }
        self.split_at_first_byte(grain)?;
        match self.latency {
            Some(latency) => self.fill_wait(latency, grain)?,
            None if self.get(Stage::Wait).is_some() => {}
            None if self.outcome.error.is_some() => self.stages = Default::default(),
            None => {
                return Err(Flaw::new(
                    "a success without its latency",
                    "let the tool write it, or take the row out",
                ));
            }
        }
        let total: Micros = self.stages.iter().flatten().copied().sum();
        let start = self.start.or_else(|| Some(self.end? - total.0 as i64));
        Ok(ForeignRow::new(self.number.unwrap_or(place), start, self.stages, self.outcome))
    }

    /// A status other than 2xx is a failure here, whatever it is to the tool.
    fn judge_status(&mut self) {
        let ForeignOutcome { status, error, .. } = &mut self.outcome;
        let by_status = status.and_then(ErrorKind::from_status);
        *error = by_status.or(*error);
    }

    fn split_set_up(&mut self, grain: Micros) -> Result<(), Flaw> {
        let Some(set_up) = self.set_up.filter(|set_up| set_up.0 > 0) else { return Ok(()) };
        // HTTP/2 connections may be opened before the request that is told of it: then it did not wait for that.
        if self.first_byte.is_some_and(|first| first < set_up) {
            self.set(Stage::Dns, None);
            return Ok(());
        }
        let dns = self.get(Stage::Dns).unwrap_or_default();
        let connect = less(set_up, dns, grain, "the name lookup is longer than the whole connection set-up")?;
        self.set(Stage::Connect, Some(connect));
        Ok(())
    }

    fn split_at_first_byte(&mut self, grain: Micros) -> Result<(), Flaw> {
        let (Some(latency), Some(first)) = (self.latency, self.first_byte) else { return Ok(()) };
        let receive = less(latency, first, grain, "the first byte comes after the last one")?;
        self.set(Stage::Receive, Some(receive));
        Ok(())
    }

    /// What no other stage has is the wait. The latency stands as the tool wrote it; what its rounding of the stages adds is
    /// taken from the longest.
    fn fill_wait(&mut self, latency: Micros, grain: Micros) -> Result<(), Flaw> {
        self.set(Stage::Wait, None);
        let known: Micros = self.stages.iter().flatten().copied().sum();
        let rounding = Micros(grain.0 * Stage::ALL.len() as u64);
        let wait = less(latency, known, rounding, "the stages are longer than the whole request")?;
        let mut surplus = known.0.saturating_sub(latency.0);
        while surplus > 0
            && let Some(longest) = self.stages.iter_mut().flatten().max()
        {
            let cut = surplus.min(longest.0);
            (longest.0, surplus) = (longest.0 - cut, surplus - cut);
        }
        self.set(Stage::Wait, Some(wait));
        Ok(())
    }
}

/// From one instant to a later one.
pub(super) fn span(from: i64, to: i64) -> Result<Micros, Flaw> {
    let length = to.checked_sub(from).and_then(|length| u64::try_from(length).ok());
    let length =
        length.map(|micros| super::figures::of_number(micros as f64, crate::model::TimeUnit::Micros));
    length.unwrap_or_else(|| {
        Err(Flaw::new(
            "times run backwards: what ends is before what starts",
            "the clock was set during the run; take the row out, or run again",
        ))
    })
}

/// What is left of a length; a little too much is the tool's rounding.
fn less(whole: Micros, part: Micros, rounding: Micros, problem: &str) -> Result<Micros, Flaw> {
    if part.0 > whole.0 + rounding.0 {
        let problem = format!("{problem} ({part} of {whole} ms)");
        return Err(Flaw::new(problem, "the columns are shifted or mixed up; check the row, or take it out"));
    }
    Ok(Micros(whole.0.saturating_sub(part.0)))
}

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;

    fn micros(length: u64) -> Option<Micros> {
        Some(Micros(length))
    }

    #[test]
    fn rounded_stages_sum_to_the_latency_that_the_tool_wrote() {
        let mut draft = Draft { latency: micros(16_400), set_up: micros(700), ..Draft::default() };
        draft.set(Stage::Dns, micros(100));
        draft.set(Stage::Send, micros(200));
        draft.set(Stage::Receive, micros(15_600));
        let row = draft.row(0, Micros(100)).expect("within the rounding");
        assert_eq!(row.stages().latency(), Micros(16_400));
        assert_eq!(row.stages().get(Stage::Connect), micros(600));
        assert_eq!(row.stages().get(Stage::Receive), micros(15_500), "the longest gives way");
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        let cases = [
            (Draft { latency: micros(100), first_byte: micros(900), ..Draft::default() }, "first byte"),
            (Draft { start: Some(10), end: Some(5), ..Draft::default() }, "backwards"),
            (Draft { start: Some(i64::MIN), end: Some(i64::MAX), ..Draft::default() }, "backwards"),
            (Draft::default(), "without its latency"),
            (
                Draft { latency: micros(100), stages: [micros(90); 8], ..Draft::default() },
                "longer than the whole request",
            ),
        ];
        for (draft, problem) in cases {
            let fault = draft.row(0, Micros(1)).expect_err(problem);
            assert!(fault.in_file(std::path::Path::new("x")).to_string().contains(problem));
        }
    }

    #[test]
    fn a_failure_without_a_time_has_no_stage() {
        let outcome = ForeignOutcome { error: Some(ErrorKind::Timeout), ..ForeignOutcome::default() };
        let row = Draft { start: Some(3), outcome, ..Draft::default() }.row(7, Micros(1)).expect("it failed");
        assert_eq!((row.stages(), row.start(), row.number), (Default::default(), Some(3), 7));
    }

    proptest! {
        #[test]
        fn whatever_is_known_sums_to_the_latency(
            latency in 0_u64..4_000_000, stages in prop::array::uniform8(of(0_u64..4_000_000)),
            (set_up, first_byte) in (of(0_u64..4_000_000), of(0_u64..4_000_000)), grain in 0_u64..1_000,
        ) {
            let draft = Draft {
                latency: micros(latency), stages: stages.map(|length| length.map(Micros)),
                set_up: set_up.map(Micros), first_byte: first_byte.map(Micros), ..Draft::default()
            };
            if let Ok(row) = draft.row(0, Micros(grain)) {
                prop_assert_eq!(row.stages().latency(), Micros(latency));
            }
        }
    }
}
