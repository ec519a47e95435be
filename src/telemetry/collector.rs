//! The thread behind the tap: counts samples and chooses which become spans.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use super::leaders::Leaders;
use super::metrics::Metrics;
use super::origin::Origin;
use super::queue::Queue;
use super::sampler::Sampler;
use super::series::{Decided, PhaseSeries};
use super::spans;
use crate::model::Completed;
use crate::model::Pulse;

/// How often the engine's own figures are read.
const FEEL_EVERY: Duration = Duration::from_millis(200);

/// What reaches the thread.
pub(super) enum Message {
    /// A repetition begins.
    Begin(Arc<Origin>, Arc<Pulse>),
    /// Finished samples of it; `lost` is what is known of those before them that were lost.
    Chunk { origin: Arc<Origin>, chunk: Vec<Completed>, lost: Leaders },
    /// The repetition has ended; an answer says that all its samples were seen.
    End(SyncSender<()>),
}

/// What the thread works with.
pub(super) struct Collector {
    pub metrics: Option<Arc<Metrics>>,
    pub queue: Option<Arc<Queue>>,
    pub sampler: Sampler,
    current: Option<Current>,
}

/// The repetition that is on.
struct Current {
    series: Option<PhaseSeries>,
    pulse: Arc<Pulse>,
    leaders: Leaders,
}

impl Collector {
    pub(super) fn new(metrics: Option<Arc<Metrics>>, queue: Option<Arc<Queue>>, sampler: Sampler) -> Self {
        Collector { metrics, queue, sampler, current: None }
    }

    /// Works until nobody can send any more.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        loop {
            match messages.recv_timeout(FEEL_EVERY) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.feel();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Begin(origin, pulse) => {
                let series = self.metrics.as_ref().zip(origin.phase());
                let series = series.map(|(metrics, phase)| PhaseSeries::new(metrics, phase));
                self.current = Some(Current { series, pulse, leaders: Leaders::default() });
            }
            Message::Chunk { origin, chunk, lost } => self.see(&origin, &chunk, lost),
            Message::End(seen) => {
                self.feel();
                self.current = None;
                let _ = seen.send(());
            }
        }
    }

    fn see(&mut self, origin: &Arc<Origin>, chunk: &[Completed], lost: Leaders) {
        let Some(current) = &mut self.current else { return };
        let _whole = self.metrics.as_ref().map(|metrics| metrics.change());
        current.leaders.learn(lost);
        for Completed { sample, .. } in chunk {
            let leader = current.leaders.of(sample);
            let slow = self.sampler.is_slow(sample);
            let traced = self.queue.as_ref().filter(|_| self.sampler.keeps(sample, leader, slow));
            if let Some((series, metrics)) = current.series.as_mut().zip(self.metrics.as_ref()) {
                let leads = leader == sample.trace_id;
                let decided = Decided { slow, leads, traced: traced.is_some() };
                series.observe(metrics, origin, sample, decided);
            }
            if let Some(queue) = traced {
                let (origin, sample) = (Arc::clone(origin), sample.clone());
                let count = spans::count(&sample);
                queue.offer(count, move |into| spans::make(&origin, &sample, leader, slow, into));
            }
        }
        if let Some(series) = &mut current.series {
            series.hand_over();
        }
    }

    fn feel(&mut self) {
        let Some(current) = &mut self.current else { return };
        if let Some(series) = &mut current.series {
            let _whole = self.metrics.as_ref().map(|metrics| metrics.change());
            series.feel(&current.pulse);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::model::Micros;
    use crate::model::manifest::Destination;
    use crate::model::{Phase, Sample, Stage, Stages, TraceId};

    const CHUNK: usize = 8;
    /// That many times something was counted between two readings.
    const READINGS: u32 = 100;

    fn completed() -> Completed {
        let mut lengths = [None; Stage::ALL.len()];
        lengths[Stage::Wait as usize] = Some(Micros(1_000));
        let sample = Sample {
            stages: Stages::from_lengths(lengths),
            attempts: 1,
            status: Some(200),
            error: None,
            ..Sample::unsent(0, TraceId(1), None)
        };
        Completed { sample, answer: None }
    }

    /// The sum of a metric's series of the phase.
    fn figure(text: &str, metric: &str) -> f64 {
        let series = format!("{metric}{{run=\"run\",phase=\"before\"");
        let figures = text.lines().filter_map(|line| line.strip_prefix(&series)?.rsplit(' ').next());
        figures.map(|figure| figure.parse::<f64>().expect("a figure")).sum()
    }

    /// Or percentiles and rates over a window that begins or ends with such a reading are wrong.
    #[test]
    fn who_reads_sees_whole_chunks() {
        let metrics = Arc::new(Metrics::new("run", &[]));
        let sampler = Sampler { ratio: 0.0, limit: None };
        let mut collector = Collector::new(Some(Arc::clone(&metrics)), None, sampler);
        let origin = Arc::new(Origin::new("run", Phase::Before.into(), 1, Destination::default()));
        collector.take(Message::Begin(Arc::clone(&origin), Arc::default()));
        let enough = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&enough);
        let counting = std::thread::spawn(move || {
            while !enough.load(Ordering::Relaxed) {
                let chunk = (0..CHUNK).map(|_| completed()).collect();
                collector.take(Message::Chunk {
                    origin: Arc::clone(&origin),
                    chunk,
                    lost: Leaders::default(),
                });
            }
        });
        let (mut readings, mut before) = (0, 0.0);
        while readings < READINGS {
            assert!(!counting.is_finished(), "it panicked");
            let text = metrics.render();
            let requests = figure(&text, "spanload_requests_total");
            for metric in
                ["spanload_latency_seconds_count", "spanload_stage_seconds_count", "spanload_batch_size_sum"]
            {
                assert_eq!(figure(&text, metric), requests, "{metric} in {text}");
            }
            assert_eq!(requests % CHUNK as f64, 0.0);
            readings += u32::from(requests > before);
            before = requests;
        }
        stop.store(true, Ordering::Relaxed);
        counting.join().expect("it counts");
    }
}
