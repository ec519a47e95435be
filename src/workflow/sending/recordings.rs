//! The files that rows and answers go to, from one repetition to the next.

use std::collections::HashMap;
use std::io::BufWriter;

use anyhow::Context;

use crate::model::run_files::{ANSWERS, FAILURES};
use crate::model::{AnswerView, Mask, Part, QualityRules};
use crate::runlog::{Answers, FailureLog, LogFile, LogWriter, Recording, Results};

/// A log for each part, the answers, which both phases share, and what failures said, which all share.
pub(in crate::workflow) struct Recordings {
    logs: HashMap<Part, LogWriter<LogFile>>,
    answers: Option<Answers>,
    failures: Option<FailureLog>,
    results: Results,
    view: AnswerView,
}

impl Recordings {
    /// Without a log yet. What the server said is written without what `mask` hides.
    pub(in crate::workflow) fn start(
        results: &Results,
        mask: Mask,
        quality: &QualityRules,
    ) -> anyhow::Result<Self> {
        let view = quality.view();
        let sink = Box::new(BufWriter::new(results.start(ANSWERS)?));
        let answers = Answers::new(sink, mask.clone(), view.clone());
        let failures = FailureLog::new(Box::new(BufWriter::new(results.start(FAILURES)?)), mask);
        let (answers, failures) = (Some(answers), Some(failures));
        Ok(Recordings { logs: HashMap::new(), answers, failures, results: results.clone(), view })
    }

    /// Starts the log of a part.
    pub(in crate::workflow) fn add(&mut self, run_id: &str, part: Part) -> anyhow::Result<()> {
        let mut log = LogWriter::new(self.results.start_log(&part.log())?, run_id, &part.to_string())?;
        log.flush().with_context(|| format!("cannot write {}", self.results.path(&part.log()).display()))?;
        self.logs.insert(part, log);
        Ok(())
    }

    /// Lends what a repetition of the part writes to.
    pub(super) fn lend(&mut self, part: Part) -> anyhow::Result<Recording> {
        let log = self.logs.remove(&part).with_context(|| format!("{} is not open", part.log()))?;
        let answers = match part {
            Part::Phase(_) => self.answers.take().context("the answers are not open")?,
            // Rungs are compared by their digests alone.
            _ => Answers::new(Box::new(std::io::sink()), Mask::default(), self.view.clone()),
        };
        let failures = self.failures.take().context("the failures are not open")?;
        let [log_path, answers_path, failures_path] =
            [&part.log(), ANSWERS, FAILURES].map(|name| self.results.path(name));
        let part = part.to_string();
        Ok(Recording { log, log_path, answers, answers_path, failures, failures_path, part })
    }

    /// The known API whose answers came.
    pub(in crate::workflow) fn api(&self) -> Option<&'static str> {
        self.answers.as_ref().and_then(Answers::api)
    }

    /// Takes it back.
    pub(super) fn take_back(&mut self, part: Part, recording: Recording) {
        self.logs.insert(part, recording.log);
        self.failures = Some(recording.failures);
        if part.phase().is_some() {
            self.answers = Some(recording.answers);
        }
    }
}
