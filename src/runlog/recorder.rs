//! The recorder's thread: digests answers, writes rows and counts, so that the engine need not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, anyhow};
use hdrhistogram::Histogram;

use super::answers::Answers;
use super::body_times::BodyTimes;
use super::failures::FailureLog;
use super::log::LogWriter;
use super::log_file::LogFile;
use crate::host::thread;
use crate::model::{AnswerBody, AnswerDigest, Chunk, Completed, ErrorKind, Moment, Stage};

/// The longest latency that the live histogram tells apart, in microseconds: two hours.
const HIGHEST_US: u64 = 7_200_000_000;

/// What is known of a repetition while it is on.
#[derive(Clone, Debug)]
pub struct Live {
    /// Requests that were sent and whose story has ended.
    pub ended: u64,
    /// Of them, without a usable answer.
    pub failed: u64,
    /// These by their word and status.
    pub failures: BTreeMap<(ErrorKind, Option<u16>), u64>,
    /// Of them, since the last usable answer.
    pub failed_since: u64,
    /// When that answer had come, from the start of the repetition.
    pub last_success: Option<Moment>,
    /// Of them, with an answer of which no copy was kept.
    pub not_copied: u64,
    /// What each stage of these took in all, in microseconds, in the order of [`Stage::ALL`].
    pub stages: [u64; Stage::ALL.len()],
    /// Latency of the successes in microseconds, to three digits: for the eye, never for the verdict.
    pub latency: Histogram<u64>,
    /// Requests that have become due, of a load whose arrivals do not wait.
    pub offered: Option<u64>,
}

impl Default for Live {
    fn default() -> Self {
        Live {
            ended: 0,
            failed: 0,
            failures: BTreeMap::new(),
            failed_since: 0,
            last_success: None,
            not_copied: 0,
            stages: [0; Stage::ALL.len()],
            latency: Histogram::new_with_bounds(1, HIGHEST_US, 3).expect("the bounds are in order"),
            offered: None,
        }
    }
}

/// Which endpoint a request of the plan goes to, where there are several.
pub type EndpointOf = Box<dyn Fn(u64) -> Option<Arc<str>> + Send>;

/// Where a chunk goes once it is written and counted; must not wait.
pub type Tap = Box<dyn FnMut(Vec<Completed>) + Send>;

/// The files that rows and answers go to; it passes from repetition to repetition.
pub struct Recording {
    /// The phase's log.
    pub log: LogWriter<LogFile>,
    /// Where that is, for who must be told.
    pub log_path: PathBuf,
    /// The run's answers.
    pub answers: Answers,
    /// Where these are.
    pub answers_path: PathBuf,
    /// What failures said.
    pub failures: FailureLog,
    /// Where that is.
    pub failures_path: PathBuf,
    /// The part of the run that is recorded.
    pub part: String,
}

/// A running recorder.
pub struct Recorder {
    thread: JoinHandle<anyhow::Result<(Recording, BodyTimes)>>,
    live: Arc<Mutex<Live>>,
}

impl Recorder {
    /// Starts the thread for one repetition; the engine sends to the returned sender, and never waits: rows are small and
    /// none may be lost, so the channel has no bound. What is large are the answers, and these have a budget. What they say
    /// of the server's time is read here, where it costs no request anything. Written chunks go on to `tap`.
    pub fn start(
        recording: Recording,
        repetition: u32,
        times: BodyTimes,
        endpoint_of: EndpointOf,
        tap: Option<Tap>,
    ) -> anyhow::Result<(Self, Sender<Chunk>)> {
        let (sender, receiver) = channel();
        let live = Arc::new(Mutex::new(Live::default()));
        let shared = Arc::clone(&live);
        let work = move || record(recording, repetition, times, &endpoint_of, &receiver, &shared, tap);
        let thread = thread("recorder", work)?;
        Ok((Recorder { thread, live }, sender))
    }

