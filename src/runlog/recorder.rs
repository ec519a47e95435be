//! The recorder's thread: digests answers, writes rows and counts, so that the engine need not.

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, anyhow};
use hdrhistogram::Histogram;

use super::answers::Answers;
use super::log::LogWriter;
use crate::model::{AnswerBody, Completed, ErrorKind, Stage};

/// The longest latency that the live histogram tells apart, in microseconds: two hours.
const HIGHEST_US: u64 = 7_200_000_000;

/// What is known of a repetition while it is on.
#[derive(Clone, Debug)]
pub struct Live {
    /// Requests that were sent and whose story has ended.
    pub ended: u64,
    /// Of them, without a usable answer.
    pub failed: u64,
    /// What each stage of these took in all, in microseconds, in the order of [`Stage::ALL`].
    pub stages: [u64; Stage::ALL.len()],
    /// Latency of the successes in microseconds, to three digits: for the eye, never for the verdict.
    pub latency: Histogram<u64>,
}

impl Default for Live {
    fn default() -> Self {
        Live {
            ended: 0,
            failed: 0,
            stages: [0; Stage::ALL.len()],
            latency: Histogram::new_with_bounds(1, HIGHEST_US, 3).expect("the bounds are in order"),
        }
    }
}

/// Where a chunk goes once it is written and counted; must not wait.
pub type Tap = Box<dyn FnMut(Vec<Completed>) + Send>;

/// The files that rows and answers go to; it passes from repetition to repetition.
pub struct Recording {
    /// The phase's log.
    pub log: LogWriter<File>,
    /// The run's answers.
    pub answers: Answers,
}

/// A running recorder.
pub struct Recorder {
    thread: JoinHandle<anyhow::Result<Recording>>,
    live: Arc<Mutex<Live>>,
}

impl Recorder {
    /// Starts the thread for one repetition; the engine sends to the returned sender. Written chunks go on to `tap`.
    pub fn start(
        recording: Recording,
        repetition: u32,
        tap: Option<Tap>,
    ) -> anyhow::Result<(Self, Sender<Vec<Completed>>)> {
        let (sender, receiver) = channel();
        let live = Arc::new(Mutex::new(Live::default()));
        let shared = Arc::clone(&live);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || record(recording, repetition, &receiver, &shared, tap))
            .context("cannot start the recorder's thread")?;
        Ok((Recorder { thread, live }, sender))
    }

    /// How the repetition stands.
    pub fn live(&self) -> Live {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything is written and gives the files back.
    pub fn finish(self) -> anyhow::Result<(Recording, Live)> {
        let recording = self.thread.join().map_err(|_| anyhow!("the recorder's thread panicked"))??;
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((recording, live))
    }
}

fn record(
    mut recording: Recording,
    repetition: u32,
    chunks: &Receiver<Vec<Completed>>,
    live: &Mutex<Live>,
    mut tap: Option<Tap>,
) -> anyhow::Result<Recording> {
    for mut chunk in chunks {
        for completed in &mut chunk {
            recording
                .write(repetition, completed)
                .context("cannot write the log; check that the disk has room")?;
        }
        // A row that has left the process survives a kill.
        recording.log.flush().context("cannot write the log; check that the disk has room")?;
        recording.answers.flush().context("cannot write the answers; check that the disk has room")?;
        count(&mut live.lock().unwrap_or_else(PoisonError::into_inner), &chunk);
        if let Some(tap) = &mut tap {
            tap(chunk);
        }
    }
    Ok(recording)
}

impl Recording {
    fn write(&mut self, repetition: u32, completed: &mut Completed) -> anyhow::Result<()> {
        let sample = &mut completed.sample;
        // Taken out: whoever gets the chunk next must not keep answers in memory.
        if let Some(answer) = completed.answer.take() {
            sample.answer_digest = Some(match answer {
                AnswerBody::Kept(answer) => self.answers.take(sample.seq, answer.bytes())?,
                AnswerBody::Rolled(digest) => digest,
            });
        }
        Ok(self.log.write(repetition, sample)?)
    }
}

fn count(live: &mut Live, chunk: &[Completed]) {
    let sent = chunk.iter().map(|completed| &completed.sample);
    for sample in sent.filter(|sample| sample.error != Some(ErrorKind::Unsent)) {
        live.ended += 1;
        for stage in Stage::ALL {
            live.stages[stage as usize] += sample.stages.get(stage).unwrap_or_default().0;
        }
        if sample.succeeded() {
            live.latency.saturating_record(sample.stages.latency().0);
        } else {
            live.failed += 1;
        }
    }
}
