//! What a column of a table of requests means, and how its fields are read.

use super::draft::Draft;
use super::problem::Flaw;
use super::{figures, words};
use crate::model::{ErrorKind, Stage, TimeUnit};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// When the request was due, or started.
    Start,
    /// When it ended.
    End,
    /// From there to there.
    Latency,
    /// A stage.
    Stage(Stage),
    /// A stage of a connection's set-up: zero where the connection was there.
    SetUpStage(Stage),
    /// Name lookup and connecting together: zero where the connection was there.
    SetUp,
    /// From the start to the first byte: zero where none came.
    FirstByte,
    /// The tool's own number of the request.
    Number,
    /// HTTP status: zero where no answer came.
    Status,
    /// A text, empty of a success.
    Error,
    /// Whether it succeeded.
    Success,
    /// Bytes of the request.
    Sent,
    /// Bytes of the answer.
    Received,
    /// Nothing that is wanted.
    Other,
}

/// One column.
#[derive(Clone, Debug)]
pub struct ToolColumn {
    /// Its name in the header.
    pub name: std::borrow::Cow<'static, str>,
    /// What it holds.
    pub meaning: Meaning,
    /// The unit of a time; of an instant none where its size tells it.
    pub unit: Option<TimeUnit>,
}

impl ToolColumn {
    pub(super) const fn new(name: &'static str, meaning: Meaning, unit: Option<TimeUnit>) -> Self {
        ToolColumn { name: std::borrow::Cow::Borrowed(name), meaning, unit }
    }

    /// Whether a row says nothing without it.
    pub(super) fn is_needed(&self) -> bool {
        matches!(self.meaning, Meaning::Latency | Meaning::Success)
    }

    /// Puts a field where it belongs.
    pub(super) fn take(&self, field: &[u8], draft: &mut Draft) -> Result<(), Flaw> {
        if self.meaning == Meaning::Other {
            return Ok(());
        }
        let text = std::str::from_utf8(field)
            .map_err(|_| Flaw::new("it is not UTF-8", "save the file as UTF-8"))?
            .trim_matches(' ');
        let time = || figures::length(text, self.unit.unwrap_or(TimeUnit::Millis));
        let unless_zero = || time().map(|length| length.filter(|length| length.0 > 0));
        let outcome = &mut draft.outcome;
        match self.meaning {
            Meaning::Start => draft.start = figures::instant(text, self.unit)?,
            Meaning::End => draft.end = figures::instant(text, self.unit)?,
            Meaning::Latency => draft.latency = time()?,
            Meaning::Stage(stage) => draft.set(stage, time()?),
            Meaning::SetUpStage(stage) => draft.set(stage, unless_zero()?),
            Meaning::SetUp => draft.set_up = unless_zero()?,
            Meaning::FirstByte => draft.first_byte = unless_zero()?,
            Meaning::Number => draft.number = figures::count(text)?,
            Meaning::Status => outcome.status = figures::count(text)?.filter(|status| *status != 0),
            Meaning::Error => outcome.error = words::of_text(text).or(outcome.error),
            Meaning::Success => {
                let failed = figures::truth(text)? == Some(false);
                outcome.error = outcome.error.or(failed.then_some(ErrorKind::CheckFailed));
            }
            Meaning::Sent => outcome.sent = figures::count(text)?,
            Meaning::Received => outcome.received = figures::count(text)?,
            Meaning::Other => {}
        }
        Ok(())
    }
}