    /// How the repetition stands.
    pub fn live(&self) -> Live {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything is written and gives the files back.
    pub fn finish(self) -> anyhow::Result<(Recording, Live, BodyTimes)> {
        let (recording, times) =
            self.thread.join().map_err(|_| anyhow!("the recorder's thread panicked"))??;
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((recording, live, times))
    }
}

fn record(
    mut recording: Recording,
    repetition: u32,
    mut times: BodyTimes,
    endpoint_of: &EndpointOf,
    chunks: &Receiver<Chunk>,
    live: &Mutex<Live>,
    mut tap: Option<Tap>,
) -> anyhow::Result<(Recording, BodyTimes)> {
    for mut chunk in chunks.iter().flatten() {
        chunk.iter_mut().for_each(|one| one.sample.endpoint = endpoint_of(one.sample.seq));
        recording.write(repetition, &mut times, &mut chunk)?;
        count(&mut live.lock().unwrap_or_else(PoisonError::into_inner), &chunk);
        if let Some(tap) = &mut tap {
            tap(chunk);
        }
    }
    recording.log.sink().check().with_context(|| recording.log_path.display().to_string())?;
    Ok((recording, times))
}

impl Recording {
    fn write(
        &mut self,
        repetition: u32,
        times: &mut BodyTimes,
        chunk: &mut [Completed],
    ) -> anyhow::Result<()> {
        for Completed { sample, answer } in chunk {
            if let Some(answer) = answer {
                times.read(answer, &mut sample.server);
            }
            // Taken out: whoever gets the chunk next must not keep answers in memory.
            if let Some(AnswerBody::Failed(failed)) = answer {
                let taken = self.failures.take((&self.part, repetition), sample, failed);
                taken.with_context(|| cannot_write(&self.failures_path))?;
            }
            let digest = answer.take().map(|answer| self.digest(sample.seq, answer)).transpose();
            sample.answer_digest = digest.with_context(|| cannot_write(&self.answers_path))?.flatten();
            self.log.write(repetition, sample).with_context(|| cannot_write(&self.log_path))?;
        }
        // A row that has left the process survives a kill.
        self.log.flush().with_context(|| cannot_write(&self.log_path))?;
        self.failures.flush().with_context(|| cannot_write(&self.failures_path))?;
        self.answers.flush().with_context(|| cannot_write(&self.answers_path))
    }

