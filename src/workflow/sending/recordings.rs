//! The files that rows and answers go to, from one repetition to the next.

use std::collections::HashMap;
use std::io::BufWriter;

use anyhow::Context;

use crate::model::Part;
use crate::model::run_files::ANSWERS;
use crate::runlog::{Answers, LogFile, LogWriter, Recording, Results};

/// A log for each part, and the answers, which both phases share.
pub(in crate::workflow) struct Recordings {
    logs: HashMap<Part, LogWriter<LogFile>>,
    answers: Option<Answers>,
    results: Results,
}

impl Recordings {
    /// Without a log yet.
    pub(in crate::workflow) fn start(results: &Results) -> anyhow::Result<Self> {
        let answers = Answers::new(Box::new(BufWriter::new(results.start(ANSWERS)?)));
        Ok(Recordings { logs: HashMap::new(), answers: Some(answers), results: results.clone() })
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
            // Nobody compares the answers of other parts.
            _ => Answers::new(Box::new(std::io::sink())),
        };
        let [log_path, answers_path] = [&part.log(), ANSWERS].map(|name| self.results.path(name));
        Ok(Recording { log, log_path, answers, answers_path })
    }

    /// Takes it back.
    pub(super) fn take_back(&mut self, part: Part, recording: Recording) {
        self.logs.insert(part, recording.log);
        if part.phase().is_some() {
            self.answers = Some(recording.answers);
        }
    }
}
