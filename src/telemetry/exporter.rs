//! Sends spans over OTLP: a thread and a runtime of its own, so that neither the engine nor the recorder
//! ever waits for a collector.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use opentelemetry_otlp::{RetryPolicy, SpanExporter as OtlpExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::otlp::OtlpTarget;
use super::queue::{Counts, Queue};
use crate::host::thread;

/// What became of the spans of a run: created = exported + failed + dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanTotals {
    /// Were to be exported.
    pub created: u64,
    /// The collector took them.
    pub exported: u64,
    /// The collector did not take them, or did not say so in time.
    pub failed: u64,
    /// Were never sent: the queue was full, or there was no time left.
    pub dropped: u64,
    /// Why the last failed batch failed.
    pub problem: Option<String>,
}

impl SpanTotals {
    /// How many did not arrive.
    pub fn lost(&self) -> u64 {
        self.failed + self.dropped
    }

    /// Adds those of another process.
    pub fn add(&mut self, other: SpanTotals) {
        self.created += other.created;
        self.exported += other.exported;
        self.failed += other.failed;
        self.dropped += other.dropped;
        self.problem = other.problem.or_else(|| self.problem.take());
    }
}

/// A running exporter.
#[derive(Debug)]
pub struct Exporter {
    queue: Arc<Queue>,
    thread: JoinHandle<()>,
    ended: Receiver<()>,
    give_up: watch::Sender<bool>,
    problem: Arc<Mutex<Option<String>>>,
}

impl Exporter {
    /// Starts to export to `target` as the process that `resource` describes.
    ///
    /// # Errors
    /// The target's settings make no exporter, or there is no thread.
    pub fn start(target: OtlpTarget, resource: Resource, counts: Counts) -> anyhow::Result<Self> {
        let limits = target.limits;
        let queue = Arc::new(Queue::new(limits.queue, counts));
        let problem = Arc::new(Mutex::new(None));
        let (give_up, given_up) = watch::channel(false);
        let (built, is_built) = channel();
        let (at_end, ended) = channel();
        let (shared, why) = (Arc::clone(&queue), Arc::clone(&problem));
        let work = move || {
            let ready = build(&target, &resource);
            let ready = match ready {
                Ok(ready) => {
                    let _ = built.send(Ok(()));
                    ready
                }
                Err(error) => {
                    let _ = built.send(Err(error));
                    return;
                }
            };
            let (runtime, senders) = ready;
            // Also where this thread panics: whoever waits for room in the queue must not wait for ever.
            let _closes = Closes(Arc::clone(&shared));
            runtime.block_on(export(&shared, &senders, &target, given_up, &why));
            let _ = at_end.send(());
            // A connection that hangs must not hold the thread.
            runtime.shutdown_background();
        };
        let thread = thread("exporter", work)?;
        is_built.recv().context("the exporter's thread panicked")??;
        Ok(Exporter { queue, thread, ended, give_up, problem })
    }

    /// Where spans go in.
    pub fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Sends what waits, for at most `limit`, and tells what became of all spans. Blocks.
    pub fn finish(self, limit: Duration) -> SpanTotals {
        self.queue.close();
        if self.ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            self.queue.give_up();
            let _ = self.give_up.send(true);
            // The batch that it is silent about has more time than there is at the end.
            let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
            problem.get_or_insert_with(|| {
                format!("it did not take what waited within {:.0} s of the end", limit.as_secs_f64())
            });
        } else {
            let _ = self.thread.join();
            // Nothing is left, unless the thread panicked.
            self.queue.give_up();
        }
        let counts = self.queue.counts();
        SpanTotals {
            created: counts.created.get(),
            exported: counts.exported.get(),
            failed: counts.failed.get(),
            dropped: counts.dropped.get(),
            problem: self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Closes the queue when it goes.
struct Closes(Arc<Queue>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// How a batch is sent: once more where it failed in a way that may pass, but once alone where the batch before it
/// failed too, or a collector that is down would let spans pile up in the queue.
struct Senders {
    again: OtlpExporter,
    once: OtlpExporter,
}

impl Senders {
    fn build(target: &OtlpTarget, resource: &Resource) -> anyhow::Result<Self> {
        let of = |retries| {
            let mut exporter = target.exporter(&RetryPolicy::recommended().with_max_retries(retries))?;
            exporter.set_resource(resource);
            Ok::<_, anyhow::Error>(exporter)
        };
        Ok(Senders { again: of(1)?, once: of(0)? })
    }

    fn after(&self, failed: bool) -> &OtlpExporter {
        if failed { &self.once } else { &self.again }
    }
}

/// The gRPC channel must be made inside the runtime that drives it.
fn build(target: &OtlpTarget, resource: &Resource) -> anyhow::Result<(tokio::runtime::Runtime, Senders)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the exporter's runtime")?;
    let senders = runtime.block_on(async { Senders::build(target, resource) })?;
    Ok((runtime, senders))
}

async fn export(
    queue: &Arc<Queue>,
    senders: &Senders,
    target: &OtlpTarget,
    mut given_up: watch::Receiver<bool>,
    problem: &Mutex<Option<String>>,
) {
    let limits = target.limits;
    let mut failed = false;
    loop {
        let waiting = Arc::clone(queue);
        // The wait is on another thread, so that this one keeps an idle connection alive.
        let batch = tokio::task::spawn_blocking(move || waiting.take(limits.batch, limits.delay)).await;
        let Ok(Some(batch)) = batch else { return };
        let spans = batch.make();
        if spans.is_empty() {
            queue.done(true);
            continue;
        }
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(limits.timeout, senders.after(failed).export(spans)) => outcome,
            _ = given_up.wait_for(|given_up| *given_up) => return,
        };
        let failure = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(target.complaint.take().unwrap_or_else(|| error.to_string())),
            Err(_) => Some(format!("no answer within {} s", limits.timeout.as_secs_f64())),
        };
        failed = failure.is_some();
        queue.done(!failed);
        if let Some(failure) = failure {
            tracing::debug!(failure, "a batch of spans was not exported");
            *problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::settings::TelemetrySettings;

    #[test]
    fn a_thread_that_panics_keeps_nobody_waiting() {
        let settings = TelemetrySettings {
            otlp_endpoint: Some("http://127.0.0.1:1".into()),
            ..TelemetrySettings::default()
        };
        let small = |name: &str| {
            let limit = matches!(name, "OTEL_BSP_MAX_QUEUE_SIZE" | "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
            limit.then(|| "1".to_string())
        };
        let target = OtlpTarget::resolve(&settings, &small).expect("good").expect("a target");
        let exporter = Exporter::start(target, Resource::builder_empty().build(), Counts::default());
        let exporter = exporter.expect("it starts");
        exporter.queue().offer_patiently(1, |_| panic!("on purpose"));
        let (sent, all_sent) = channel();
        let queue = exporter.queue();
        std::thread::spawn(move || {
            (0..3).for_each(|_| queue.offer_patiently(1, |_| {}));
            let _ = sent.send(());
        });
        all_sent.recv_timeout(Duration::from_secs(20)).expect("nobody waits for a thread that is gone");
        let totals = exporter.finish(Duration::from_secs(20));
        assert_eq!((totals.created, totals.exported), (4, 0));
        assert_eq!(totals.failed + totals.dropped, 4);
    }
}