    fn digest(&mut self, seq: u64, answer: AnswerBody) -> std::io::Result<Option<AnswerDigest>> {
        Ok(match answer {
            AnswerBody::Kept(answer) => Some(self.answers.take(seq, answer.bytes())?),
            AnswerBody::Rolled(digest) => Some(AnswerDigest::OfBytes(digest)),
            AnswerBody::Failed(_) => None,
        })
    }
}

fn cannot_write(path: &Path) -> String {
    format!(
        "cannot write {}; check that the disk has room. The rows that are in it are usable",
        path.display()
    )
}

fn count(live: &mut Live, chunk: &[Completed]) {
    let sent = chunk.iter().map(|completed| &completed.sample);
    for sample in sent.filter(|sample| sample.error != Some(ErrorKind::Unsent)) {
        live.ended += 1;
        for stage in Stage::ALL {
            live.stages[stage as usize] += sample.stages.get(stage).unwrap_or_default().0;
        }
        match sample.error {
            None => {
                live.latency.saturating_record(sample.stages.latency().0);
                (live.failed_since, live.last_success) = (0, live.last_success.max(sample.end()));
            }
            Some(word) => {
                live.failed += 1;
                live.failed_since += 1;
                *live.failures.entry((word, sample.status)).or_default() += 1;
            }
        }
        live.not_copied += u64::from(sample.answer_digest.is_some_and(|answer| !answer.is_copied()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::model::TimeSources;
    use crate::model::{
        AnswerView, ByteBudget, Canonical, Digest, KeptAnswer, Mask, Micros, Sample, Stages, TraceId,
    };
    use crate::runlog::LogReader;

    fn recording(file: &tempfile::NamedTempFile) -> Recording {
        let log = LogWriter::new(LogFile::start(file.path()).expect("nobody else writes"), "run", "before");
        let answers = Answers::new(Box::new(std::io::sink()), Mask::default(), AnswerView::default());
        let [log_path, answers_path, failures_path] =
            ["before.csv", "answers.jsonl", "failures.jsonl"].map(PathBuf::from);
        let failures = FailureLog::new(Box::new(std::io::sink()), Mask::default());
        let (log, part) = (log.expect("the disk has room"), "before".to_string());
        Recording { log, log_path, answers, answers_path, failures, failures_path, part }
    }

    fn no_times() -> BodyTimes {
        BodyTimes::new(&TimeSources::default())
    }

    fn nowhere() -> EndpointOf {
        Box::new(|_| None)
    }

    fn success(seq: u64, answer: Option<AnswerBody>) -> Completed {
        let stages = Stages::from_lengths([Some(Micros(5)); Stage::ALL.len()]);
        let unsent = Sample::unsent(seq, TraceId(1), None);
        Completed { sample: Sample { stages, attempts: 1, error: None, ..unsent }, answer }
    }

    #[test]
    fn answers_are_digested_and_their_memory_is_free_before_anybody_else_sees_the_chunk() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let budget = ByteBudget::new(100);
        let answer = Bytes::from_static(b"{ \"a\": 1.0 }");
        let lease = budget.reserve(answer.len() as u64).expect("there is room");
        let watched = Arc::clone(&budget);
        let tap = move |chunk: Vec<Completed>| {
            assert!(watched.used() == 0 && chunk.iter().all(|completed| completed.answer.is_none()));
        };
        let (recorder, sink) =
            Recorder::start(recording(&file), 1, no_times(), nowhere(), Some(Box::new(tap)))
                .expect("it starts");
        let bytes = Digest::of(&answer);
        let kept = AnswerBody::Kept(KeptAnswer::new(answer, lease));
        let chunk =
            vec![success(0, Some(kept)), success(1, Some(AnswerBody::Rolled(bytes))), success(2, None)];
        sink.send(Chunk::Ended(chunk)).expect("it listens");
        drop(sink);
        let (_, live, _) = recorder.finish().expect("the disk has room");
        assert_eq!((live.ended, live.failed, live.not_copied), (3, 0, 1));
        let log = LogReader::new(file.reopen().expect("the file is there"), "before.csv").expect("a header");
        let answers: Vec<_> = log.map(|row| row.expect("a good row").sample.answer_digest).collect();
        let value = Digest::of_answer(b"{\"a\":1}", &mut Canonical::default());
        assert_eq!(answers, [Some(AnswerDigest::OfValue(value)), Some(AnswerDigest::OfBytes(bytes)), None]);
    }

    #[test]
    fn what_the_recorder_adds_to_a_row_is_in_the_log_and_beyond_the_tap() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let (tapped, seen) = channel();
        let tap = move |chunk: Vec<Completed>| {
            for Completed { sample, .. } in chunk {
                tapped.send((sample.server.compute, sample.endpoint)).expect("it listens");
            }
        };
        let to_a: EndpointOf = Box::new(|seq| (seq > 0).then(|| format!("/{seq}").into()));
        let times = BodyTimes::new(&TimeSources::with(TimeSources::of_server("llama.cpp")));
        let (recorder, sink) =
            Recorder::start(recording(&file), 1, times, to_a, Some(Box::new(tap))).expect("it starts");
        let answer = br#"{"timings":{"prompt_ms":1.5,"predicted_ms":2}}"#;
        let kept = AnswerBody::Kept(KeptAnswer::uncounted(Bytes::from_static(answer)));
        let rolled = AnswerBody::Rolled(Digest::of(answer));
        sink.send(Chunk::Ended(vec![success(0, Some(kept)), success(1, Some(rolled)), success(2, None)]))
            .expect("it listens");
        drop(sink);
        let (.., times) = recorder.finish().expect("the disk has room");
        assert_eq!((times.used().count(), times.unread()), (1, 1));
        let log = LogReader::new(file.reopen().expect("the file is there"), "before.csv").expect("a header");
        let row = |sample: Sample| (sample.server.compute, sample.endpoint);
        let logged: Vec<_> = log.map(|logged| row(logged.expect("a good row").sample)).collect();
        let expected = [(Some(Micros(3_500)), None), (None, Some("/1".into())), (None, Some("/2".into()))];
        assert_eq!(logged, expected);
        assert_eq!(seen.iter().collect::<Vec<_>>(), logged);
    }

    #[test]
    fn whoever_sends_never_waits() {
        const CHUNKS: usize = 10_000;
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let (go_on, going_on) = channel::<()>();
        let mut stuck = Some(going_on);
        let tap = move |_: Vec<Completed>| {
            if let Some(going_on) = stuck.take() {
                going_on.recv().expect("somebody goes on");
            }
        };
        let (recorder, sink) =
            Recorder::start(recording(&file), 1, no_times(), nowhere(), Some(Box::new(tap)))
                .expect("it starts");
        let (sent, all_sent) = channel();
        std::thread::spawn(move || {
            (0..CHUNKS).for_each(|_| sink.send(Chunk::Ended(vec![success(0, None)])).expect("it listens"));
            sent.send(())
        });
        all_sent.recv_timeout(Duration::from_secs(60)).expect("nobody made it wait");
        go_on.send(()).expect("it waits");
        assert_eq!(recorder.finish().expect("the disk has room").1.ended, CHUNKS as u64);
    }
}
